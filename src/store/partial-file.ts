/** The unfinished download beside its target: bytes are written here, and get their final name only once they are right. */
import type { BigIntStats } from "node:fs";
import type { ByteRange, ByteRanges } from "./byte-ranges.js";

/**
 * An open partial. A byte is counted only after it was written, and never written again before it is given up: what was
 * hashed is what stands there. Its calls take effect in the order in which they are made. Those that write throw LOCKED
 * when another process took the partial over: where locks do not hold, its file may be in place already.
 */
export interface PartialFile {
  readonly path: string;
  /** Which bytes are there. */
  readonly held: ByteRanges;
  /** How many bytes are there without a gap, from the first of the file. */
  readonly front: number;
  /** Where to read beside the writing: the descriptor of the file, or the bytes themselves where they are in memory. */
  readonly content: number | Uint8Array;
  /**
   * Writes bytes, beginning at the offset `at`; of those that are there already, the first ones stay. Most often it is
   * done when the call ends; otherwise the answer tells when, and the memory is not to be changed before. Throws, or
   * rejects with, DISK_FULL, LOCAL_IO.
   */
  write(bytes: Uint8Array, at: number): Promise<void> | undefined;
  /** Gives up what lies beyond the first `size` bytes. Throws LOCAL_IO, DISK_FULL. */
  cut(size: number): Promise<void>;
  /** Gives up these bytes. Throws LOCAL_IO, DISK_FULL. */
  drop(range: ByteRange): Promise<void>;
  /** Reads into `buffer` from the offset `at`; answers how many bytes there were. Throws LOCAL_IO. */
  read(buffer: Uint8Array, at: number): Promise<number>;
  /**
   * Brings the bytes to the disk, when they took so long to come that a power cut would cost more than the wait. Answers
   * whether it was done. Rejects with DISK_FULL, LOCAL_IO.
   */
  sync(): boolean | Promise<boolean>;
  /**
   * Gives the bytes their final name in one step. Answers how the file then stands, or undefined when it is no longer
   * what was written here. Throws LOCKED when another process took the partial over, LOCAL_IO, DISK_FULL.
   */
  commit(target: string, options?: { mode?: number }): Promise<BigIntStats | undefined>;
  /** Gives up all bytes, and the file with them. Safe to call after `commit`. Never throws. */
  discard(): Promise<void>;
  /**
   * Keeps the bytes for another time. Removes an empty file. Safe to call twice, and after `commit`. Throws LOCAL_IO,
   * DISK_FULL.
   */
  close(): Promise<void>;
}
