/** Unfinished downloads that no run comes back for: known by their names, and removed when something takes their place. */
import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { partialPath, removePartial } from "./partial.js";

/** An archive that nobody wrote to, and whose lock nobody refreshed, for this long is not waited for any more. */
const GIVEN_UP_MS = 7 * 24 * 3_600_000;

/** A partial, its journal, or a copy or draft of one that a killed run was about to put in its place. */
const PARTIAL = /^.+\.([0-9a-f]{12})\.part(?=\.[0-9a-f]{8}$|\.json(?:\.new)?$|$)/;

/** Whether a file is named like an unfinished download, or what is noted of one. */
export function isPartialName(name: string): boolean {
  return PARTIAL.test(name);
}

/** Finds the partials that stand beside a target under other keys. */
export interface Orphans {
  /**
   * Removes them; to be called under the target's lock, when the file is in its place. Answers their bytes, 0 when there
   * were none. What cannot be removed stays.
   */
  remove(target: string): Promise<number>;
}

/** `isTarget`: whether an absolute path is a file of the manifest, which may be named like a partial. */
export function createOrphans(isTarget: (path: string) => boolean): Orphans {
  // Each folder is listed once: many small files may lie in one.
  const listings = new Map<string, Promise<string[]>>();
  const list = (folder: string) => {
    const known = listings.get(folder) ?? partialsIn(folder);
    listings.set(folder, known);
    return known;
  };
  return {
    async remove(target) {
      const folder = dirname(target);
      let bytes = 0;
      for (const name of await list(folder)) {
        const path = join(folder, name);
        const [partial, key = ""] = PARTIAL.exec(name) ?? [];
        if (basename(partialPath(target, key)) !== partial || isTarget(path)) continue;
        const found = await lstat(path).catch(() => undefined);
        if (found?.isFile() !== true) continue;
        const gone = await removePartial(path).then(
          () => true,
          () => false,
        );
        if (gone) bytes += found.size;
      }
      return bytes;
    },
  };
}

/** The names in a folder that are named like unfinished downloads; none where it cannot be read. */
export async function partialsIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => PARTIAL.test(name));
}

/** Removes archives whose download was given up; `wanted`: names of those that this run goes on with. Never throws. */
export async function sweepArchives(root: string, wanted: ReadonlySet<string>): Promise<void> {
  try {
    const folder = await homeFolder(root, "archives");
    const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{24}$/.test(name) && !wanted.has(name));
    for (const name of names) {
      const archive = join(folder, name);
      if ((await lstat(archive)).isFile() !== true) continue;
      const signs = [archive, `${archive}.json`, join(root, HOME_FOLDER, "locks", `${name}.lock`)];
      const times = await Promise.all(
        signs.map((sign) =>
          lstat(sign).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0,
          ),
        ),
      );
      if (Date.now() - Math.max(...times) > GIVEN_UP_MS) await removePartial(archive);
    }
  } catch {
    // Housekeeping: the next run tries again.
  }
}
