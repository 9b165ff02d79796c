/** Finds out how a file stands, without changing anything. */
import { type BigIntStats, lstatSync } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import { AssetsError } from "../errors.js";
import { POINTER_SIZE_LIMIT, parsePointer } from "../lfs-pointer.js";
import { diskError, errnoOf } from "./disk-error.js";
import type { FileStamp } from "./hash-file.js";

/** What a file should be. */
export interface Pin {
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}

/** How a file was found. Sizes in bytes. */
export type FileState =
  | { kind: "missing" }
  /** There, with the pinned size (or none is pinned), but not hashed. */
  | { kind: "unverified"; size: number; stat: BigIntStats }
  /** There, and no SHA-256 is pinned to hold it against. */
  | { kind: "unpinned"; size: number; stat: BigIntStats; sha256?: string }
  | { kind: "valid"; size: number; proof: "hashed" | "remembered" }
  | { kind: "size-mismatch"; size: number; stat: BigIntStats; sha256?: string }
  | { kind: "digest-mismatch"; size: number; stat: BigIntStats; sha256: string }
  /** A Git LFS pointer stands there; `oid` and `pointerSize` are what it stands for. */
  | { kind: "lfs-pointer"; size: number; stat: BigIntStats; oid: string; pointerSize: number }
  /** `folder`: a folder stands there, which nothing replaces. */
  | { kind: "unreadable"; reason: string; folder?: boolean };

/** Means to tell a digest; what is left out is not used. */
export interface InspectMeans {
  /** A digest known without reading: the ledger's, for a file that stands as it stood. */
  recall?: (stat: FileStamp) => string | undefined;
  /** Reads the whole file, which stood as given a moment before, and answers its SHA-256. Left out, an undecided file stays `unverified`. */
  hash?: (stat: FileStamp) => Promise<string>;
  /** Hash a file without a pinned SHA-256 as well. */
  hashUnpinned?: boolean;
}

/** Looks at `target` (absolute), follows a link to a file, never opens what is not a regular file. */
export async function inspect(target: string, pin: Pin, means: InspectMeans): Promise<FileState> {
  const found = await look(target);
  if ("kind" in found) return found;
  const size = Number(found.size);
  const sizeFits = pin.size === undefined || pin.size === size;
  try {
    if (size > 0 && size < POINTER_SIZE_LIMIT && !(sizeFits && pin.size !== undefined)) {
      const pointer = parsePointer(await readSmall(target));
      if (pointer.kind === "pointer" || pointer.kind === "non-canonical") {
        return { kind: "lfs-pointer", size, stat: found, oid: pointer.oid, pointerSize: pointer.size };
      }
    }
    const recalled = means.recall?.(found);
    if (!sizeFits) return { kind: "size-mismatch", size, stat: found, ...(recalled && { sha256: recalled }) };
    if (pin.sha256 === undefined) {
      const sha256 = recalled ?? (means.hashUnpinned ? await means.hash?.(found) : undefined);
      return { kind: "unpinned", size, stat: found, ...(sha256 && { sha256 }) };
    }
    if (recalled !== undefined) return judge(recalled, "remembered", size, found, pin.sha256);
    if (means.hash === undefined) return { kind: "unverified", size, stat: found };
    return judge(await means.hash(found), "hashed", size, found, pin.sha256);
  } catch (error) {
    if (error instanceof AssetsError && error.code !== "ABORTED") return { kind: "unreadable", reason: error.message };
    if (errnoOf(error) !== "") return { kind: "unreadable", reason: diskError(error, "read", target).message };
    throw error;
  }
}

/**
 * What one look tells without opening anything: a pinned file that is missing, or a regular file of a fitting size.
 * Undefined for everything else, which {@link inspect} is for. Blocks for as long as the look takes.
 */
export function glance(target: string, pin: Pin, recall: InspectMeans["recall"]): FileState | undefined {
  if (pin.sha256 === undefined) return undefined;
  let found: BigIntStats | undefined;
  try {
    found = lstatSync(target, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  if (found === undefined) return { kind: "missing" };
  const size = Number(found.size);
  const fits = pin.size === undefined ? size >= POINTER_SIZE_LIMIT : pin.size === size;
  if (!fits || !found.isFile()) return undefined;
  const recalled = recall?.(found);
  if (recalled === undefined) return { kind: "unverified", size, stat: found };
  return judge(recalled, "remembered", size, found, pin.sha256);
}

/** Whether a file still stands as it was found, told by one look, at once. */
export function isAsFound(target: string, state: FileState): boolean {
  let found: BigIntStats | undefined;
  try {
    found = lstatSync(target, { bigint: true, throwIfNoEntry: false });
  } catch {
    return false;
  }
  if (found === undefined) return state.kind === "missing";
  return "stat" in state && isSameStamp(found, state.stat);
}

/** Whether two looks found the same: the same file that was not written to in between, or both times none that can be read. */
export function isSameState(one: FileState, other: FileState): boolean {
  if ("stat" in one && "stat" in other) return isSameStamp(one.stat, other.stat);
  return one.kind === other.kind && (one.kind === "missing" || one.kind === "unreadable");
}

function isSameStamp(one: FileStamp, { size, mtimeNs, ctimeNs, ino, dev }: FileStamp): boolean {
  return one.size === size && one.mtimeNs === mtimeNs && one.ctimeNs === ctimeNs && one.ino === ino && one.dev === dev;
}

function judge(
  sha256: string,
  proof: "hashed" | "remembered",
  size: number,
  found: BigIntStats,
  pinned: string,
): FileState {
  if (sha256 === pinned) return { kind: "valid", size, proof };
  return { kind: "digest-mismatch", size, stat: found, sha256 };
}

async function look(target: string): Promise<BigIntStats | FileState> {
  try {
    const own = await lstat(target, { bigint: true });
    if (own.isFile()) return own;
    if (own.isDirectory()) return { kind: "unreadable", reason: "a folder stands there", folder: true };
    if (!own.isSymbolicLink()) return { kind: "unreadable", reason: "it is not a regular file" };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return { kind: "missing" };
    return { kind: "unreadable", reason: `it may not be looked at (${errno})` };
  }
  try {
    const led = await stat(target, { bigint: true });
    return led.isFile() ? led : { kind: "unreadable", reason: "it is a link to something that is not a regular file" };
  } catch (error) {
    const errno = errnoOf(error);
    return { kind: "unreadable", reason: errno === "ENOENT" ? "it is a link to nothing" : `its link fails (${errno})` };
  }
}

async function readSmall(target: string): Promise<Uint8Array> {
  const handle = await open(target);
  try {
    const buffer = Buffer.alloc(POINTER_SIZE_LIMIT);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
