/** Holds all transfers of a run together to a number of bytes a second. */
import { setTimeout as sleep } from "node:timers/promises";

/** A token bucket that all connections draw from. */
export interface RateLimit {
  /** As many bytes are best taken at one time. */
  readonly step: number;
  /** Waits until these bytes may be taken; undefined when they may be now. Rejects with the signal's reason. */
  take(bytes: number, signal: AbortSignal): Promise<void> | undefined;
}

/** Idle time that may be caught up with later, in milliseconds: as much as timers are late on a busy machine. */
const BURST_MS = 100;
/** Fewer bytes are not worth a step. */
const LEAST_STEP_BYTES = 4 * 1024;

/** `perSecond` in bytes; undefined for no limit. */
export function createRateLimit(perSecond: number | undefined): RateLimit {
  if (perSecond === undefined) return { step: Number.POSITIVE_INFINITY, take: () => undefined };
  /** When the bytes that were taken so far will be paid for. */
  let paidAt = performance.now();
  return {
    step: Math.max(LEAST_STEP_BYTES, Math.ceil((perSecond * BURST_MS) / 1000)),
    take(bytes, signal) {
      const now = performance.now();
      paidAt = Math.max(paidAt, now - BURST_MS) + (bytes / perSecond) * 1000;
      const waitMs = paidAt - now;
      return waitMs > 1 ? sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted()) : undefined;
    },
  };
}
