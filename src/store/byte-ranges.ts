/** Sets of byte ranges: which bytes of a file are there, and which are not. Pure. */

/** Bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Ranges in ascending order that neither overlap nor touch. */
export type ByteRanges = readonly ByteRange[];

/** The set with a range added. */
export function withRange(ranges: ByteRanges, { start, end }: ByteRange): ByteRanges {
  if (start >= end) return ranges;
  const before: ByteRange[] = [];
  const behind: ByteRange[] = [];
  const joined = { start, end };
  for (const range of ranges) {
    if (range.end < start) before.push(range);
    else if (range.start > end) behind.push(range);
    else {
      joined.start = Math.min(joined.start, range.start);
      joined.end = Math.max(joined.end, range.end);
    }
  }
  return [...before, joined, ...behind];
}

/** The set with a range taken out. */
export function withoutRange(ranges: ByteRanges, { start, end }: ByteRange): ByteRanges {
  if (start >= end) return ranges;
  return ranges.flatMap((range) => {
    const before = { start: range.start, end: Math.min(range.end, start) };
    const after = { start: Math.max(range.start, end), end: range.end };
    return [before, after].filter((part) => part.start < part.end);
  });
}

/** What the set lacks of the bytes below `size`. */
export function gapsOf(ranges: ByteRanges, size: number): ByteRanges {
  const gaps: ByteRange[] = [];
  let at = 0;
  for (const { start, end } of ranges) {
    if (start >= size) break;
    if (start > at) gaps.push({ start: at, end: start });
    at = end;
  }
  if (at < size) gaps.push({ start: at, end: size });
  return gaps;
}

/** What the set lacks of a range. */
export function gapsWithin(ranges: ByteRanges, { start, end }: ByteRange): ByteRanges {
  const gaps: ByteRange[] = [];
  for (const gap of gapsOf(ranges, end)) {
    if (gap.end > start) gaps.push({ start: Math.max(gap.start, start), end: gap.end });
  }
  return gaps;
}

/** Whether the set has all of a range. */
export function holdsRange(ranges: ByteRanges, { start, end }: ByteRange): boolean {
  return ranges.some((range) => range.start <= start && range.end >= end);
}

/** How many bytes the set holds. */
export function bytesIn(ranges: ByteRanges): number {
  let sum = 0;
  for (const { start, end } of ranges) sum += end - start;
  return sum;
}

/** How many bytes are there without a gap, counted from the first byte of the file. */
export function frontOf(ranges: ByteRanges): number {
  const first = ranges[0];
  return first?.start === 0 ? first.end : 0;
}

/** More ranges than any download leaves; each of them would cost a request. */
export const MOST_RANGES = 1_000;

/** Reads a set out of data of unknown shape, as far as `size` bytes reach; undefined for anything that is no set. */
export function readRanges(data: unknown, size: number): ByteRanges | undefined {
  if (!Array.isArray(data) || data.length > MOST_RANGES) return undefined;
  let last = -1;
  const ranges: ByteRange[] = [];
  for (const pair of data) {
    if (!Array.isArray(pair) || pair.length !== 2) return undefined;
    const [start, end] = pair as unknown[];
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return undefined;
    const range = { start: start as number, end: end as number };
    if (range.start <= last || range.start >= range.end) return undefined;
    last = range.end;
    ranges.push(range);
  }
  return withoutRange(ranges, { start: size, end: Number.POSITIVE_INFINITY });
}

/** The form in which {@link readRanges} reads a set. */
export function toPairs(ranges: ByteRanges): [number, number][] {
  return ranges.map(({ start, end }) => [start, end]);
}
