/** The lines of the ledger: how they are written, read, and held against a file as it stands. */
import type { FileStamp } from "./hash-file.js";

/**
 * One line of the ledger: this file had this digest. Numbers that exceed a double are decimal strings.
 * `at` is the clock of the file system, in nanoseconds, when the file was known to have it.
 */
export interface Entry {
  path: string;
  sha256: string;
  size: string;
  mtime: string;
  ctime: string;
  ino: string;
  dev: string;
  at: string;
  /** Only memory was known to have the bytes: after the machine was started anew they count for nothing. */
  unsynced?: true;
}

/** What a line says of a file that stands like this. */
export function entryOf(path: string, stat: FileStamp, sha256: string): Omit<Entry, "at"> {
  return {
    path,
    sha256,
    size: String(stat.size),
    mtime: String(stat.mtimeNs),
    ctime: String(stat.ctimeNs),
    ino: String(stat.ino),
    dev: String(stat.dev),
  };
}

/** Whether a file stands as a line says. */
export function matches(entry: Entry, stat: FileStamp): boolean {
  return (
    entry.mtime === String(stat.mtimeNs) &&
    entry.ctime === String(stat.ctimeNs) &&
    entry.ino === String(stat.ino) &&
    entry.size === String(stat.size) &&
    entry.dev === String(stat.dev)
  );
}

const HEAD = '{"path":"';

/** The path that a line is about; undefined for anything but a whole line: the last one of a killed run may be torn. */
export function pathOf(line: string): string | undefined {
  if (!line.startsWith(HEAD) || !line.endsWith("}")) return undefined;
  const path = line.slice(HEAD.length, line.indexOf('"', HEAD.length));
  return path.includes("\\") ? parseEntry(line)?.path : path;
}

/**
 * What a line proves of a file that stands like this. Compared as text, in the form in which `flush` writes it, which
 * is quicker than to parse it: there is a line for each file.
 */
export function proofIn(line: string | undefined, path: string, stat: FileStamp): Proof | undefined {
  const digestAt = HEAD.length + path.length + DIGEST.length;
  const standing = `","size":"${stat.size}","mtime":"${stat.mtimeNs}","ctime":"${stat.ctimeNs}","ino":"${stat.ino}","dev":"${stat.dev}",`;
  if (!line?.startsWith(standing, digestAt + HEX_DIGITS)) return undefined;
  const sha256 = line.slice(digestAt, digestAt + HEX_DIGITS);
  const [, unsynced, at] = TAIL.exec(line.slice(digestAt + HEX_DIGITS + standing.length)) ?? [];
  if (at === undefined || !SHA256.test(sha256)) return undefined;
  return unsynced === undefined ? { sha256, at } : { sha256, at, unsynced: true };
}

type Proof = Pick<Entry, "sha256" | "at" | "unsynced">;

const DIGEST = '","sha256":"';
const HEX_DIGITS = 64;
const TAIL = /^("unsynced":true,)?"at":"(\d{1,30})"\}$/;

/** The entry of a line, or undefined for anything else. What {@link matches} compares may be anything as well. */
export function parseEntry(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    const { path, sha256, at } = entry;
    return typeof path === "string" && SHA256.test(sha256) && TIME.test(at) ? entry : undefined;
  } catch {
    return undefined;
  }
}

const SHA256 = /^[0-9a-f]{64}$/;
const TIME = /^\d{1,30}$/;
