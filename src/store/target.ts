/** Where a file of the manifest may stand: inside the root, however its folders are linked. */
import { type BigIntStats, lstatSync, statSync } from "node:fs";
import { mkdir, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { AssetsError } from "../errors.js";
import { isWindows } from "../platform.js";
import { folderOf, wayInto } from "../ways.js";
import { diskError, errnoOf } from "./disk-error.js";
import { HOME_FOLDER } from "./home.js";

/** Turns paths of the manifest into absolute targets, and refuses those whose real folder lies outside the root. */
export interface Targets {
  /** The absolute target. Throws UNSAFE_PATH when its real folder lies outside the root. */
  resolve(path: string): Promise<string>;
  /**
   * The absolute target where nothing but plain folders leads to it, or where they end on the way. Undefined for
   * everything else, which `resolve` is for. Blocks for a look at each folder that is new to it.
   */
  resolveAtOnce(path: string): string | undefined;
  /**
   * Makes the folder of a target, then checks again where it really lies: the answer tells when. None where the folder is
   * the one that was checked before. Rejects with UNSAFE_PATH, LOCAL_IO, DISK_FULL.
   */
  makeFolder(path: string): Promise<void> | undefined;
}

/** `root` is absolute and need not exist. What is learned of a folder is remembered; only `makeFolder` looks anew. */
export function createTargets(root: string): Targets {
  let realRoot: Promise<string> | undefined;
  const checked = new Map<string, Promise<unknown>>();
  const plain = new Map<string, boolean>();
  /** The folders that `makeFolder` has checked, by their paths in the manifest. */
  const made = new Map<string, { readonly folder: string; readonly identity: FolderIdentity }>();
  const prefix = root.endsWith(sep) ? root : `${root}${sep}`;

  /** Whether a folder under the root is one, or is not there, and all above it are as well. */
  const isPlain = (folder: string): boolean => {
    let known = plain.get(folder);
    if (known === undefined) {
      const above = folderOf(folder);
      known = (above === "" || isPlain(above)) && isFolderOrNothing(`${prefix}${folder}`);
      known &&= !isReserved(folder.split("/"));
      plain.set(folder, known);
    }
    return known;
  };

  /** The real path of a folder. Throws UNSAFE_PATH when it is no place for the file. */
  const check = async (path: string, folder: string): Promise<string> => {
    realRoot ??= realpathOfExisting(root);
    const real = await realpathOfExisting(folder);
    if (isReserved(relative(await realRoot, real).split(sep))) {
      throw new AssetsError("UNSAFE_PATH", `${path} would be written to ${real}, which is not a place for assets.`, {
        hint: "A folder on its way is a symbolic link. Remove the link.",
      });
    }
    if (wayInto(await realRoot, real) === undefined) {
      throw new AssetsError("UNSAFE_PATH", `${path} would be written to ${real}, outside the root ${root}.`, {
        hint: "A folder on its way is a symbolic link. Remove the link, or name the place it leads to with --root.",
      });
    }
    return real;
  };

  const make = async (path: string, name: string): Promise<void> => {
    const folder = join(root, name);
    // Checked before as well: making folders behind a link that leads out would already be a trace outside.
    await check(path, folder);
    try {
      await mkdir(folder, { recursive: true });
    } catch (error) {
      throw diskError(error, "create the folder", folder);
    }
    realRoot = undefined;
    // Taken where no link leads on, and so of what was checked.
    const identity = identityOf(await check(path, folder));
    if (identity !== undefined) made.set(name, { folder, identity });
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
    resolveAtOnce(path) {
      // On Windows a folder has further names, which only its real path tells.
      if (isWindows) return undefined;
      const name = folderOf(path);
      return name === "" || isPlain(name) ? `${prefix}${path}` : undefined;
    },
    makeFolder(path) {
      const name = folderOf(path);
      const known = made.get(name);
      const isMade = known !== undefined && isSame(known.identity, identityOf(known.folder));
      return isMade ? undefined : make(path, name);
    },
  };
}

/** What tells a folder from any other of this machine. */
type FolderIdentity = Pick<BigIntStats, "dev" | "ino">;

/** The folder that a path leads to, links followed; undefined when there is none. */
function identityOf(path: string): FolderIdentity | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function isSame(a: FolderIdentity, b: FolderIdentity | undefined): boolean {
  return a.ino === b?.ino && a.dev === b.dev;
}

/** Whether names below the root lead to a folder that is no place for assets. */
function isReserved(names: readonly string[]): boolean {
  return names[0] === HOME_FOLDER || names.some((name) => /^(?:\.git|git~1)$/i.test(name));
}

function isFolderOrNothing(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true;
  } catch {
    return false;
  }
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
