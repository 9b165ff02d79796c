/** Where a file of the manifest may stand: inside the root, however its folders are linked. */
import { mkdir, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { AssetsError } from "../errors.js";
import { diskError, errnoOf } from "./disk-error.js";
import { HOME_FOLDER } from "./home.js";

/** Turns paths of the manifest into absolute targets, and refuses those whose real folder lies outside the root. */
export interface Targets {
  /** The absolute target. Throws UNSAFE_PATH when its real folder lies outside the root. */
  resolve(path: string): Promise<string>;
  /** Makes the folder of a target, then checks again where it really lies. Throws UNSAFE_PATH, LOCAL_IO, DISK_FULL. */
  makeFolder(path: string): Promise<string>;
}

/** `root` is absolute and need not exist. What `resolve` learned of a folder is remembered; `makeFolder` asks anew. */
export function createTargets(root: string): Targets {
  let realRoot: Promise<string> | undefined;
  const checked = new Map<string, Promise<void>>();

  const check = async (path: string, folder: string) => {
    realRoot ??= realpathOfExisting(root);
    const real = await realpathOfExisting(folder);
    const own = relative(await realRoot, real).split(sep);
    if (own[0] === HOME_FOLDER || own.some((name) => /^(?:\.git|git~1)$/i.test(name))) {
      throw new AssetsError("UNSAFE_PATH", `${path} would be written to ${real}, which is not a place for assets.`, {
        hint: "A folder on its way is a symbolic link. Remove the link.",
      });
    }
    if (!isInside(await realRoot, real)) {
      throw new AssetsError("UNSAFE_PATH", `${path} would be written to ${real}, outside the root ${root}.`, {
        hint: "A folder on its way is a symbolic link. Remove the link, or name the place it leads to with --root.",
      });
    }
  };

  return {
    async resolve(path) {
      const target = join(root, path);
      const folder = dirname(target);
      const known = checked.get(folder) ?? check(path, folder);
      checked.set(folder, known);
      await known;
      return target;
    },
    async makeFolder(path) {
      const target = join(root, path);
      const folder = dirname(target);
      // Checked before as well: making folders behind a link that leads out would already be a trace outside.
      await check(path, folder);
      try {
        await mkdir(folder, { recursive: true });
      } catch (error) {
        throw diskError(error, "create the folder", folder);
      }
      realRoot = undefined;
      await check(path, folder);
      return target;
    },
  };
}

/** Whether `path` is `folder` or lies in it; both real and absolute. */
function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!isAbsolute(way) && way !== ".." && !way.startsWith(`..${sep}`));
}

/** The real path of a path of which the end may not exist yet. */
async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const errno = errnoOf(error);
    const parent = dirname(path);
    if ((errno !== "ENOENT" && errno !== "ENOTDIR") || parent === path) throw diskError(error, "look up", path);
    return join(await realpathOfExisting(parent), path.slice(parent.length));
  }
}
