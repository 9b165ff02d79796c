/** Shares the missing bytes of a file out among connections, so that none of them is idle before the last byte. */
import { type ByteRanges, bytesIn, gapsOf, withRange } from "../store/byte-ranges.js";

/** The bytes that one connection brings: from `start` to `end`, which others may lower; `at` moves as they come. */
export interface Segment {
  readonly start: number;
  at: number;
  end: number;
  /** When a byte last came, by `performance.now()`. */
  movedAt: number;
  /** Called when nothing is left of it because another connection took over. */
  onTaken: () => void;
}

/** Who brings which bytes of one file. */
export interface Segments {
  /** Segments under way. */
  readonly active: ReadonlySet<Segment>;
  /** Missing bytes. */
  left(): number;
  /**
   * The next bytes for one of `connections`, or undefined when all that is missing is under way and not worth splitting.
   * One connection alone gets all up to the next byte that is here.
   */
  take(connections: number, now: number): Segment | undefined;
  /** Lets a connection go on behind its segment, at most to `to`, where nobody else is at work. */
  extend(segment: Segment, to: number): void;
  /** Whether `take` would answer with something. */
  worthSplitting(now: number): boolean;
  /** The connection of a segment has ended: what it did not bring is missing again. */
  release(segment: Segment): void;
}

/** Limits of sharing out. */
export interface SegmentPolicy {
  /** Fewer bytes are not worth a connection of their own. */
  readonly leastSegmentBytes: number;
}

/** More bytes than this are not given out at once, so that the front, which is hashed meanwhile, follows closely. */
const MOST_BYTES = 64 * 1024 * 1024;
/** A segment without a new byte for this long is taken over once nothing else is left, in milliseconds. */
const SILENT_MS = 1_000;

/** Shares out a file of `size` bytes of which `held` are here; both may be asked at any time. */
export function createSegments(
  size: () => number,
  held: () => ByteRanges,
  { leastSegmentBytes }: SegmentPolicy,
): Segments {
  const active = new Set<Segment>();

  const missing = () => gapsOf(held(), size());
  const unclaimed = (): ByteRanges => gapsOf([...active].reduce<ByteRanges>(withRange, held()), size());
  /** The segment whose end is given to another connection, and how much of it stays with its own. */
  const victim = (piece: number, now: number): { segment: Segment; keep: number } | undefined => {
    const [largest] = [...active].sort((a, b) => b.end - b.at - (a.end - a.at));
    if (largest === undefined) return undefined;
    const remaining = largest.end - largest.at;
    if (remaining >= 2 * leastSegmentBytes) {
      return { segment: largest, keep: remaining > 2 * piece ? piece : Math.ceil(remaining / 2) };
    }
    const silent = [...active].find(({ at, end, movedAt }) => at < end && now - movedAt > SILENT_MS);
    return silent && { segment: silent, keep: 0 };
  };
  const begin = (start: number, end: number, now: number): Segment => {
    const segment = { start, at: start, end, movedAt: now, onTaken: () => {} };
    active.add(segment);
    return segment;
  };

  return {
    active,
    left: () => bytesIn(missing()),
    take(connections, now) {
      const share = Math.ceil(bytesIn(missing()) / (2 * connections));
      const piece = connections === 1 ? size() : Math.max(leastSegmentBytes, Math.min(MOST_BYTES, share));
      const [gap] = unclaimed();
      if (gap !== undefined) return begin(gap.start, Math.min(gap.end, gap.start + piece), now);
      const from = victim(piece, now);
      if (from === undefined) return undefined;
      const { segment, keep } = from;
      const { end } = segment;
      segment.end = segment.at + keep;
      if (keep === 0) segment.onTaken();
      return begin(segment.end, Math.min(end, segment.end + piece), now);
    },
    extend(segment, to) {
      const gap = unclaimed().find(({ start }) => start === segment.end);
      if (gap !== undefined) segment.end = Math.max(segment.end, Math.min(gap.end, to));
    },
    worthSplitting: (now) => unclaimed().length > 0 || victim(leastSegmentBytes, now) !== undefined,
    release: (segment) => void active.delete(segment),
  };
}
