/** Hashes files in a thread of its own: one message in names a file, the last one out has its SHA-256. */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { parentPort } from "node:worker_threads";

/** What the thread answers: progress while it reads a large file, then one of the other two. */
export type HashMessage =
  | { type: "progress"; bytes: number }
  | { type: "done"; sha256: string; size: number; stat: FileStamp }
  | { type: "failed"; errno: string; message: string };

/** What must not change while a file is read, nor between two looks at it. */
export interface FileStamp {
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  ino: bigint;
  dev: bigint;
}

const CHUNK_BYTES = 1024 * 1024;
const PROGRESS_BYTES = 32 * 1024 * 1024;
const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);

parentPort?.on("message", (path: string) => {
  try {
    parentPort?.postMessage(hashFile(path));
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    parentPort?.postMessage({ type: "failed", errno: code, message } satisfies HashMessage);
  }
});

function hashFile(path: string): HashMessage {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const before = stamp(descriptor);
    const hash = createHash("sha256");
    let size = 0;
    let told = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, 0, CHUNK_BYTES, null);
      if (read === 0) break;
      hash.update(read === CHUNK_BYTES ? buffer : buffer.subarray(0, read));
      size += read;
      if (size - told >= PROGRESS_BYTES) {
        told = size;
        parentPort?.postMessage({ type: "progress", bytes: size } satisfies HashMessage);
      }
    }
    const after = stamp(descriptor);
    const same = before.mtimeNs === after.mtimeNs && before.size === after.size && after.size === BigInt(size);
    if (!same) return { type: "failed", errno: "", message: "it changed while it was read" };
    return { type: "done", sha256: hash.digest("hex"), size, stat: after };
  } finally {
    closeSync(descriptor);
  }
}

function stamp(descriptor: number): FileStamp {
  const { size, mtimeNs, ctimeNs, ino, dev } = fstatSync(descriptor, { bigint: true });
  return { size, mtimeNs, ctimeNs, ino, dev };
}
