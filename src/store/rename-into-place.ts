/** The step that gives a finished file its final name. */
import type { BigIntStats } from "node:fs";
import { type FileHandle, lstat } from "node:fs/promises";
import { AssetsError } from "../errors.js";
import { renameOver, setMode } from "../platform.js";
import { diskError, errnoOf } from "./disk-error.js";

/**
 * Closes a file and renames it over its target. Answers how the target then stands, or undefined when it is no longer
 * the file that was open. `size`: the bytes it must have. `mode`: permissions to give it; default those it has. Throws
 * LOCKED when another process changed the file or put something else in its place, LOCAL_IO, DISK_FULL.
 */
export async function renameIntoPlace(
  handle: FileHandle,
  path: string,
  target: string,
  { mode, size }: { mode: number | undefined; size: number },
): Promise<BigIntStats | undefined> {
  const written = await handle.stat({ bigint: true }).catch((error) => {
    throw diskError(error, "read", path);
  });
  try {
    // Who holds the same file, where locks do not hold, may have cut it to begin anew.
    const own = (await lstat(path, { bigint: true })).ino === written.ino && written.size === BigInt(size);
    if (!own) throw takenOver(path);
    await handle.close();
    await renameWithMode(path, target, mode);
  } catch (error) {
    throw errnoOf(error) === "ENOENT" ? takenOver(path) : diskError(error, "put in place", target);
  }
  const stat = await lstat(target, { bigint: true }).catch(() => undefined);
  const same = stat?.ino === written.ino && stat.size === written.size && stat.mtimeNs === written.mtimeNs;
  return same ? stat : undefined;
}

/**
 * Renames a partial over its target, and gives it permissions: before, so that no killed run leaves a file that others
 * cannot read. Only those without which the partial could not be gone on with are given afterwards.
 */
export async function renameWithMode(path: string, target: string, mode: number | undefined): Promise<void> {
  const isLate = mode !== undefined && (mode & OWNER_MAY_USE) !== OWNER_MAY_USE;
  if (mode !== undefined && !isLate) await setMode(path, mode).catch(() => {});
  await renameOver(path, target);
  // The file stands: what follows makes it fit, and cannot undo that.
  if (isLate) await setMode(target, mode).catch(() => {});
}

const OWNER_MAY_USE = 0o600;

/** The error of a partial that another process works on. */
export function takenOver(path: string): AssetsError {
  return new AssetsError("LOCKED", `${path} was removed, or taken over by another process.`, {
    hint: "Run the same command again.",
  });
}
