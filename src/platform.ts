/** What differs between operating systems when files are opened, named and made to last. */
import { constants } from "node:fs";
import { chmod, open, rename } from "node:fs/promises";
import { platform } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** True on Windows, where an open file cannot be replaced and a folder cannot be synced. */
export const isWindows = platform() === "win32";

/** True on Linux. */
export const isLinux = platform() === "linux";

/** True where file systems usually take capital and small letters for the same. */
export const ignoresCase = isWindows || platform() === "darwin";

/** Flag for opening that does not wait for the other end of a named pipe. Windows has none in its folders. */
export const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** Flag for opening that refuses a symbolic link in the file's place. Windows has no such flag. */
export const NO_LINK = constants.O_NOFOLLOW ?? 0;

const RENAME_TRIES = 10;

/** Rename that replaces. On Windows a virus scanner or indexer may hold the file for a moment. */
export async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const held = isWindows && ["EPERM", "EACCES", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "");
      if (!held || attempt === RENAME_TRIES) throw error;
      await sleep(attempt * 50);
    }
  }
}

/** Gives a file permissions. Windows has others. */
export async function setMode(path: string, mode: number): Promise<void> {
  if (!isWindows) await chmod(path, mode);
}

/** Makes a rename in a folder survive a power cut. Windows offers nothing of the kind. */
export async function syncFolder(folder: string): Promise<void> {
  if (isWindows) return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
