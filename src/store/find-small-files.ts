/** Finds the small files under a folder, whatever their names are. */

import type { Dirent } from "node:fs";
import { close, constants, lstat, open, read, readdir } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { NO_LINK, NO_WAIT } from "../platform.js";
import { diskError, errnoOf } from "./disk-error.js";

/** What to look for, and who is told. */
export interface SmallFileSearch {
  /** Real path of a folder or a file. */
  place: string;
  /** Size in bytes from which on a file is left alone; empty files are as well. */
  limit: number;
  /** Told of every small file with all it holds. The path is relative to the place, `/`-separated; empty for the place itself. */
  onFile(path: string, bytes: Uint8Array): void;
  /** Told of what could not be searched or read; the path as for `onFile`. */
  onUnreadable(path: string, reason: string): void;
  signal?: AbortSignal | undefined;
}

/**
 * Every file, in dot folders too. As a glob star matches no line feed, in file names a character like any other,
 * the pattern is one that matches every character.
 */
const EVERYTHING = "**/+(\\s|\\S)";
/** Folders listed, and files looked at, side by side. */
const FOLDERS = 8;
const FILES = 16;
/** Files found but not yet looked at, above which no further folder is listed: this bounds the memory. */
const BACKLOG = 2_000;
// A file may have become a link or a pipe since it was looked at: neither is followed or waited for. Absent on Windows.
const READ_FLAGS = constants.O_RDONLY | NO_LINK | NO_WAIT;

// Twice as fast over many files as the functions of node:fs/promises.
const disk = { close: promisify(close), lstat: promisify(lstat), open: promisify(open), read: promisify(read) };

/**
 * Reads every regular file of 1 to `limit` - 1 bytes. Links are not followed, other things than files not opened,
 * `.git` not entered. Answers how many regular files were looked at, of any size. Throws LOCAL_IO when the place itself
 * cannot be looked at, and the signal's reason.
 */
export async function findSmallFiles(search: SmallFileSearch): Promise<number> {
  const { place, limit, signal } = search;
  let files = 0;
  const examine = async (path: string) => {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await readSmall(join(place, path), limit);
    } catch (error) {
      const reason = reasonOf(error, path);
      if (reason !== undefined) search.onUnreadable(path, reason);
      return;
    }
    files += 1;
    if (bytes !== undefined) search.onFile(path, bytes);
  };
  const found = await stat(place).catch((error) => {
    throw diskError(error, "look at", place);
  });
  if (found.isDirectory()) await walk(search, examine);
  else if (found.isFile()) await examine("");
  else search.onUnreadable("", "it is neither a file nor a folder");
  signal?.throwIfAborted();
  return files;
}

/** The real path of something that is there; undefined when it is not. Throws LOCAL_IO. */
export async function realPlace(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw diskError(error, "look up", path);
  }
}

type ListDone = (error: null, entries: Dirent[]) => void;

/** Calls `examine` for every file, a few at a time. */
async function walk(search: SmallFileSearch, examine: (path: string) => Promise<void>): Promise<void> {
  const { default: glob } = await import("fast-glob");
  const { place, signal } = search;
  let backlog = 0;
  const postponed: (() => void)[] = [];

  // fast-glob finds as fast as it can and either drops what it cannot list without a word or ends with it. So it is
  // given folders when there is room for what they hold, and an empty one for each that is unreadable.
  const list = (folder: string, done: ListDone) => {
    if (signal?.aborted) return done(null, []);
    readdir(folder, { withFileTypes: true }, (error, all) => {
      const reason = error === null ? undefined : reasonOf(error, folder);
      if (reason !== undefined) search.onUnreadable(relative(place, folder).split(sep).join("/"), reason);
      const entries = error === null ? all.filter(({ name }) => name !== ".git") : [];
      backlog += entries.filter((entry) => entry.isFile()).length;
      done(null, entries);
    });
  };
  const listInTurn = (folder: string, _options: object, done: ListDone) => {
    if (backlog < BACKLOG) list(folder, done);
    else postponed.push(() => list(folder, done));
  };
  const paths = glob
    .stream(EVERYTHING, {
      cwd: place,
      dot: true,
      followSymbolicLinks: false,
      unique: false,
      concurrency: FOLDERS,
      fs: { readdir: listInTurn as unknown as typeof readdir },
    })
    [Symbol.asyncIterator]();
  const work = async () => {
    for (let next = await paths.next(); next.done !== true; next = await paths.next()) {
      if (!signal?.aborted) await examine(String(next.value));
      backlog -= 1;
      if (backlog < BACKLOG) for (const start of postponed.splice(0)) start();
    }
  };
  await Promise.all(Array.from({ length: FILES }, work));
}

/** The content of a small regular file; undefined for anything else. */
async function readSmall(path: string, limit: number): Promise<Uint8Array | undefined> {
  const found = await disk.lstat(path);
  if (!found.isFile() || found.size === 0 || found.size >= limit) return undefined;
  const descriptor = await disk.open(path, READ_FLAGS);
  try {
    const buffer = Buffer.alloc(limit);
    const { bytesRead } = await disk.read(descriptor, buffer, 0, limit, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await disk.close(descriptor);
  }
}

/** Why something cannot be read; undefined when it is simply gone since it was found. */
function reasonOf(error: unknown, path: string): string | undefined {
  // Node hands on a name that is not UTF-8 with replacement characters, and under that name nothing is found.
  if (errnoOf(error) === "ENOENT") return path.includes("\ufffd") ? "its name is not UTF-8" : undefined;
  // "EACCES: permission denied, open '/the/path'" without the path.
  return error instanceof Error ? error.message.replace(/, \w+ '[\s\S]*$/, "") : String(error);
}
