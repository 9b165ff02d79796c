/** A partial in its file: written at any offset, with a journal as soon as there are gaps. */
import { randomUUID } from "node:crypto";
import { constants, lstatSync, writeSync } from "node:fs";
import { copyFile, type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AssetsError } from "../errors.js";
import { NO_LINK, NO_WAIT, renameOver, syncFolder } from "../platform.js";
import { type ByteRange, type ByteRanges, frontOf, gapsWithin, withoutRange, withRange } from "./byte-ranges.js";
import { diskError } from "./disk-error.js";
import { readJournal, removeJournal, writeJournal } from "./journal.js";
import type { PartialFile } from "./partial-file.js";
import { renameIntoPlace, takenOver } from "./rename-into-place.js";

/**
 * A killed process loses no more of what came out of order than came in this time, in milliseconds, or than so many bytes,
 * unless they came faster than is worth a note.
 */
const JOURNAL_MS = 500;
const JOURNAL_BYTES = 8 * 1024 * 1024;
const LEAST_JOURNAL_MS = 50;
/**
 * A write that blocks for longer than this waits for the disk, in milliseconds: for so many times as long a thread waits
 * instead, and for as long as writes queue up.
 */
const SLOW_MS = 100;
const ASIDE_TIMES = 20;
/** What took longer than this to come is worth the wait until the disk has it, in milliseconds. */
const SYNC_MS = 10_000;

/** Opens or creates the file of a partial; see `openPartial`. */
export async function openOnDisk(path: string, shared: boolean): Promise<PartialFile> {
  const handle = await openOwn(path, shared);
  const turns = createTurns();
  const inTurn = turns.take;
  let isOpen = true;
  let inode: bigint | undefined;
  /** Length of the file, which may be more than the bytes that count. */
  let length = 0;
  let held: ByteRanges = [];
  let synced: ByteRanges = [];
  /** Whether a journal of ranges lies beside the file, and when it was last written. */
  let noted = false;
  let notedAt = 0;
  /** Bytes that were written since. */
  let unnoted = 0;
  /** Bytes that are on their way to the disk, while they are; whether there ever were some. */
  let syncing: { ranges: ByteRanges; ended: Promise<unknown> } | undefined;
  let worthSyncing = false;
  let syncedAt = performance.now();
  let failure: AssetsError | undefined;
  let asideUntil = 0;

  const beginNote = () => {
    notedAt = performance.now();
    unnoted = 0;
  };
  const note = async () => {
    beginNote();
    await writeJournal(path, { ranges: held, synced });
    noted = true;
  };
  /**
   * Throws LOCKED when the file no longer has the name of the partial, since by another name it may be in use, or has not
   * the length that was given to it here.
   */
  const mustBeOurs = () => {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined || found.ino !== inode || Number(found.size) !== length) throw takenOver(path);
  };
  /** Without a note only what is in order can be told from what is not. */
  const keepFront = async () => {
    held = withoutRange(held, { start: frontOf(held), end: Number.POSITIVE_INFINITY });
    await truncate(frontOf(held));
    await removeJournal(path);
  };
  const truncate = async (size: number) => {
    mustBeOurs();
    await handle.truncate(size).catch((error) => {
      throw diskError(error, "cut", path);
    });
    length = size;
  };

  try {
    const stat = await handle.stat({ bigint: true });
    inode = stat.ino;
    length = Number(stat.size);
    const journal = await readJournal(path, length);
    held = journal?.ranges ?? withRange([], { start: 0, end: length });
    // What a killed process wrote may be in memory only: it has not become safer since.
    synced = journal?.synced ?? [];
    const end = held.at(-1)?.end ?? 0;
    // Nothing tells of what lies behind the last range, and it would stand behind the end of the finished file.
    if (end < length) await truncate(end);
    noted = journal?.ranges !== undefined && held.length > 0;
    if (journal !== undefined && held.length === 0) await removeJournal(path);
  } catch (error) {
    await handle.close();
    throw diskError(error, "read", path);
  }

  const giveUp = (range: ByteRange) => {
    held = withoutRange(held, range);
    synced = withoutRange(synced, range);
    if (syncing !== undefined) syncing.ranges = withoutRange(syncing.ranges, range);
  };
  const syncAside = async () => {
    const begun = { ranges: held, ended: handle.datasync() };
    syncing = begun;
    syncedAt = performance.now();
    worthSyncing = true;
    try {
      await begun.ended;
      synced = begun.ranges;
    } catch (error) {
      failure = diskError(error, "write", path);
    }
    syncing = undefined;
  };

  /** The journal comes before the first gap: without it, the file's length says which bytes are there. */
  const isFirstGap = (at: number) => at > frontOf(held) && !noted;
  const isNoteDue = () =>
    noted && performance.now() - notedAt > (unnoted >= JOURNAL_BYTES ? LEAST_JOURNAL_MS : JOURNAL_MS);
  const mustBeWritable = () => {
    if (failure !== undefined) throw failure;
    mustBeOurs();
    if (performance.now() - syncedAt > SYNC_MS && syncing === undefined) void syncAside();
  };
  const nextGap = (range: ByteRange) => gapsWithin(held, range)[0];
  const wrote = (start: number, bytes: number) => {
    held = withRange(held, { start, end: start + bytes });
    length = Math.max(length, start + bytes);
    unnoted += bytes;
  };
  /** To hand bytes to a thread takes longer than to give them to the system, while they are near to the processor. */
  const writeNow = (bytes: Uint8Array, range: ByteRange) => {
    mustBeWritable();
    const begun = performance.now();
    try {
      for (let gap = nextGap(range); gap !== undefined; gap = nextGap(range)) {
        const { start, end } = gap;
        wrote(start, writeSync(handle.fd, bytes, start - range.start, end - start, start));
      }
    } catch (error) {
      throw diskError(error, "write", path);
    }
    const now = performance.now();
    if (now - begun > SLOW_MS) asideUntil = now + (now - begun) * ASIDE_TIMES;
  };
  const writeAside = async (bytes: Uint8Array, range: ByteRange) => {
    mustBeWritable();
    try {
      for (let gap = nextGap(range); gap !== undefined; gap = nextGap(range)) {
        const { start, end } = gap;
        wrote(start, (await handle.write(bytes, start - range.start, end - start, start)).bytesWritten);
      }
    } catch (error) {
      throw diskError(error, "write", path);
    }
  };

  return {
    path,
    content: handle.fd,
    get held() {
      return held;
    },
    get front() {
      return frontOf(held);
    },
    write(bytes, at) {
      const range = { start: at, end: at + bytes.length };
      if (turns.areTaken || performance.now() < asideUntil || isFirstGap(at)) {
        return inTurn(async () => {
          if (isFirstGap(at)) await note();
          await writeAside(bytes, range);
          if (isNoteDue()) await note();
        });
      }
      writeNow(bytes, range);
      if (!isNoteDue()) return undefined;
      // Only one waits for it, though it may have to wait itself.
      beginNote();
      return turns.takeBeside(note);
    },
    cut: (size) =>
      inTurn(async () => {
        giveUp({ start: size, end: Number.POSITIVE_INFINITY });
        if (noted) await note();
        await truncate(size);
      }),
    drop: (range) =>
      inTurn(async () => {
        mustBeOurs();
        giveUp(range);
        // Without a journal, the file's length would say that they are there.
        await note();
      }),
    async read(buffer, at) {
      try {
        return (await handle.read(buffer, 0, buffer.length, at)).bytesRead;
      } catch (error) {
        throw diskError(error, "read", path);
      }
    },
    sync: () =>
      inTurn(async () => {
        await syncing?.ended.catch(() => {});
        if (failure === undefined && worthSyncing) await syncAside();
        if (failure !== undefined) throw failure;
        return worthSyncing;
      }),
    commit: (target, { mode } = {}) =>
      inTurn(async () => {
        // A complete partial needs no journal, and one that was left behind would speak of a later partial.
        await removeJournal(path).catch(() => {});
        noted = false;
        const stat = await renameIntoPlace(handle, path, target, { mode, size: frontOf(held) });
        isOpen = false;
        if (worthSyncing) await syncFolder(dirname(target)).catch(() => {});
        return stat;
      }),
    discard: () =>
      inTurn(async () => {
        held = [];
      }),
    close: () =>
      inTurn(async () => {
        if (!isOpen) return;
        isOpen = false;
        try {
          mustBeOurs();
          // What the disk refused may still be read from memory, and would pass for right.
          if (failure !== undefined) held = [];
          const front = frontOf(held);
          const inOrder = held.length === 1 && front > 0;
          if (inOrder && length > front) await truncate(front);
          if (held.length === 0) await removeJournal(path).then(() => rm(path, { force: true }));
          else if (noted && !inOrder) await note().catch(keepFront);
          else if (noted) await removeJournal(path);
        } catch (error) {
          // What another process took over is its own to keep.
          if (!(error instanceof AssetsError && error.code === "LOCKED")) throw diskError(error, "keep", path);
        } finally {
          await handle.close().catch(() => {});
        }
      }),
  };
}

/** Runs tasks one after another, in the order in which they are given. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  let taken = 0;
  const takeBeside = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = last.then(task);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    /** Whether a task is under way or waits, other than one beside which others may be done. */
    get areTaken() {
      return taken > 0;
    },
    take<T>(task: () => Promise<T>): Promise<T> {
      taken++;
      return takeBeside(task).finally(() => {
        taken--;
      });
    },
    takeBeside,
  };
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
