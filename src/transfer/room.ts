/** How much a host is asked for at one time, told by the requests that it leaves without an answer. */
import { LONG_WAIT_MS } from "./retry.js";

/** For how long a host that left requests out is asked for less at one time: twice as long each time, in milliseconds. */
const LEAST_MS = 60_000;
const MOST_MS = 15 * 60_000;
/** For how long a host that was long in answering is waited for, in milliseconds. */
const LATE_MS = 2 * 60_000;
/** How often a request is made again; each is waited for twice as long as the one before. */
const MOST_TIMES = 3;
/** An answer that takes this many times as long as those of late is none that is still to come. */
const TOO_LATE = 3;

/** What is asked of a host at this moment. */
export interface Asked {
  /** Requests that may be answered soon, and bodies that are on the way. */
  readonly underWay: number;
  /** The most bodies that it ever gave at one time. */
  readonly mostGiving: number;
  /** How long its answers take of late, in milliseconds. */
  readonly latencyMs: number;
}

/** The room for requests to one host: without end, until some of them turn out to be too many. */
export class Room {
  #size = 0;
  #until = 0;
  #ms = LEAST_MS;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #lateUntil = 0;

  /** Whether there is room for one more. */
  isFree(underWay: number): boolean {
    return performance.now() >= this.#until || underWay < this.#size;
  }

  /** The host answered after so long, in milliseconds; answers whether there is room without end again. */
  answered(tookMs: number): boolean {
    this.#answeredAt = performance.now();
    if (tookMs <= LONG_WAIT_MS) return false;
    this.#lateUntil = this.#answeredAt + LATE_MS;
    this.#until = 0;
    return true;
  }

  /**
   * Whether a request that waits since this moment, already for long, is better made again, since the host answers soon
   * what it answers. Where others were answered meanwhile, it may be one too many: there is less room for a while.
   */
  leftOut(since: number, timesBefore: number, { underWay, mostGiving, latencyMs }: Asked): boolean {
    const now = performance.now();
    const isLate = now < this.#lateUntil || now - since < latencyMs * TOO_LATE;
    if (this.#answeredAt < 0 || isLate || timesBefore >= MOST_TIMES) return false;
    if (this.#answeredAt > since) {
      if (now >= this.#until) {
        this.#until = now + this.#ms;
        this.#ms = Math.min(this.#ms * 2, MOST_MS);
      }
      this.#size = Math.max(1, mostGiving, underWay - 1);
    }
    return true;
  }
}
