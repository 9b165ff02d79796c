/** Small files of a repository that are read and replaced as a whole. */
import { randomUUID } from "node:crypto";
import { open, realpath, rm, stat } from "node:fs/promises";
import { renameOver, setMode } from "../platform.js";
import { readRegular } from "../read-regular.js";
import { diskError, errnoOf } from "./disk-error.js";

/** The bytes of a regular file; undefined when there is none. Throws LOCAL_IO, also for one of more than `mostBytes`. */
export async function readWhole(path: string, mostBytes: number): Promise<Buffer | undefined> {
  try {
    return await readRegular(path, { mostBytes, followLinks: true });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw diskError(error, "read", path);
  }
}

/**
 * Writes a file in one step, in place of what was there, whose permissions it takes over; a link to a file stays one.
 * Throws DISK_FULL, LOCAL_IO.
 */
export async function replaceWhole(path: string, text: string | Uint8Array): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const draft = `${target}.${randomUUID().slice(0, 8)}.new`;
  try {
    const before = await stat(target).catch(() => undefined);
    const handle = await open(draft, "wx");
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    if (before !== undefined) await setMode(draft, before.mode & 0o777);
    await renameOver(draft, target);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw diskError(error, "write", path);
  }
}

/** Writes a file where nothing stands; false where something does, a link to nothing too. Throws DISK_FULL, LOCAL_IO. */
export async function createWhole(path: string, text: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx");
    try {
      await handle.writeFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw diskError(error, "write", path);
  }
}
