/** Shares the missing bytes of a file out among connections, so that none of them is idle before the last byte. */
import { type ByteRanges, bytesIn, gapsOf, withRange } from "../store/byte-ranges.js";

/** The bytes that one connection brings; whoever holds it changes nothing of it but `onTaken`. */
export interface Segment {
  readonly start: number;
  /** The next byte that its connection brings. */
  readonly at: number;
  /** Where it ends, not included: others may take of it what is not here yet. */
  readonly end: number;
  /** Called when nothing is left of it because another connection took over. */
  onTaken: () => void;
}

/** Who brings which bytes of one file. Times are those of `performance.now()`. */
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
  /** A connection has brought the bytes of its segment below `to`. */
  moved(segment: Segment, to: number, now: number): void;
  /** Lets a connection go on behind its segment, at most to `to`, where nobody else is at work. */
  extend(segment: Segment, to: number): void;
  /** A connection brings everything from the first byte on: all others end. */
  takeAll(segment: Segment): void;
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
/**
 * A segment without a new byte for this long is taken over once nothing else is left, in milliseconds. Whoever takes over
 * is given twice as long, so that two connections to a slow server do not take the last bytes from each other for ever.
 */
const SILENT_MS = 2_000;

interface Part extends Segment {
  start: number;
  at: number;
  limit: number;
  movedAt: number;
  silentMs: number;
}

/** Shares out a file of `size` bytes of which `held` are here; both may be asked at any time. */
export function createSegments(
  size: () => number,
  held: () => ByteRanges,
  { leastSegmentBytes }: SegmentPolicy,
): Segments {
  const active = new Set<Part>();

  const missing = () => gapsOf(held(), size());
  const unclaimed = (): ByteRanges => gapsOf([...active].reduce<ByteRanges>(withRange, held()), size());
  const silentAt = (now: number) =>
    [...active].find((part) => part.at < part.end && now - part.movedAt > part.silentMs);
  const largest = () => [...active].sort((a, b) => b.end - b.at - (a.end - a.at))[0];
  const begin = (start: number, limit: number, now: number, silentMs = SILENT_MS): Segment => {
    const part: Part = {
      start,
      at: start,
      limit,
      get end() {
        return Math.min(this.limit, size());
      },
      movedAt: now,
      silentMs,
      onTaken: () => {},
    };
    active.add(part);
    return part;
  };
  /** Takes what is left of a part from its connection. */
  const takeOver = (part: Part) => {
    part.limit = part.at;
    part.onTaken();
  };
  const isSplittable = (part: Part) => part.end - part.at >= 2 * leastSegmentBytes;

  return {
    active,
    left: () => bytesIn(missing()),
    take(connections, now) {
      const share = Math.ceil(bytesIn(missing()) / (2 * connections));
      const piece = connections === 1 ? size() : Math.max(leastSegmentBytes, Math.min(MOST_BYTES, share));
      const [gap] = unclaimed();
      if (gap !== undefined) return begin(gap.start, Math.min(gap.end, gap.start + piece), now);
      const large = largest();
      if (large !== undefined && isSplittable(large)) {
        const { at, end } = large;
        large.limit = at + (end - at > 2 * piece ? piece : Math.ceil((end - at) / 2));
        return begin(large.limit, Math.min(end, large.limit + piece), now);
      }
      const silent = silentAt(now);
      if (silent === undefined) return undefined;
      const { at, end, silentMs } = silent;
      takeOver(silent);
      return begin(at, end, now, 2 * silentMs);
    },
    moved(segment, to, now) {
      const part = segment as Part;
      part.at = to;
      part.movedAt = now;
    },
    extend(segment, to) {
      const gap = unclaimed().find(({ start }) => start === segment.end);
      if (gap !== undefined) (segment as Part).limit = Math.max(segment.end, Math.min(gap.end, to));
    },
    takeAll(segment) {
      for (const part of active) if (part !== segment) takeOver(part);
      Object.assign(segment, { start: 0, at: 0, limit: Number.MAX_SAFE_INTEGER });
    },
    worthSplitting(now) {
      const large = largest();
      return unclaimed().length > 0 || (large !== undefined && isSplittable(large)) || silentAt(now) !== undefined;
    },
    release: (segment) => void active.delete(segment as Part),
  };
}
