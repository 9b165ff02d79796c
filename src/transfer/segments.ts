/** Shares the missing bytes of a file out among connections, so that none of them is idle before the last byte. */
import { type ByteRanges, bytesIn, gapsOf, withRange } from "../store/byte-ranges.js";

/** The bytes that one connection brings. Times are those of `performance.now()`. */
export interface Segment {
  readonly start: number;
  /** The next byte that its connection brings. */
  readonly at: number;
  /** Where it ends, not included: others may take of it what is not here yet. */
  readonly end: number;
  /** Called when nothing is left of it because another connection took over. */
  onTakenOver: () => void;
  /** Its connection has brought the bytes below `to`. */
  moveTo(to: number, now: number): void;
  /** Lets its connection go on behind it, at most to `to`, where nobody else is at work. */
  extend(to: number): void;
  /** Its connection brings everything from the first byte on, whatever is asked of it: all others end, none is split off. */
  becomeAll(): void;
  /** Its connection has ended: what it did not bring is missing again. */
  release(): void;
}

/** Who brings which bytes of one file. */
export interface Segments {
  /** How many segments are under way. */
  active(): number;
  /** Missing bytes. */
  missing(): number;
  /**
   * The next bytes for one of `connections`, or undefined when all that is missing is under way and not worth splitting.
   * One connection alone gets all up to the next byte that is here. `latencyMs`: how long its answers take.
   */
  take(connections: number, now: number, latencyMs?: number): Segment | undefined;
  /** Whether `take` would answer with something. */
  hasMore(now: number): boolean;
  /** Whether a connection is so slow that another should take its bytes over. */
  hasStraggler(now: number): boolean;
}

/** Limits of sharing out. */
export interface SegmentPolicy {
  /** Fewer bytes are not worth a connection of their own. */
  readonly leastSegmentBytes: number;
}

/** More bytes than this are not given out at once, so that the front, which is hashed meanwhile, follows closely. */
const MOST_BYTES = 64 * 1024 * 1024;
/**
 * Once nothing else is left, a segment is taken from a connection that has been silent for this long, or needs longer at
 * its pace, in milliseconds; more where answers take long. Whoever takes over is given twice as long, so that connections
 * to a slow server do not take the last bytes from each other for ever.
 */
const STRAGGLER_MS = 2_000;
/** How often the pace of a connection is looked at, in milliseconds. */
const LOOK_MS = 1_000;
/** Of what a straggler holds, half is left to it, unless it is less than this. */
const STRAGGLER_BYTES = 64 * 1024;

interface Mark {
  at: number;
  ms: number;
}

/** What the parts of one file know of each other. */
interface Shared {
  readonly size: () => number;
  readonly active: Set<Part>;
  readonly unclaimed: () => ByteRanges;
}

class Part implements Segment {
  readonly #file: Shared;
  start: number;
  at: number;
  /** End, before the size of the file is looked at. */
  limit: number;
  isAll = false;
  readonly begunAt: number;
  movedAt: number;
  /** Where it was a while ago, and at the last look: the pace is measured from the first of them. */
  past: Mark;
  last: Mark;
  readonly patienceMs: number;
  onTakenOver = () => {};

  constructor(file: Shared, start: number, limit: number, now: number, patienceMs: number) {
    this.#file = file;
    this.start = start;
    this.at = start;
    this.limit = limit;
    this.begunAt = now;
    this.movedAt = now;
    this.past = { at: start, ms: now };
    this.last = this.past;
    this.patienceMs = patienceMs;
  }

  get end(): number {
    return Math.min(this.limit, this.#file.size());
  }

  moveTo(to: number, ms: number): void {
    this.at = to;
    this.movedAt = ms;
    if (ms - this.last.ms < LOOK_MS) return;
    this.past = this.last;
    this.last = { at: to, ms };
  }

  extend(to: number): void {
    if (this.end === this.#file.size()) return;
    const gap = this.#file.unclaimed().find((range) => range.start === this.end);
    if (gap !== undefined) this.limit = Math.max(this.end, Math.min(gap.end, to));
  }

  becomeAll(): void {
    for (const other of this.#file.active) if (other !== this) other.finish();
    this.start = 0;
    this.at = 0;
    this.limit = Number.MAX_SAFE_INTEGER;
    this.isAll = true;
  }

  /** Nothing is left of it. */
  finish(): void {
    this.limit = this.at;
    this.onTakenOver();
  }

  release(): void {
    this.#file.active.delete(this);
  }
}

/** Shares out a file of `size` bytes of which `held` are here; both may be asked at any time. */
export function createSegments(
  size: () => number,
  held: () => ByteRanges,
  { leastSegmentBytes }: SegmentPolicy,
): Segments {
  const active = new Set<Part>();

  const gaps = () => gapsOf(held(), size());
  const unclaimed = (): ByteRanges => gapsOf([...active].reduce<ByteRanges>(withRange, held()), size());
  const isStraggler = ({ at, end, isAll, begunAt, movedAt, past, patienceMs }: Part, now: number) => {
    const needsLong = (end - at) * (now - past.ms) > (at - past.at) * patienceMs;
    const isSlow = !isAll && now - begunAt > patienceMs && needsLong;
    return at < end && (now - movedAt > patienceMs || isSlow);
  };
  /** The part to split, or the one to take over. */
  const choose = (now: number): { split: Part } | { takeOver: Part } | undefined => {
    const parts = [...active].filter(({ isAll }) => !isAll).sort((a, b) => b.end - b.at - (a.end - a.at));
    const [largest] = parts;
    if (largest !== undefined && largest.end - largest.at >= 2 * leastSegmentBytes) return { split: largest };
    const straggler = [...active].find((part) => isStraggler(part, now));
    if (straggler === undefined) return undefined;
    const moves = !straggler.isAll && now - straggler.movedAt <= straggler.patienceMs;
    const enough = straggler.end - straggler.at >= 2 * STRAGGLER_BYTES;
    return moves && enough ? { split: straggler } : { takeOver: straggler };
  };
  const file: Shared = { size, active, unclaimed };
  const begin = (start: number, limit: number, now: number, patienceMs: number): Segment => {
    const part = new Part(file, start, limit, now, patienceMs);
    active.add(part);
    return part;
  };

  return {
    active: () => active.size,
    missing: () => bytesIn(gaps()),
    take(connections, now, latencyMs = 0) {
      const patienceMs = Math.max(STRAGGLER_MS, 2 * latencyMs);
      const share = Math.ceil(bytesIn(gaps()) / (2 * connections));
      const piece = connections === 1 ? size() : Math.max(leastSegmentBytes, Math.min(MOST_BYTES, share));
      const [gap] = unclaimed();
      if (gap !== undefined) return begin(gap.start, Math.min(gap.end, gap.start + piece), now, patienceMs);
      const chosen = choose(now);
      if (chosen === undefined) return undefined;
      if ("split" in chosen) {
        const { at, end: to } = chosen.split;
        const kept = to - at > 2 * piece ? piece : Math.ceil((to - at) / 2);
        chosen.split.limit = at + kept;
        return begin(at + kept, Math.min(to, at + kept + piece), now, patienceMs);
      }
      const { at, end: to } = chosen.takeOver;
      chosen.takeOver.finish();
      return begin(at, to, now, Math.max(patienceMs, 2 * chosen.takeOver.patienceMs));
    },
    hasMore: (now) => unclaimed().length > 0 || choose(now) !== undefined,
    hasStraggler: (now) => [...active].some((part) => isStraggler(part, now)),
  };
}
