/** A partial of a small file: held in memory until it is complete, so that it costs one write. */
import {
  type BigIntStats,
  closeSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createMemoryPool } from "../memory-pool.js";
import { isWindows } from "../platform.js";
import { type ByteRanges, bytesIn, frontOf, gapsWithin, withoutRange, withRange } from "./byte-ranges.js";
import { diskError, errnoOf } from "./disk-error.js";
import { removeJournal, writeJournal } from "./journal.js";
import type { PartialFile } from "./partial-file.js";
import { renameWithMode } from "./rename-into-place.js";

/** Size in bytes up to which a file is held in memory: what a killed process may have to fetch again. */
export const SMALL_BYTES = 256 * 1024;

/** A few files are under way at one time. */
const MEMORY = createMemoryPool(SMALL_BYTES, 32);

/** Makes the partial of a file of `size` bytes; nothing is on disk before `commit`, or `close`, which makes the folder. */
export function holdPartial(path: string, size: number, makeFolder: () => Promise<unknown>): PartialFile {
  const memory = MEMORY.take();
  let content = memory.subarray(0, size);
  let held: ByteRanges = [];
  let isOpen = true;

  /**
   * Writes what is there to the partial's own name; whatever stood there is not ours. Blocks for it: each call that a
   * thread made instead would take several times as long as the call.
   */
  const writeOut = (): BigIntStats => {
    try {
      const descriptor = openNew(path);
      try {
        const end = held.at(-1)?.end ?? 0;
        // What stands there is of another file.
        for (const gap of gapsWithin(held, { start: 0, end })) content.fill(0, gap.start, gap.end);
        writeFileSync(descriptor, content.subarray(0, end));
        return fstatSync(descriptor, { bigint: true });
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      throw diskError(error, "write", path);
    }
  };

  /** Whoever still wrote would write into another file. */
  const letGo = () => {
    content = memory.subarray(0, 0);
    MEMORY.give(memory);
  };

  return {
    path,
    get content() {
      return content;
    },
    get held() {
      return held;
    },
    get front() {
      return frontOf(held);
    },
    write(bytes, at) {
      for (const { start, end } of gapsWithin(held, { start: at, end: at + bytes.length })) {
        content.set(bytes.subarray(start - at, end - at), start);
        held = withRange(held, { start, end });
      }
      return undefined;
    },
    async cut(to) {
      held = withoutRange(held, { start: to, end: Number.POSITIVE_INFINITY });
    },
    async drop(range) {
      held = withoutRange(held, range);
    },
    async read(buffer, at) {
      return content.copy(buffer, 0, at, Math.min(at + buffer.length, held.at(-1)?.end ?? 0));
    },
    async sync() {
      return false;
    },
    async discard() {
      held = [];
    },
    async commit(target, { mode } = {}) {
      const written = writeOut();
      try {
        if (isWindows || mode !== undefined) await renameWithMode(path, target, mode);
        else renameSync(path, target);
      } catch (error) {
        throw diskError(error, "put in place", target);
      }
      if (isOpen) letGo();
      isOpen = false;
      return lookAgain(target, written);
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        if (held.length === 0) return;
        await makeFolder();
        if (bytesIn(held) > frontOf(held)) await writeJournal(path, { ranges: held });
        else await removeJournal(path);
        writeOut();
      } finally {
        letGo();
      }
    },
  };
}

/** Most often nothing stands there, and the one call is all. */
function openNew(path: string): number {
  try {
    return openSync(path, "wx");
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    rmSync(path, { force: true });
    return openSync(path, "wx");
  }
}

/** How a file stands under its final name, if it still is the one that was written. */
function lookAgain(target: string, written: BigIntStats): BigIntStats | undefined {
  try {
    const stat = lstatSync(target, { bigint: true });
    return stat.ino === written.ino && stat.size === written.size && stat.mtimeNs === written.mtimeNs
      ? stat
      : undefined;
  } catch {
    return undefined;
  }
}
