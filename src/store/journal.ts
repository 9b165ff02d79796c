/** The note beside a partial that says what its size alone cannot: which bytes are there, and what they came under. */
import { constants } from "node:fs";
import { open, rm, writeFile } from "node:fs/promises";
import { uptime } from "node:os";
import { AssetsError } from "../errors.js";
import { NO_LINK, NO_WAIT, renameOver } from "../platform.js";
import { type ByteRanges, readRanges, toPairs } from "./byte-ranges.js";
import { diskError, errnoOf } from "./disk-error.js";

/** No note is longer, in bytes. */
const MOST_BYTES = 256 * 1024;

/** Ending of the note's name. */
export const JOURNAL_ENDING = ".json";

/** What a note says. */
export interface Journal {
  /** Strong validator under which the bytes of an unpinned file came. */
  validator?: string | undefined;
  /** Which bytes are there, where they did not come in order. */
  ranges?: ByteRanges | undefined;
  /** Those of them that are known to be on the disk itself. */
  synced?: ByteRanges | undefined;
}

/** What is written: ranges that were there, and those of them that were on the disk itself, at a time. */
interface Written {
  validator?: string | undefined;
  ranges?: [number, number][] | undefined;
  synced?: [number, number][] | undefined;
  /** Milliseconds since the epoch. */
  at: number;
}

/**
 * Reads the note of a partial of `size` bytes. Undefined when there is none; one without sense says that no byte counts.
 * After the machine was started anew, only bytes count that were brought to the disk before.
 */
export async function readJournal(partial: string, size: number): Promise<Journal | undefined> {
  let text: string;
  try {
    text = await readShort(journalPath(partial));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    const { code, message, cause } = diskError(error, "read", journalPath(partial));
    throw new AssetsError(code, message, {
      cause,
      hint: `Remove ${journalPath(partial)}: it belongs to an unfinished file.`,
    });
  }
  try {
    const { validator, ranges, synced, at } = JSON.parse(text) as Partial<Written>;
    const now = Date.now();
    // Bytes that only the memory had are gone with it, and zeros may stand in their place. A time that is still to come is
    // that of a machine whose clock stands still while it is off.
    const startedAnew = typeof at !== "number" || at < now - uptime() * 1000 || at > now;
    if (typeof validator === "string") return startedAnew ? { ranges: [] } : { validator };
    const onDisk = readRanges(synced, size) ?? [];
    return { ranges: startedAnew ? onDisk : (readRanges(ranges, size) ?? []), synced: onDisk };
  } catch {
    return { ranges: [] };
  }
}

/** Reads the beginning of a file, as much as the longest note has; never through a link. */
async function readShort(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | NO_LINK | NO_WAIT);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Writes the note in one step. Throws DISK_FULL, LOCAL_IO. */
export async function writeJournal(partial: string, { validator, ranges, synced = [] }: Journal): Promise<void> {
  const written: Written = {
    ...(validator !== undefined && { validator }),
    ...(ranges !== undefined && { ranges: toPairs(ranges), synced: toPairs(synced) }),
    at: Date.now(),
  };
  const path = journalPath(partial);
  const draft = `${path}.new`;
  const text = `${JSON.stringify(written)}\n`;
  try {
    await rm(draft, { force: true });
    await writeFile(draft, text, { flag: "wx" });
    await renameOver(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    const failure = diskError(error, "write", path);
    // A full disk has no room for another file, but an old note can be written over where it stands.
    if (failure.code !== "DISK_FULL" || !(await writeOver(path, text))) throw failure;
  }
}

/** Writes over a file that is there, never through a link. False when that is not possible. */
async function writeOver(path: string, text: string): Promise<boolean> {
  try {
    const handle = await open(path, constants.O_WRONLY | NO_LINK | NO_WAIT);
    try {
      const { bytesWritten } = await handle.write(text, 0);
      await handle.truncate(bytesWritten);
      return bytesWritten === Buffer.byteLength(text);
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}

/** Notes the validator under which the bytes of an unpinned file come, or forgets it. Throws DISK_FULL, LOCAL_IO. */
export function rememberValidator(partial: string, validator: string | undefined): Promise<void> {
  return validator === undefined ? removeJournal(partial) : writeJournal(partial, { validator });
}

/** Removes the note. Throws LOCAL_IO. */
export async function removeJournal(partial: string): Promise<void> {
  await rm(journalPath(partial), { force: true }).catch((error) => {
    throw diskError(error, "remove", journalPath(partial));
  });
}

function journalPath(partial: string): string {
  return `${partial}${JOURNAL_ENDING}`;
}
