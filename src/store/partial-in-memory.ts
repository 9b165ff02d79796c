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
import {
  type ByteRange,
  type ByteRanges,
  bytesIn,
  frontOf,
  gapsWithin,
  withoutRange,
  withRange,
} from "./byte-ranges.js";
import { diskError, errnoOf } from "./disk-error.js";
import { removeJournal, writeJournal } from "./journal.js";
import type { PartialFile } from "./partial-file.js";
import { renameWithMode } from "./rename-into-place.js";

/** Size in bytes up to which a file is held in memory: what a killed process may have to fetch again. */
export const SMALL_BYTES = 256 * 1024;

/** A few files are under way at one time. */
const MEMORY = createMemoryPool(SMALL_BYTES, 32);

/** Makes the partial of a file of `size` bytes; nothing is on disk before `commit`, or `close`, which makes the folder. */
export function holdPartial(path: string, size: number, makeFolder: () => Promise<unknown> | undefined): PartialFile {
  return new PartialInMemory(path, size, makeFolder);
}

/** A class, as there are many: an object with getters of its own has a shape of its own, which V8 looks up at each use. */
class PartialInMemory implements PartialFile {
  readonly path: string;
  content: Uint8Array;
  held: ByteRanges = [];
  readonly #makeFolder: () => Promise<unknown> | undefined;
  readonly #memory = MEMORY.take();
  #isOpen = true;

  constructor(path: string, size: number, makeFolder: () => Promise<unknown> | undefined) {
    this.path = path;
    this.content = this.#memory.subarray(0, size);
    this.#makeFolder = makeFolder;
  }

  get front(): number {
    return frontOf(this.held);
  }

  write(bytes: Uint8Array, at: number): undefined {
    for (const { start, end } of gapsWithin(this.held, { start: at, end: at + bytes.length })) {
      this.content.set(bytes.subarray(start - at, end - at), start);
      this.held = withRange(this.held, { start, end });
    }
  }

  async cut(to: number): Promise<void> {
    this.held = withoutRange(this.held, { start: to, end: Number.POSITIVE_INFINITY });
  }

  async drop(range: ByteRange): Promise<void> {
    this.held = withoutRange(this.held, range);
  }

  async read(buffer: Uint8Array, at: number): Promise<number> {
    const bytes = this.content.subarray(at, Math.min(at + buffer.length, this.held.at(-1)?.end ?? 0));
    buffer.set(bytes);
    return bytes.length;
  }

  sync(): false {
    return false;
  }

  async discard(): Promise<void> {
    this.held = [];
  }

  async commit(target: string, { mode }: { mode?: number } = {}): Promise<BigIntStats | undefined> {
    const { path } = this;
    const written = this.#writeOut();
    try {
      if (isWindows || mode !== undefined) await renameWithMode(path, target, mode);
      else renameSync(path, target);
    } catch (error) {
      throw diskError(error, "put in place", target);
    }
    if (this.#isOpen) this.#letGo();
    this.#isOpen = false;
    return lookAgain(target, written);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      if (this.held.length === 0) return;
      await this.#makeFolder();
      if (bytesIn(this.held) > this.front) await writeJournal(this.path, { ranges: this.held });
      else await removeJournal(this.path);
      this.#writeOut();
    } finally {
      this.#letGo();
    }
  }

  /**
   * Writes what is there to the partial's own name; whatever stood there is not ours. Blocks for it: each call that a
   * thread made instead would take several times as long as the call.
   */
  #writeOut(): BigIntStats {
    const { path, content, held } = this;
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
  }

  /** Whoever still wrote would write into another file. */
  #letGo(): void {
    this.content = this.#memory.subarray(0, 0);
    MEMORY.give(this.#memory);
  }
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
