/** Pieces of memory that serve again: what is allocated anew has to be touched anew, and waits to be collected. */

/** Pieces of one size. */
export interface MemoryPool {
  /** Size of each, in bytes. */
  readonly bytes: number;
  /** A piece that is the caller's own; what it has in it is anything. */
  take(): Buffer;
  /** Gives a piece back, which is then not to be used any more. */
  give(piece: Buffer): void;
}

/** Makes a pool that keeps at most so many pieces that nobody uses. */
export function createMemoryPool(bytes: number, mostKept: number): MemoryPool {
  const kept: Buffer[] = [];
  return {
    bytes,
    take: () => kept.pop() ?? Buffer.allocUnsafeSlow(bytes),
    give(piece) {
      if (kept.length < mostKept) kept.push(piece);
    },
  };
}
