/** What the readers of archive formats have in common. */
import { AssetsError } from "../errors.js";

/** An entry that somebody wants. */
export interface ArchiveEntry {
  /** As {@link entryPath} gives it. */
  path: string;
  /** Size in bytes as the archive states it; `body` never yields more. */
  size: number;
  /** What it is when it is not a regular file, in words that follow "is". */
  irregular?: string;
  /** Path of the entry whose content this is as well: a hard link. */
  linkTo?: string;
  /** The content. Throws when it is damaged. It is read to its end before the next entry is asked for. */
  body(): AsyncIterable<Uint8Array>;
}

/** Reads an archive from its beginning and yields the entries that `seen` wants. Throws what went wrong. */
export type ReadArchive = (
  file: string,
  options: {
    /** Leading segments of every path to drop. */
    strip: 0 | 1;
    /** Told of every entry that stays inside; answers whether it is wanted. */
    seen: (path: string, regular: boolean) => boolean;
    signal: AbortSignal;
  },
) => AsyncIterable<ArchiveEntry>;

/**
 * The path under which an entry is known: without leading slashes and `.` segments, as tools that unpack treat it.
 * Undefined for one that would climb out, and for one of which nothing is left once `strip` segments are dropped.
 */
export function entryPath(name: string, strip: 0 | 1): string | undefined {
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) return undefined;
  return segments.slice(strip).join("/") || undefined;
}

/** The error of an archive that does not hold together. */
export function badArchive(message: string, hint?: string, cause?: unknown): AssetsError {
  return new AssetsError("BAD_ARCHIVE", message, { ...(hint !== undefined && { hint }), cause });
}

/** What {@link looksLike} answers for the beginnings of a zip archive and of a gzipped file. */
export const LOOKS_ZIPPED = "a zip archive";
export const LOOKS_GZIPPED = "a gzip file";

const BEGINNINGS: readonly [string, string][] = [
  ["PK\x03\x04", LOOKS_ZIPPED],
  ["PK\x05\x06", LOOKS_ZIPPED],
  ["\x1f\x8b", LOOKS_GZIPPED],
  ["BZh", "a bzip2 file, which is not supported"],
  ["\xfd7zXZ", "an xz file, which is not supported"],
  ["\x28\xb5\x2f\xfd", "a zstd file, which is not supported"],
  ["7z\xbc\xaf", "a 7z archive, which is not supported"],
  ["version https://git-lfs", "a Git LFS pointer"],
  ["<", "a web page"],
  ["{", "a JSON document"],
];

/** What a file looks like by its first bytes, where that is well known. */
export function looksLike(head: Uint8Array): string | undefined {
  if (head.length === 0) return "an empty file";
  const text = Buffer.from(head).toString("latin1").trimStart();
  return BEGINNINGS.find(([beginning]) => text.startsWith(beginning))?.[1];
}
