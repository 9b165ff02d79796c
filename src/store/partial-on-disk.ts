/** A partial in its file: written at any offset, with a journal as soon as there are gaps. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { NO_LINK, NO_WAIT, renameOver, syncFolder } from "../platform.js";
import { type ByteRanges, frontOf, gapsOf, withoutRange, withRange } from "./byte-ranges.js";
import { diskError } from "./disk-error.js";
import { readJournal, removeJournal, writeJournal } from "./journal.js";
import type { PartialFile } from "./partial-file.js";
import { renameIntoPlace } from "./rename-into-place.js";

/** A killed process loses no more of what came out of order than this, in milliseconds. */
const JOURNAL_MS = 500;
/** What took longer than this to come is worth the wait until the disk has it, in milliseconds. */
const SYNC_MS = 10_000;

/** Opens or creates the file of a partial; see `openPartial`. */
export async function openOnDisk(path: string, shared: boolean): Promise<PartialFile> {
  const handle = await openOwn(path, shared);
  let isOpen = true;
  /** Length of the file, which may be more than the bytes that count. */
  let length = 0;
  let held: ByteRanges = [];
  let synced: ByteRanges = [];
  /** Whether a journal lies beside the file, and when it was last written. */
  let noted = false;
  let notedAt = 0;
  let noting: Promise<void> | undefined;
  let durable = false;
  let syncedAt = performance.now();

  try {
    length = (await handle.stat()).size;
    const journal = await readJournal(path, length);
    noted = journal?.ranges !== undefined;
    held = journal?.ranges ?? withRange([], { start: 0, end: length });
    // What a killed process wrote may be in memory only: it has not become safer since.
    synced = journal?.synced ?? [];
    const end = held.at(-1)?.end ?? 0;
    // Nothing tells of what lies behind the last range, and it would stand behind the end of the finished file.
    if (end < length) await handle.truncate(end);
    length = end;
  } catch (error) {
    await handle.close();
    throw diskError(error, "read", path);
  }

  const note = () => {
    noting ??= writeJournal(path, { ranges: held, synced }).finally(() => {
      notedAt = performance.now();
      noting = undefined;
    });
    return noting;
  };
  const syncAside = () => {
    const before = held;
    syncedAt = performance.now();
    durable = true;
    // Only spares time later: a fault of the disk shows in the next write.
    handle.datasync().then(
      () => {
        synced = before.filter(({ start, end }) => gapsOf(held, end).every((gap) => gap.end <= start));
      },
      () => {},
    );
  };
  /** Keeps the journal in step after bytes were given up: it must never claim one of them. */
  const forget = async () => {
    await noting;
    if (noted) await note();
  };

  return {
    path,
    descriptor: handle.fd,
    get held() {
      return held;
    },
    get front() {
      return frontOf(held);
    },
    async write(chunks, at) {
      if (at > frontOf(held) && !noted) {
        // The journal comes before the first gap: without it, the file's length says which bytes are there.
        noted = true;
        await note();
      } else if (noted) await noting;
      let to = at;
      try {
        for (let rest = chunks; rest.length > 0; ) {
          const { bytesWritten } = await handle.writev(rest as Uint8Array[], to);
          held = withRange(held, { start: to, end: to + bytesWritten });
          to += bytesWritten;
          length = Math.max(length, to);
          rest = behind(rest, bytesWritten);
        }
      } catch (error) {
        throw diskError(error, "write", path);
      }
      const now = performance.now();
      if (noted && now - notedAt > JOURNAL_MS) await note();
      if (now - syncedAt > SYNC_MS) syncAside();
    },
    async cut(size) {
      held = withoutRange(held, { start: size, end: Number.POSITIVE_INFINITY });
      synced = withoutRange(synced, { start: size, end: Number.POSITIVE_INFINITY });
      await forget();
      await handle.truncate(size).catch((error) => {
        throw diskError(error, "cut", path);
      });
      length = size;
    },
    async drop(range) {
      noted = true;
      held = withoutRange(held, range);
      synced = withoutRange(synced, range);
      await forget();
    },
    async read(buffer, at) {
      try {
        return (await handle.read(buffer, 0, buffer.length, at)).bytesRead;
      } catch (error) {
        throw diskError(error, "read", path);
      }
    },
    async sync() {
      if (!durable) return false;
      try {
        await handle.sync();
        return true;
      } catch (error) {
        // What the disk refused may still be read from memory, and would pass for right: none of it counts.
        held = [];
        throw diskError(error, "write", path);
      }
    },
    async commit(target, { mode } = {}) {
      await noting?.catch(() => {});
      // A complete partial needs no journal, and one that was left behind would speak of a later partial.
      await removeJournal(path).catch(() => {});
      noted = false;
      const stat = await renameIntoPlace(handle, path, target, { mode, size: frontOf(held) });
      isOpen = false;
      if (durable) await syncFolder(dirname(target)).catch(() => {});
      return stat;
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        await noting?.catch(() => {});
        const front = frontOf(held);
        const inOrder = held.length === 0 || (held.length === 1 && front > 0);
        if (inOrder && length > front) await handle.truncate(front);
        if (noted && !inOrder) await note();
        else if (noted) await removeJournal(path);
      } finally {
        await handle.close().catch(() => {});
        if (held.length === 0) {
          await removeJournal(path).catch(() => {});
          await rm(path, { force: true }).catch(() => {});
        }
      }
    },
  };
}

/** The chunks without their first `bytes`, which a short write has taken. */
function behind(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  return chunks.flatMap((chunk) => {
    const taken = Math.min(skip, chunk.length);
    skip -= taken;
    return taken === chunk.length ? [] : [chunk.subarray(taken)];
  });
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
