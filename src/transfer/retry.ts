/** What to do after a failed attempt: the one place where that is decided, pure. */
import type { AssetsError } from "../errors.js";

/** Limits of stubbornness. Times in milliseconds. */
export interface RetryPolicy {
  /** How often one URL is tried again after a failure that may pass, without new bytes in between. */
  readonly retries: number;
  /** Upper bound of the first wait; each further one may be twice as long. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** The longest wait that a server may ask for; beyond it the next URL is tried. */
  readonly maxRetryAfterMs: number;
}

/** A failed attempt. */
export interface Failure {
  readonly error: AssetsError;
  /** Bytes of more than one answer, perhaps from before, were part of what failed. */
  readonly combined: boolean;
  /** The attempt put bytes into the partial, beginning at its first. */
  readonly fromZero: boolean;
  /** The server started over with other bytes than those that are here. */
  readonly differs: boolean;
}

/** What came before at the same URL. */
export interface History {
  /** Passing failures in a row that brought nothing new. */
  readonly failures: number;
  /** Whether this URL was already asked for everything anew. */
  readonly restarted: boolean;
  /** Whether no other URL is left to try, and this one's host was not found to be away before. */
  readonly last: boolean;
}

/** What follows. `empty`: what the partial holds is wrong and is dropped. */
export type Verdict =
  | { do: "retry"; delayMs: number; empty: boolean }
  | { do: "next-url"; empty: boolean; why?: "asks-too-long" }
  /** This file has failed, whatever other URLs there are. */
  | { do: "give-up" }
  /** The run has no use in going on. */
  | { do: "stop" };

/** `random` answers in [0, 1), like `Math.random`. */
export function verdictOn(failure: Failure, history: History, policy: RetryPolicy, random: () => number): Verdict {
  const { error } = failure;
  switch (error.code) {
    case "ABORTED":
    case "DISK_FULL":
      return { do: "stop" };
    case "LOCAL_IO":
    case "UNSAFE_PATH":
    case "LOCKED":
    case "CONFLICT":
      return { do: "give-up" };
    case "SIZE_MISMATCH":
    case "DIGEST_MISMATCH":
      // The fault may lie in the bytes that were there before: ask once for all of them from one place.
      if (failure.combined && !history.restarted) return { do: "retry", delayMs: 0, empty: true };
      return { do: "next-url", empty: failure.combined || failure.fromZero };
  }
  if (failure.differs) {
    // One strange answer is not worth what was kept. Where there is no other URL, the second one is believed.
    return history.last
      ? { do: "retry", delayMs: backoff(0, policy, random), empty: false }
      : { do: "next-url", empty: false };
  }
  if (error.retry === undefined || (error.retry.slow && !history.last)) return { do: "next-url", empty: false };
  const afterMs = error.retry.afterMs ?? 0;
  if (afterMs > policy.maxRetryAfterMs) return { do: "next-url", empty: false, why: "asks-too-long" };
  // A host that is not there is given one more chance, unless it is the only one.
  const retries = error.unreachable && !history.last ? Math.min(1, policy.retries) : policy.retries;
  if (history.failures >= retries) return { do: "next-url", empty: false };
  return { do: "retry", delayMs: Math.max(afterMs, backoff(history.failures, policy, random)), empty: false };
}

/** How long a host is left alone that asks for it, in milliseconds: as long as it says, within reason. */
export function pauseAfter({ retry }: AssetsError, policy: RetryPolicy, random: () => number): number {
  return Math.min(retry?.afterMs ?? backoff(1, policy, random), policy.maxRetryAfterMs);
}

/** Exponential backoff with full jitter: uniform between nothing and a bound that doubles. */
function backoff(failures: number, { baseDelayMs, maxDelayMs }: RetryPolicy, random: () => number): number {
  return Math.round(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** failures));
}
