/** Folders under `.assets/` that one process works in and removes; of one that was killed, the next such run removes them. */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { self } from "../this-process.js";
import { diskError } from "./disk-error.js";
import { homeFolder } from "./home.js";
import { isStale, type Owner, readOwner } from "./owner.js";

/** Process id and start of the maker, and a part of its own. */
const NAME = /^\d+-\d+-[0-9a-f]{8}$/;
const OWNER_FILE = "owner.json";
const REFRESH_MS = 5_000;
/** Nobody waits for a folder: of a process elsewhere, which only its silence tells of, much is awaited. */
const SILENCE_MS = 600_000;

/** A folder of this process. */
export interface Scratch {
  /** Absolute; for anything but `owner.json`. */
  readonly folder: string;
  /** Removes it. Never throws. */
  remove(): Promise<void>;
}

/**
 * Makes a folder in `.assets/<name>`, and removes those there whose processes are gone. Throws UNSAFE_PATH, LOCAL_IO,
 * DISK_FULL.
 */
export async function makeScratch(root: string, name: string): Promise<Scratch> {
  const home = await homeFolder(root, name);
  const folder = join(home, `${self.pid}-${self.startedAt}-${randomUUID().slice(0, 8)}`);
  const file = join(folder, OWNER_FILE);
  const owner: Owner = { ...self, token: randomUUID() };
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  try {
    await mkdir(folder);
    await writeFile(file, JSON.stringify(owner), { flag: "wx" });
  } catch (error) {
    await remove();
    throw diskError(error, "create", folder);
  }
  await sweep(home, (await lstat(file)).mtimeMs);
  const refresh = setInterval(() => {
    const now = new Date();
    void utimes(file, now, now).catch(() => {});
  }, REFRESH_MS);
  refresh.unref();
  return {
    folder,
    async remove() {
      clearInterval(refresh);
      await remove();
    },
  };
}

/** `now`: by the clock of the file system, so that no other one matters. What cannot be removed stays. */
async function sweep(home: string, now: number): Promise<void> {
  const names = await readdir(home).catch(() => []);
  for (const name of names.filter((each) => NAME.test(each))) {
    const folder = join(home, name);
    const found = await lstat(folder).catch(() => undefined);
    // A link may have come with the repository, and what it leads to is none of ours.
    if (found?.isDirectory() !== true) continue;
    const { owner, at } = (await readOwner(join(folder, OWNER_FILE)).catch(() => undefined)) ?? {
      owner: undefined,
      at: found.mtimeMs,
    };
    if (isStale(owner, now - at, SILENCE_MS)) {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    }
  }
}
