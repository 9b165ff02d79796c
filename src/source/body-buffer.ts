/** Gathers a body as it comes, in a few pieces of memory that serve again and again. */

/** What came, in order, for a reader that takes one piece after another. */
export interface BodyBuffer {
  /** Bytes that were not taken. */
  readonly held: number;
  /** Whether a whole piece has gathered. */
  readonly isFull: boolean;
  /** Copies what came. */
  add(chunk: Uint8Array): void;
  /** The next piece, or as much of it as has gathered: right until the next call. */
  take(): Uint8Array | undefined;
  /** Gives up what was not taken. */
  clear(): void;
}

/** Makes a buffer with pieces of so many bytes. */
export function createBodyBuffer(pieceBytes: number): BodyBuffer {
  /** Pieces in order, the last of which has room, and those that are empty. */
  const pieces: { memory: Buffer; filled: number }[] = [];
  const empty: Buffer[] = [];
  let lent: Buffer | undefined;
  let held = 0;

  return {
    get held() {
      return held;
    },
    get isFull() {
      return pieces[0]?.filled === pieceBytes;
    },
    add(chunk) {
      held += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        let last = pieces.at(-1);
        if (last === undefined || last.filled === pieceBytes) {
          last = { memory: empty.pop() ?? Buffer.allocUnsafeSlow(pieceBytes), filled: 0 };
          pieces.push(last);
        }
        const part = chunk.subarray(at, at + pieceBytes - last.filled);
        last.memory.set(part, last.filled);
        last.filled += part.length;
        at += part.length;
      }
    },
    take() {
      if (lent !== undefined) empty.push(lent);
      const first = pieces.shift();
      lent = first?.memory;
      if (first === undefined) return undefined;
      held -= first.filled;
      return first.memory.subarray(0, first.filled);
    },
    clear() {
      pieces.length = 0;
      held = 0;
    },
  };
}
