/** Parts of chunks that follow one another. Pure. */
import { type ByteRanges, gapsOf } from "./byte-ranges.js";

/** Bytes `from` to `to`, counted from the first byte of the first chunk. */
export function partOf(chunks: readonly Uint8Array[], from: number, to: number): readonly Uint8Array[] {
  let at = 0;
  return chunks.flatMap((chunk) => {
    const part = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += chunk.length;
    return part.length > 0 ? [part] : [];
  });
}

/** The parts that a set does not hold, each with its own offset; the first chunk begins at the offset `at`. */
export function missingOf(
  held: ByteRanges,
  chunks: readonly Uint8Array[],
  at: number,
): { at: number; chunks: readonly Uint8Array[] }[] {
  const to = at + chunks.reduce((sum, { length }) => sum + length, 0);
  return gapsOf(held, to).flatMap(({ start, end }) => {
    const from = Math.max(start, at);
    return from < end ? [{ at: from, chunks: partOf(chunks, from - at, end - at) }] : [];
  });
}
