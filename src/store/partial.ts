/** The unfinished download beside its target: bytes are written here, and get their final name only once they are right. */
import { createHash, randomUUID } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { copyFile, type FileHandle, lstat, open, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AssetsError } from "../errors.js";
import { NO_LINK, NO_WAIT, renameOver, setMode, syncFolder } from "../platform.js";
import { diskError, errnoOf } from "./disk-error.js";

const READ_BYTES = 1024 * 1024;
const JOURNAL = ".json";
/** Longest file name in bytes that common file systems store. */
const NAME_BYTES = 255;

/** An open partial. `size` is how many bytes of it are there, counted only after they were written. */
export interface PartialFile {
  readonly path: string;
  readonly size: number;
  /** Appends a chunk. Throws DISK_FULL, LOCAL_IO. */
  append(chunk: Uint8Array): Promise<void>;
  /** Drops what lies beyond the first `size` bytes. Throws LOCAL_IO. */
  cut(size: number): Promise<void>;
  /** Whether these bytes stand there, beginning at the offset `at`. Throws LOCAL_IO. */
  holds(chunk: Uint8Array, at: number): Promise<boolean>;
  /** Reads the bytes that are there, from the offset `from` to the last. Throws LOCAL_IO, the signal's reason. */
  feed(take: (chunk: Uint8Array) => void, signal: AbortSignal, from: number): Promise<void>;
  /** Brings the bytes to the disk, which can take long. Throws DISK_FULL, LOCAL_IO. */
  sync(): Promise<void>;
  /**
   * Gives the synced bytes their final name in one step, and syncs the folder. Answers how the file then stands, or
   * undefined when it is no longer what was written here. Throws LOCKED when another process took the partial over.
   */
  commit(target: string, options?: { mode?: number }): Promise<BigIntStats | undefined>;
  /** Keeps the bytes for another time. Removes an empty file. Safe to call twice, and after `commit`. */
  close(): Promise<void>;
}

/**
 * Where the partial of a target lies. Its name is its validity: `key` is the pinned digest, or for an unpinned file
 * a digest of the URL, so that another pin finds another partial.
 */
export function partialPath(target: string, key: string): string {
  const ending = `.${key.slice(0, 12)}.part`;
  let name = basename(target);
  if (Buffer.byteLength(name) + ending.length + JOURNAL.length > NAME_BYTES) {
    const own = createHash("sha256").update(name).digest("hex").slice(0, 12);
    name = `${[...name].slice(0, 40).join("")}.${own}`;
  }
  return join(dirname(target), `${name}${ending}`);
}

/**
 * Opens or creates a partial. Its folder must exist. A link in its place is never followed, and a file that another name
 * or (`shared`) another process may hold is replaced by a copy. Throws DISK_FULL, LOCAL_IO.
 */
export async function openPartial(path: string, { shared = false } = {}): Promise<PartialFile> {
  const handle = await openOwn(path, shared);
  let size = 0;
  let open = true;
  try {
    size = (await handle.stat()).size;
  } catch (error) {
    await handle.close();
    throw diskError(error, "read", path);
  }
  const close = async () => {
    if (!open) return;
    open = false;
    await handle.close();
    if (size === 0) await removePartial(path).catch(() => {});
  };
  return {
    path,
    get size() {
      return size;
    },
    async append(chunk) {
      try {
        // A write may be short near a limit: what was written is counted, the rest tried again to learn why.
        for (let done = 0; done < chunk.length; ) {
          const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, size);
          done += bytesWritten;
          size += bytesWritten;
        }
      } catch (error) {
        throw diskError(error, "write", path);
      }
    },
    async cut(to) {
      await handle.truncate(to).catch((error) => {
        throw diskError(error, "cut", path);
      });
      size = to;
    },
    async holds(chunk, at) {
      const there = Buffer.allocUnsafe(chunk.length);
      for (let read = 0; read < there.length; ) {
        const { bytesRead } = await handle.read(there, read, there.length - read, at + read).catch((error) => {
          throw diskError(error, "read", path);
        });
        if (bytesRead === 0) return false;
        read += bytesRead;
      }
      return there.equals(chunk);
    },
    async feed(take, signal, from) {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      try {
        for (let at = from; at < size; ) {
          signal.throwIfAborted();
          const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - at), at);
          if (bytesRead === 0) throw new Error("it became shorter while it was read");
          take(buffer.subarray(0, bytesRead));
          at += bytesRead;
        }
      } catch (error) {
        signal.throwIfAborted();
        throw diskError(error, "read", path);
      }
    },
    async sync() {
      await handle.sync().catch((error) => {
        throw diskError(error, "write", path);
      });
    },
    async commit(target, { mode } = {}) {
      const written = await handle.stat({ bigint: true });
      try {
        // Who holds the same file, where locks do not hold, may have cut it to begin anew.
        const own = (await lstat(path, { bigint: true })).ino === written.ino && written.size === BigInt(size);
        if (!own) throw takenOver(path);
        await handle.close();
        open = false;
        await renameOver(path, target);
      } catch (error) {
        throw errnoOf(error) === "ENOENT" ? takenOver(path) : diskError(error, "put in place", target);
      }
      // The file stands: what follows makes it last and fit, and cannot undo that.
      if (mode !== undefined) await setMode(target, mode).catch(() => {});
      await syncFolder(dirname(target)).catch(() => {});
      await rm(journalPath(path), { force: true }).catch(() => {});
      const stat = await lstat(target, { bigint: true }).catch(() => undefined);
      const same = stat?.ino === written.ino && stat.size === written.size && stat.mtimeNs === written.mtimeNs;
      return same ? stat : undefined;
    },
    close,
  };
}

/** Removes a partial that serves no more, with its note. Throws LOCAL_IO. */
export async function removePartial(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await rm(journalPath(path), { force: true });
  } catch (error) {
    throw diskError(error, "remove", path);
  }
}

/** The validator under which the bytes of an unpinned partial came, if it was noted. */
export async function readValidator(partial: string): Promise<string | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(journalPath(partial), "utf8"));
    const validator = (note as { validator?: unknown } | null)?.validator;
    return typeof validator === "string" ? validator : undefined;
  } catch {
    return undefined;
  }
}

/** Notes the validator of an unpinned partial, or forgets it. */
export async function writeValidator(partial: string, validator: string | undefined): Promise<void> {
  const path = journalPath(partial);
  try {
    await rm(path, { force: true });
    if (validator !== undefined) await writeFile(path, `${JSON.stringify({ validator })}\n`, { flag: "wx" });
  } catch (error) {
    throw diskError(error, "write", path);
  }
}

function journalPath(partial: string): string {
  return `${partial}${JOURNAL}`;
}

async function openOwn(path: string, shared: boolean): Promise<FileHandle> {
  const openIt = () => open(path, constants.O_RDWR | constants.O_CREAT | NO_LINK | NO_WAIT, 0o666);
  try {
    const handle = await openIt();
    const found = await handle.stat();
    if (found.isFile() && found.nlink === 1 && !shared) return handle;
    await handle.close();
    if (!found.isFile()) throw Object.assign(new Error("not a regular file"), { code: "EEXIST" });
    const copy = `${path}.${randomUUID().slice(0, 8)}`;
    await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await renameOver(copy, path);
    return await openIt();
  } catch (error) {
    throw diskError(error, "create", path);
  }
}

function takenOver(path: string): AssetsError {
  return new AssetsError("LOCKED", `${path} was taken over by another process.`, {
    hint: "Run the same command again.",
  });
}
