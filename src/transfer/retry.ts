/** What to do after a failure: the one place where that is decided. Pure. */
import { AssetsError } from "../errors.js";

/** Limits of stubbornness. Times in milliseconds. */
export interface RetryPolicy {
  /** How often one URL is tried again after a failure that may pass, without new bytes in between. */
  readonly retries: number;
  /** Upper bound of the first wait; each further one may be twice as long. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** The longest wait that a server may ask for; beyond it the next URL is tried. */
  readonly maxRetryAfterMs: number;
  /** A host that served is tried for this long at least, however often that is, unless nothing is to be tried again. */
  readonly outageMs: number;
}

/** A failed attempt. */
export interface Failure {
  readonly error: AssetsError;
  /** Bytes of more than one answer were part of what failed. */
  readonly combined: boolean;
  /** Bytes from before this run were part of what failed. */
  readonly kept: boolean;
  /** The last answer was accepted: what came of it is in the partial. */
  readonly accepted: boolean;
  /** The server started over with other bytes than those that are here. */
  readonly differs: boolean;
  /** What it sent was found wrong piece by piece, and is given up already. */
  readonly blamed: boolean;
}

/** What came before at the same URL. */
export interface History {
  /** Passing failures in a row that brought nothing new, before this one, and when the first was, by `performance.now`. */
  readonly failures: number;
  readonly since: number;
  /** Whether this URL was already asked for everything anew. */
  readonly restarted: boolean;
  /** Whether no other URL is left to try. */
  readonly last: boolean;
  /** Whether all other URLs have failed since it was tried before. */
  readonly returned: boolean;
  /** Whether another URL, which need not be waited for, can go on with what is here. */
  readonly elsewhere: boolean;
  readonly standing: Standing;
}

/** What follows. `empty`: what the partial holds is wrong and is dropped. `alone`: over one connection. */
export type Verdict =
  | { do: "retry"; delayMs: number; empty: boolean; alone: boolean }
  /** `return`: when the others fail, this one is tried again. */
  | { do: "next-url"; empty: boolean; why?: "asks-too-long"; return?: "later" | "alone" }
  /** This file has failed, whatever other URLs there are. */
  | { do: "give-up" }
  /** The run has no use in going on. */
  | { do: "stop" };

/** A host that asks to wait longer than this is not waited for while there is another, in milliseconds. */
export const LONG_WAIT_MS = 5_000;
/** As many failures in a row are those of a host, rather than of what it was asked for. */
export const SEVERAL = 3;

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
      // A wrong size that is only announced says nothing of what is here.
      if (error.code === "SIZE_MISMATCH" && !failure.accepted) return { do: "next-url", empty: false };
      // A fault on the way may pass, and costs no more than the wrong pieces.
      if (failure.blamed && !history.restarted) {
        return history.last
          ? { do: "retry", delayMs: 0, empty: false, alone: true }
          : { do: "next-url", empty: false, return: "alone" };
      }
      if (failure.blamed) return { do: "next-url", empty: false };
      // The fault may lie in the bytes that were there before: ask once for all of them from one place.
      if ((failure.combined || failure.kept) && !history.restarted) {
        // All of them came from there, over several connections: another URL is the better guess.
        return failure.kept || history.last
          ? { do: "retry", delayMs: 0, empty: true, alone: true }
          : { do: "next-url", empty: true, return: "alone" };
      }
      return { do: "next-url", empty: true };
  }
  if (failure.differs) {
    // One strange answer is not worth what was kept. Where there is no other URL, the second one is believed.
    return history.last && history.failures < Math.max(1, policy.retries)
      ? { do: "retry", delayMs: backoff(history.failures, policy, random), empty: false, alone: false }
      : { do: "next-url", empty: false };
  }
  if (error.retry === undefined || (error.retry.ifServed && !history.standing.hoped)) {
    return { do: "next-url", empty: false };
  }
  // Better than none, if the others have nothing.
  if ((error.retry.slow || error.retry.silent) && !history.last)
    return { do: "next-url", empty: false, return: "later" };
  const afterMs = error.retry.afterMs ?? 0;
  if (afterMs > policy.maxRetryAfterMs) return { do: "next-url", empty: false, why: "asks-too-long" };
  const leaves = history.elsewhere && (afterMs > LONG_WAIT_MS || history.standing.failures >= SEVERAL);
  if (leaves || !isWorthwhile(error, history, policy)) {
    // What is left early, or served of late, may do better when the others have failed.
    const { failures, last, standing } = history;
    const mayReturn = !last && !standing.givenUp && (failures < policy.retries || standing.hoped);
    return { do: "next-url", empty: false, ...(mayReturn && { return: "later" }) };
  }
  const delayMs = Math.max(afterMs, backoff(history.failures, policy, random));
  return { do: "retry", delayMs, empty: false, alone: false };
}

/** Whether to try a URL again after what may pass. */
function isWorthwhile(error: AssetsError, history: History, { retries }: RetryPolicy): boolean {
  const { failures, since, last, returned, standing } = history;
  if (retries === 0 || standing.givenUp) return false;
  // A host that is not there is given one more chance while there are others.
  if (error.unreachable && !last && !returned) return failures < 1;
  if (failures < retries) return true;
  // Whoever serves others and says that it cannot serve this one means it.
  const isMeant = error.retry?.answered === true && standing.servedAt > since;
  return (last || returned) && standing.hoped && !isMeant;
}

/** What follows from the failure of a further connection. `fail`: what is wrong on this side ends the file. */
export function verdictOnHelper({ code, retry }: AssetsError): "none" | "fail" | "less-of-host" | "leave-url" {
  if (code === "ABORTED") return "none";
  if (code === "DISK_FULL" || code === "LOCAL_IO" || code === "LOCKED") return "fail";
  return retry === undefined || retry.slow ? "leave-url" : "less-of-host";
}

/** Whether a failure that may pass is one of the whole host: it asks to be left alone, or it is not there. */
export function isOfHost({ retry, unreachable }: AssetsError): boolean {
  return retry !== undefined && (retry.wholeHost === true || unreachable);
}

/** How the host of a failure stands. */
export interface Standing {
  /** How often in a row it has failed by now. */
  readonly failures: number;
  /** When it last served, by `performance.now`; never: minus infinity. */
  readonly servedAt: number;
  /** Whether that was so short a time ago that it may only be away for a moment. */
  readonly hoped: boolean;
  /** Whether each further file asks it but once, and whether many have done so in vain. */
  readonly givenUp: boolean;
  readonly gone: boolean;
}

/**
 * How long a host is left alone after a failure, in milliseconds: for as long as it says, or else for longer the more often
 * it failed. Undefined for what is no failure of the host. A time that is over already says nothing: all that wait for it
 * would ask again at once.
 */
export function hostPauseMs(
  error: AssetsError,
  { failures, givenUp, gone }: Pick<Standing, "failures" | "givenUp" | "gone">,
  policy: RetryPolicy,
  random: () => number,
): number | undefined {
  const isSaid = isOfHost(error);
  if (!isSaid && failures < SEVERAL) return undefined;
  // Whoever asks it once is soon answered, but by one that is silent.
  if (givenUp && !isSaid && !error.retry?.silent) return undefined;
  const unsaid = gone ? policy.maxDelayMs : backoff(givenUp ? 0 : Math.max(0, failures - 1), policy, random);
  return error.retry?.afterMs || unsaid;
}

/** Exponential backoff with full jitter: uniform between nothing and a bound that doubles. */
function backoff(failures: number, { baseDelayMs, maxDelayMs }: RetryPolicy, random: () => number): number {
  return Math.round(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** failures));
}

/** The error of a host that asks to wait longer than anybody does. */
export function asksTooLong(error: AssetsError, mostMs: number): AssetsError {
  const { code, message, hint } = error;
  const asked = Math.round((error.retry?.afterMs ?? 0) / 1000);
  const limit = `longer than the ${Math.round(mostMs / 1000)} s that are waited for`;
  return new AssetsError(code, `${message} It asks to wait ${asked} s, ${limit}.`, { hint });
}
