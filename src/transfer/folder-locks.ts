/** One lock for all small files of a folder: with one each, many small files would cost mostly locks. */
import { join } from "node:path";
import { type Held, lock } from "../store/lock.js";
import { partialsIn } from "../store/orphans.js";
import type { Targets } from "../store/target.js";
import { folderOf } from "../ways.js";

/** The folders of a run whose small files are under way. */
export interface FolderLocks {
  /**
   * Takes the place of a small file: its folder's lock is shared by all small files of the folder in this run, and given
   * back when none of them is under way. Rejects like {@link lock}.
   */
  take(path: string, onWait: (owner: string) => void): HeldPlace | Promise<HeldPlace>;
}

/** The place of one file, which no other run of the tool works on while it is held. */
export interface HeldPlace {
  /** Another process may still write to what it had open. */
  readonly doubtful: boolean;
  /** No unfinished download lay in the folder when this run took its lock; false where that was not looked at. */
  readonly isClean: boolean;
  /** Makes the folder, and makes sure of it; see {@link Targets.makeFolder}. */
  makeFolder(): Promise<unknown> | undefined;
  /** Gives it back: at once, or when the answer says so. */
  release(): Promise<void> | undefined;
}

type HeldFolder = Held & Pick<HeldPlace, "isClean">;

interface Folder {
  users: number;
  /** The lock, once this run has it. */
  held: HeldFolder | undefined;
  readonly holding: Promise<HeldFolder>;
}

/** Makes the locks of a run. */
export function createFolderLocks(
  root: string,
  targets: Targets,
  options: { timeoutMs: number; signal: AbortSignal },
): FolderLocks {
  const folders = new Map<string, Folder>();
  /** Locks that are being given back: until that is done, this process would wait for itself. */
  const leaving = new Map<string, Promise<void>>();
  /** The folders that were listed: once each, since there may be many names. */
  const listed = new Set<string>();
  const hold = async (name: string, onWait: (owner: string) => void) => {
    await leaving.get(name);
    // The slash tells the lock of a folder from that of a file of the same name.
    const held = await lock(root, `${name}/`, { ...options, onWait });
    // A list of many names takes less time than a look for each file.
    const isFirst = !listed.has(name);
    listed.add(name);
    return { ...held, isClean: isFirst && (await partialsIn(join(root, name))).length === 0 };
  };
  const begin = (name: string, onWait: (owner: string) => void): Folder => {
    const folder: Folder = { users: 0, held: undefined, holding: hold(name, onWait) };
    folders.set(name, folder);
    return folder;
  };
  const leave = async (name: string, { release }: HeldFolder) => {
    const left = release();
    leaving.set(name, left);
    await left;
    if (leaving.get(name) === left) leaving.delete(name);
  };
  return {
    take(path, onWait) {
      const name = folderOf(path) || ".";
      const folder = folders.get(name) ?? begin(name, onWait);
      folder.users++;
      /** Takes a user off; answers whether it was the last. */
      const countOff = () => {
        folder.users--;
        return folder.users === 0 && folders.get(name) === folder && folders.delete(name);
      };
      const placeIn = (held: HeldFolder): HeldPlace => ({
        doubtful: held.doubtful,
        isClean: held.isClean,
        makeFolder: () => targets.makeFolder(path),
        release: () => (countOff() ? leave(name, held) : undefined),
      });
      if (folder.held !== undefined) return placeIn(folder.held);
      return folder.holding.then(
        (held) => {
          folder.held = held;
          return placeIn(held);
        },
        (error) => {
          folder.users--;
          if (folders.get(name) === folder) folders.delete(name);
          throw error;
        },
      );
    },
  };
}
