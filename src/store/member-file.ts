/** Writes one member of an archive to a file of its own, whole or not at all. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { AssetsError } from "../errors.js";
import { diskError } from "./disk-error.js";

/** How to write it. */
export interface MemberFileOptions {
  /** What it is, for messages. */
  what: string;
  /** Bytes beyond which it is given up as SIZE_MISMATCH. */
  maxBytes?: number | undefined;
  signal: AbortSignal;
}

/**
 * Writes the bytes to `path` and answers how many there were. What stood at `path` is removed first, a link as the link
 * that it is. After a failure the remaining bytes are still read, because the other members of an archive come behind
 * them; only a full disk and an abort end it at once. Throws DISK_FULL, LOCAL_IO, SIZE_MISMATCH, and what `body` throws.
 */
export async function writeMemberFile(
  path: string,
  body: AsyncIterable<Uint8Array>,
  { what, maxBytes = Number.POSITIVE_INFINITY, signal }: MemberFileOptions,
): Promise<number> {
  const handle = await create(path);
  let size = 0;
  let failure: AssetsError | undefined;
  try {
    for await (const chunk of body) {
      signal.throwIfAborted();
      if (failure !== undefined) continue;
      size += chunk.length;
      failure = size > maxBytes ? tooLarge(what, maxBytes) : await write(handle, chunk, path);
      if (failure?.code === "DISK_FULL") break;
    }
    if (failure !== undefined) throw failure;
    await close(handle, path);
    return size;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(path, { force: true }).catch(() => {});
    throw error;
  }
}

/** The error of a member that is not the pinned file, as its size shows. */
export function tooLarge(what: string, maxBytes: number): AssetsError {
  return new AssetsError("SIZE_MISMATCH", `${what} is larger than the ${maxBytes} bytes expected.`);
}

async function create(path: string): Promise<FileHandle> {
  try {
    await rm(path, { force: true });
    // Exclusive: never through a link that somebody puts there now.
    return await open(path, "wx");
  } catch (error) {
    throw diskError(error, "create", path);
  }
}

/** A write may be short near a limit: the rest is tried again to learn why. */
async function write(handle: FileHandle, chunk: Uint8Array, path: string): Promise<AssetsError | undefined> {
  try {
    for (let done = 0; done < chunk.length; ) {
      done += (await handle.write(chunk, done)).bytesWritten;
    }
    return undefined;
  } catch (error) {
    return diskError(error, "write", path);
  }
}

async function close(handle: FileHandle, path: string): Promise<void> {
  try {
    await handle.close();
  } catch (error) {
    throw diskError(error, "write", path);
  }
}
