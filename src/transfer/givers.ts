/** Who gave which bytes of one file: what was here before the run, and what came from each URL since. */
import { type ByteRanges, withoutRange, withRange } from "../store/byte-ranges.js";

/** The givers of a file. */
export interface Givers {
  /** Which bytes came from where in this run, by URL. */
  readonly ranges: ReadonlyMap<string, ByteRanges>;
  /** Whether some of the bytes are from before this run. */
  hasKept(): boolean;
  /** Whether the bytes are of more than one answer, so that a fault may lie in how they were put together. */
  isCombined(): boolean;
  /** Notes that a URL brought these bytes in one answer. */
  credit(url: string, start: number, end: number): void;
  /** Forgets a URL, and answers what it brought. */
  drop(url: string): ByteRanges;
  /** Forgets what was given beyond the first `size` bytes. */
  cut(size: number): void;
}

/** `before`: the bytes that are here when the run begins. */
export function createGivers(before: ByteRanges): Givers {
  const ranges = new Map<string, ByteRanges>();
  let kept = before;
  let answers = 0;
  return {
    ranges,
    hasKept: () => kept.length > 0,
    isCombined: () => answers + kept.length > 1,
    credit(url, start, end) {
      if (start >= end) return;
      answers++;
      ranges.set(url, withRange(ranges.get(url) ?? [], { start, end }));
    },
    drop(url) {
      const brought = ranges.get(url) ?? [];
      ranges.delete(url);
      return brought;
    },
    cut(size) {
      const beyond = { start: size, end: Number.POSITIVE_INFINITY };
      kept = withoutRange(kept, beyond);
      for (const [url, brought] of ranges) ranges.set(url, withoutRange(brought, beyond));
      if (size === 0) answers = 0;
    },
  };
}
