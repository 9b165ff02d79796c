/** Gathers a body as it comes, in pieces of memory that are given back. */
import type { MemoryPool } from "../memory-pool.js";

/** What came, in order, for a reader that takes one piece after another. A class, as there is one for each answer. */
export class BodyBuffer {
  readonly #pool: MemoryPool;
  /** In order; only the last has room. */
  #pieces: { memory: Buffer; filled: number }[] = [];
  #lent: Buffer | undefined;
  #held = 0;

  /** Its memory comes out of a pool. */
  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  /** Bytes that were not taken. */
  get held(): number {
    return this.#held;
  }

  /** Whether a whole piece has gathered. */
  get isFull(): boolean {
    return this.#pieces[0]?.filled === this.#pool.bytes;
  }

  /** Copies what came. */
  add(chunk: Uint8Array): void {
    const { bytes } = this.#pool;
    this.#held += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      let last = this.#pieces.at(-1);
      if (last === undefined || last.filled === bytes) {
        last = { memory: this.#pool.take(), filled: 0 };
        this.#pieces.push(last);
      }
      const part = chunk.subarray(at, at + bytes - last.filled);
      last.memory.set(part, last.filled);
      last.filled += part.length;
      at += part.length;
    }
  }

  /** The next piece, or as much of it as has gathered: right until it is given back. */
  take(): Uint8Array | undefined {
    const first = this.#pieces.shift();
    if (first === undefined) return undefined;
    this.#lent = first.memory;
    this.#held -= first.filled;
    return first.memory.subarray(0, first.filled);
  }

  /** Ends the use of the piece that was taken last. */
  giveBack(): void {
    if (this.#lent !== undefined) this.#pool.give(this.#lent);
    this.#lent = undefined;
  }

  /** Gives up what was not taken, and what was taken last. */
  clear(): void {
    this.giveBack();
    for (const { memory } of this.#pieces) this.#pool.give(memory);
    this.#pieces = [];
    this.#held = 0;
  }
}
