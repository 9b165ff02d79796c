/** Gathers a body as it comes, in pieces of memory that are given back. */
import type { MemoryPool } from "../memory-pool.js";

/** What came, in order, for a reader that takes one piece after another. */
export interface BodyBuffer {
  /** Bytes that were not taken. */
  readonly held: number;
  /** Whether a whole piece has gathered. */
  readonly isFull: boolean;
  /** Copies what came. */
  add(chunk: Uint8Array): void;
  /** The next piece, or as much of it as has gathered: right until it is given back. */
  take(): Uint8Array | undefined;
  /** Ends the use of the piece that was taken last. */
  giveBack(): void;
  /** Gives up what was not taken, and what was taken last. */
  clear(): void;
}

/** Makes a buffer that takes its memory out of a pool. */
export function createBodyBuffer(pool: MemoryPool): BodyBuffer {
  /** In order; only the last has room. */
  let pieces: { memory: Buffer; filled: number }[] = [];
  let lent: Buffer | undefined;
  let held = 0;
  const giveBack = () => {
    if (lent !== undefined) pool.give(lent);
    lent = undefined;
  };

  return {
    giveBack,
    get held() {
      return held;
    },
    get isFull() {
      return pieces[0]?.filled === pool.bytes;
    },
    add(chunk) {
      held += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        let last = pieces.at(-1);
        if (last === undefined || last.filled === pool.bytes) {
          last = { memory: pool.take(), filled: 0 };
          pieces.push(last);
        }
        const part = chunk.subarray(at, at + pool.bytes - last.filled);
        last.memory.set(part, last.filled);
        last.filled += part.length;
        at += part.length;
      }
    },
    take() {
      const first = pieces.shift();
      if (first === undefined) return undefined;
      lent = first.memory;
      held -= first.filled;
      return lent.subarray(0, first.filled);
    },
    clear() {
      giveBack();
      for (const { memory } of pieces) pool.give(memory);
      pieces = [];
      held = 0;
    },
  };
}
