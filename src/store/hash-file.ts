/** Digests of one file, read while the bytes before are hashed. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Cut, Cutting } from "../manifest/pieces.js";
import { NO_WAIT } from "../platform.js";
import { showMappedWrites } from "./mapped-writes.js";
import { createPieceHash } from "./piece-hash.js";

/** What must not change while a file is read, nor between two looks at it. */
export interface FileStamp {
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  ino: bigint;
  dev: bigint;
}

/** What is hashed of a file, and how. */
export interface HashWish {
  /** As Node names it, or `git-blob`: the SHA-1 that git keeps a file under. Default `sha256`. */
  algorithm?: string | undefined;
  /** Hash no more than this many bytes. Default all. */
  end?: number | undefined;
  /** Hash each piece as well. */
  cutting?: Cutting | undefined;
  /**
   * Make sure, before the reading, that writes after it show in the file's times: one that was changed after this moment
   * (nanoseconds, by its file system's clock) waits for the disk. Default: not sure.
   */
  showWritesSince?: bigint | undefined;
}

/** A file's digest, and how the file stood while it was read. */
export interface FileDigest {
  hex: string;
  /** Bytes that were hashed. */
  size: number;
  stat: FileStamp;
  /** The pieces, where they were wished for. */
  pieces?: Cut | undefined;
  /** Whether writes after the reading show in the file's times; never, where that was not wished for. */
  showsWrites: boolean;
}

const CHUNK_BYTES = 1024 * 1024;
const PROGRESS_BYTES = 32 * 1024 * 1024;

/**
 * `path` is bytes where the name is not UTF-8. `onProgress` is told the bytes read so far, every 32 MiB; what it throws
 * ends the reading. Throws errno errors.
 */
export async function hashFile(
  path: string | Uint8Array,
  onProgress: (bytes: number) => void,
  { algorithm = "sha256", end = Number.POSITIVE_INFINITY, cutting, showWritesSince }: HashWish = {},
): Promise<FileDigest> {
  const name = typeof path === "string" ? path : Buffer.from(path);
  const handle = await open(name, constants.O_RDONLY | NO_WAIT);
  try {
    let before = await stamp(handle);
    let showsWrites = false;
    if (showWritesSince !== undefined) {
      showsWrites = await showMappedWrites({ path: name, handle, stat: before }, showWritesSince);
      // Some file systems set the times when they write.
      before = await stamp(handle);
    }
    const isBlob = algorithm === "git-blob";
    const hash = isBlob ? createHash("sha1").update(`blob ${before.size}\0`) : createHash(algorithm);
    const pieces = cutting && createPieceHash(cutting);
    // One byte more than the file has, so that its end is seen by the second read of a small file.
    const length = Number(before.size < CHUNK_BYTES ? before.size + 1n : CHUNK_BYTES);
    let spare = Buffer.allocUnsafe(length);
    let size = 0;
    let told = 0;
    let reading = handle.read(Buffer.allocUnsafe(length), 0, length, 0);
    for (;;) {
      const { buffer, bytesRead } = await reading;
      const used = Math.min(bytesRead, end - size);
      if (used === 0) break;
      size += used;
      reading = handle.read(spare, 0, length, size);
      // Should hashing or telling throw, nobody waits for this read.
      reading.catch(() => {});
      const bytes = used === length ? buffer : buffer.subarray(0, used);
      hash.update(bytes);
      pieces?.update(bytes);
      spare = buffer;
      if (size - told >= PROGRESS_BYTES) {
        told = size;
        onProgress(size);
      }
    }
    const after = await stamp(handle);
    const same =
      before.mtimeNs === after.mtimeNs && before.size === after.size && Math.min(Number(after.size), end) === size;
    if (!same) throw Object.assign(new Error("it changed while it was read"), { code: "EBUSY" });
    return { hex: hash.digest("hex"), size, stat: after, pieces: pieces?.cut(), showsWrites };
  } finally {
    await handle.close();
  }
}

async function stamp(handle: FileHandle): Promise<FileStamp> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await handle.stat({ bigint: true });
  return { size, mtimeNs, ctimeNs, ino, dev };
}
