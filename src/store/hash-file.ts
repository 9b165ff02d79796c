/** SHA-256 of one file, read while the bytes before are hashed. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { NO_WAIT } from "../platform.js";

/** What must not change while a file is read, nor between two looks at it. */
export interface FileStamp {
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  ino: bigint;
  dev: bigint;
}

/** A file's digest, and how the file stood while it was read. `size` in bytes. */
export interface FileDigest {
  sha256: string;
  size: number;
  stat: FileStamp;
}

const CHUNK_BYTES = 1024 * 1024;
const PROGRESS_BYTES = 32 * 1024 * 1024;

/** `onProgress` is told the bytes read so far, every 32 MiB; what it throws ends the reading. Throws errno errors. */
export async function hashFile(path: string, onProgress: (bytes: number) => void): Promise<FileDigest> {
  const handle = await open(path, constants.O_RDONLY | NO_WAIT);
  try {
    const before = await stamp(handle);
    const hash = createHash("sha256");
    // One byte more than the file has, so that its end is seen by the second read of a small file.
    const length = Number(before.size < CHUNK_BYTES ? before.size + 1n : CHUNK_BYTES);
    let spare = Buffer.allocUnsafe(length);
    let size = 0;
    let told = 0;
    let reading = handle.read(Buffer.allocUnsafe(length), 0, length, 0);
    for (;;) {
      const { buffer, bytesRead } = await reading;
      if (bytesRead === 0) break;
      size += bytesRead;
      reading = handle.read(spare, 0, length, size);
      // Should hashing or telling throw, nobody waits for this read.
      reading.catch(() => {});
      hash.update(bytesRead === length ? buffer : buffer.subarray(0, bytesRead));
      spare = buffer;
      if (size - told >= PROGRESS_BYTES) {
        told = size;
        onProgress(size);
      }
    }
    const after = await stamp(handle);
    const same = before.mtimeNs === after.mtimeNs && before.size === after.size && after.size === BigInt(size);
    if (!same) throw Object.assign(new Error("it changed while it was read"), { code: "EBUSY" });
    return { sha256: hash.digest("hex"), size, stat: after };
  } finally {
    await handle.close();
  }
}

async function stamp(handle: FileHandle): Promise<FileStamp> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await handle.stat({ bigint: true });
  return { size, mtimeNs, ctimeNs, ino, dev };
}
