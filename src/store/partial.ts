/** Where the unfinished download of a target lies, and in which form it is opened. */
import { createHash, randomUUID } from "node:crypto";
import { lstatSync } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { type ByteRanges, bytesIn } from "./byte-ranges.js";
import { diskError } from "./disk-error.js";
import { JOURNAL_ENDING, readJournal, removeJournal } from "./journal.js";
import type { PartialFile } from "./partial-file.js";
import { holdPartial, SMALL_BYTES } from "./partial-in-memory.js";
import { openOnDisk } from "./partial-on-disk.js";

/** Longest file name in bytes that common file systems store. */
const NAME_BYTES = 255;

/**
 * Where the partial of a target lies. Its name is its validity: `key` is the pinned digest, or for an unpinned file
 * a digest of the URL, so that another pin finds another partial.
 */
export function partialPath(target: string, key: string): string {
  const ending = `.${key.slice(0, 12)}.part`;
  const at = target.lastIndexOf(sep) + 1;
  let name = target.slice(at);
  if (Buffer.byteLength(name) + ending.length + JOURNAL_ENDING.length > NAME_BYTES) {
    const own = createHash("sha256").update(name).digest("hex").slice(0, 12);
    name = `${[...name].slice(0, 40).join("")}.${own}`;
  }
  return `${target.slice(0, at)}${name}${ending}`;
}

/** How to open a partial. */
export interface PartialOptions {
  /** Another process may still have it open. Default false. */
  shared?: boolean;
  /** Nothing stands in its place. Default false: that is looked at. */
  isNew?: boolean;
  /** Size in bytes of the whole file, if its digest is known as well: a small one stays in memory until it is complete. */
  size?: number | undefined;
  /** Makes sure of the folder, each time before a file is created in it. Default: the folder is taken to be right. */
  makeFolder?: (() => Promise<unknown> | undefined) | undefined;
}

/**
 * Opens or creates a partial. A link in its place is never followed, and a file that another name or (`shared`) another
 * process may hold is replaced by a copy. Throws DISK_FULL, LOCAL_IO, and what `makeFolder` throws.
 */
export async function openPartial(
  path: string,
  { shared = false, isNew = false, size, makeFolder = async () => {} }: PartialOptions = {},
): Promise<PartialFile> {
  const small = size !== undefined && size <= SMALL_BYTES && (isNew || !exists(path));
  if (small) return holdPartial(path, size, makeFolder);
  await makeFolder();
  return openOnDisk(path, shared);
}

/** How many bytes a partial holds, 0 when there is none; an unreadable one holds none. */
export async function heldBytes(path: string): Promise<number> {
  return bytesIn(await heldRanges(path));
}

/** Which bytes a partial holds, none when there is none; an unreadable one holds none. */
export async function heldRanges(path: string): Promise<ByteRanges> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size === 0) return [];
  const journal = await readJournal(path, found.size).catch(() => ({ ranges: [] }));
  return journal?.ranges ?? [{ start: 0, end: found.size }];
}

/**
 * A name for a copy that is about to take a partial's place. To be called under the lock of the partial's file: copies
 * that killed runs left behind are removed.
 */
export async function copyPath(partial: string): Promise<string> {
  const folder = dirname(partial);
  const start = `${basename(partial)}.`;
  for (const name of await readdir(folder).catch(() => [])) {
    const isCopy = name.startsWith(start) && /^[0-9a-f]{8}$/.test(name.slice(start.length));
    if (isCopy) await rm(join(folder, name), { force: true }).catch(() => {});
  }
  return `${partial}.${randomUUID().slice(0, 8)}`;
}

/** Removes a partial that serves no more, with its note. Throws LOCAL_IO. */
export async function removePartial(path: string): Promise<void> {
  // The journal goes first: it must not speak of a later partial.
  await removeJournal(path);
  await rm(path, { force: true }).catch((error) => {
    throw diskError(error, "remove", path);
  });
}

/** One look, at once: for a small file a thread switch would cost more than the rest of its opening. */
function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}
