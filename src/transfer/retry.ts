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
  /** What has not been seen to work is tried for this long for each retry at least, since random waits can be short. */
  readonly leastMs: number;
  /** What fails at a host that served so short a time before is tried for as long, however often that is. */
  readonly outageMs: number;
}

/** A failed attempt, and what of the file was at stake: default nothing. */
export interface Failure {
  readonly error: AssetsError;
  /** Bytes of more than one answer were part of what failed. */
  readonly combined?: boolean;
  /** Bytes from before this run were part of what failed. */
  readonly kept?: boolean;
  /** The last answer was accepted: what came of it is in the partial. */
  readonly accepted?: boolean;
  /** The server started over with other bytes than those that are here. */
  readonly differs?: boolean;
  /** What it sent was found wrong piece by piece, and is given up already. */
  readonly blamed?: boolean;
  /** Bytes that are here came from this URL in this run; how many of them since it last failed. */
  readonly gave?: boolean;
  readonly gained?: number;
}

/** What came before at the same URL, and who else there is. Moments by `performance.now`. */
export interface History {
  readonly now: number;
  /** Passing failures in a row that brought nothing new, before this one, and when the first was. */
  readonly failures: number;
  readonly since: number;
  /** Whether it is asked over one connection already. */
  readonly alone: boolean;
  /** Whether all other URLs have failed since it was tried before. */
  readonly returned: boolean;
  /** Whether no other URL is left to try. */
  readonly last: boolean;
  /** Whether another URL, which need not be waited for, can go on with what is here. */
  readonly elsewhere: boolean;
  /** Whether another URL's host is hoped for. */
  readonly hopeful: boolean;
  readonly standing: Standing;
}

/**
 * What follows. `empty`: what the partial holds is wrong and is dropped. `alone`: from now on over one connection. Where the
 * URL is tried again, now or when the others have failed (`returns`), it is not sooner than `delayMs` from now.
 */
export type Verdict =
  | { do: "retry"; delayMs: number; empty?: true; alone?: true }
  | { do: "next-url"; returns?: true; delayMs?: number; empty?: true; alone?: true; why?: "asks-too-long" }
  /** This file has failed, whatever other URLs there are. */
  | { do: "give-up" }
  /** The run has no use in going on. */
  | { do: "stop" };

/** A host that asks to wait longer than this is not waited for while there is another, in milliseconds. */
export const LONG_WAIT_MS = 5_000;
/** What gave as many bytes before it failed is asked again at once: it may give no more at one time. */
const PLENTY_BYTES = 1024 * 1024;
/** As many failures in a row are those of a host, rather than of what it was asked for. */
export const SEVERAL = 3;
/** A host that is there, and fails, is hoped for this many times as long as one that is not. */
const THERE = 3;
/** How often the bound of the waits for what has never been seen to work doubles. */
const COLD_GROWTH = 3;

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
      if (error.code === "SIZE_MISMATCH" && !failure.accepted) break;
      return afterWrongBytes(failure, history);
  }
  const { last, returned, elsewhere, hopeful, standing } = history;
  const { gained = 0 } = failure;
  const waitMs = gained >= PLENTY_BYTES ? 0 : backoff(history.failures, standing, policy, random);
  if (failure.differs) {
    // One strange answer is not worth what was kept. Where there is no other URL, the second one is believed.
    return last && history.failures < Math.max(1, policy.retries)
      ? { do: "retry", delayMs: waitMs }
      : { do: "next-url" };
  }
  if (error.retry === undefined || (error.retry.ifServed && !servedOfLate(history, policy))) {
    // Who gave a part of the file may refuse it for a moment only.
    const mayPass = failure.gave && !failure.accepted && history.failures < policy.retries;
    if (!mayPass) return { do: "next-url" };
    return last ? { do: "retry", delayMs: waitMs } : { do: "next-url", returns: true, delayMs: waitMs };
  }
  const afterMs = error.retry.afterMs ?? 0;
  if (afterMs > policy.maxRetryAfterMs) return { do: "next-url", why: "asks-too-long" };
  const { slow, silent, unasked } = error.retry;
  const worthwhile = !unasked && isWorthwhile(error, history, policy);
  const fails = elsewhere && (afterMs > LONG_WAIT_MS || standing.failures >= SEVERAL);
  // Better than none, if the others have nothing. Where all have failed they take turns: any of them may be back.
  const leaves = !last && (slow || silent || fails || returned);
  const delayMs = Math.max(afterMs, waitMs);
  if (worthwhile && !leaves) return { do: "retry", delayMs };
  const mayHope = hopeful || (standing.hoped && !standing.givenUp);
  const mayReturn = slow ? !returned : worthwhile || (mayHope && !isOfFile(error, standing, history.since));
  if (last || policy.retries === 0 || !mayReturn) return { do: "next-url" };
  return { do: "next-url", returns: true, delayMs };
}

/** The bytes that are here are not those that are pinned. */
function afterWrongBytes({ blamed, combined, kept }: Failure, { alone, last }: History): Verdict {
  if (blamed) {
    // A fault on the way may pass, and costs no more than the wrong pieces.
    if (alone) return { do: "next-url" };
    return last ? { do: "retry", delayMs: 0, alone: true } : { do: "next-url", returns: true, alone: true };
  }
  // The fault may lie in the bytes that were there before: ask once for all of them from one place.
  if (alone || !(combined || kept)) return { do: "next-url", empty: true };
  // All of them came from there, over several connections: another URL is the better guess.
  return kept || last
    ? { do: "retry", delayMs: 0, empty: true, alone: true }
    : { do: "next-url", returns: true, empty: true, alone: true };
}

/** Whether to try a URL again after what may pass. */
function isWorthwhile(error: AssetsError, history: History, policy: RetryPolicy): boolean {
  const { now, failures, since, last, returned, standing } = history;
  const { retries, outageMs } = policy;
  const { silent, slow, answered, wholeHost } = error.retry ?? {};
  if (retries === 0 || standing.givenUp) return false;
  // Each silence takes long.
  if (silent && failures > 1 && now > since + outageMs) return false;
  // A host that is not there is given one more chance while there are others.
  if (error.unreachable && !last && !returned) return failures < 1;
  if (failures < retries) return true;
  if (slow || !(last || returned)) return false;
  const ofFile = isOfFile(error, standing, since);
  if (ofFile && answered && !wholeHost) return false;
  // Beside others it may be one too many.
  if (standing.giving) return true;
  if (ofFile) return now < standing.servedAt + coldMs(policy);
  return standing.hoped && now < since + patienceMs(error, since, standing.servedAt, policy);
}

/** Whether a host that fails with one thing since that moment was asked for others later, and served them. */
export function isOfFile(
  { retry }: AssetsError,
  { servedAsked }: Pick<Standing, "servedAsked">,
  since: number,
): boolean {
  // A limit is one of the host, whomever it meets.
  return servedAsked > since && !(retry?.wholeHost && !retry.answered);
}

/** How long to hope for what fails like this since a moment, in milliseconds, by when its host last served. */
export function patienceMs({ unreachable }: AssetsError, since: number, servedAt: number, policy: RetryPolicy): number {
  if (servedAt + policy.outageMs > since) return policy.outageMs;
  // Where something is there, it may only just have been started.
  return coldMs(policy) * (unreachable ? 1 : THERE);
}

/** How long to hope for what has not been seen to work, in milliseconds. */
function coldMs({ retries, leastMs }: RetryPolicy): number {
  return retries * leastMs;
}

function servedOfLate({ now, standing }: History, { outageMs }: RetryPolicy): boolean {
  return now < standing.servedAt + outageMs;
}

/** What follows from the failure of a further connection. `fail`: what is wrong on this side ends the file. */
export function verdictOnHelper({ code, retry }: AssetsError): "none" | "fail" | "less-of-host" | "leave-url" {
  if (code === "ABORTED") return "none";
  if (code === "DISK_FULL" || code === "LOCAL_IO" || code === "LOCKED") return "fail";
  return retry === undefined || retry.slow ? "leave-url" : "less-of-host";
}

/** Whether a failure that may pass is one of the whole host: it asks to be left alone, or it is not there. */
function isOfHost({ retry, unreachable }: AssetsError): boolean {
  return retry !== undefined && (retry.wholeHost === true || unreachable);
}

/** How a host stands. Moments by `performance.now`; minus infinity for what never was. */
export interface Standing {
  /** How often in a row it has failed by now. */
  readonly failures: number;
  /** Whether it does not fail, or not for longer than it is hoped for. */
  readonly hoped: boolean;
  /** Whether nobody is to ask it more than once, and whether nobody is to wait for it. */
  readonly givenUp: boolean;
  readonly gone: boolean;
  /** When it last gave something. */
  readonly servedAt: number;
  /** When the latest request was made that it served. */
  readonly servedAsked: number;
  /** Whether bodies are on the way. */
  readonly giving: boolean;
}

/**
 * How long a host is left alone after a failure, in milliseconds: for as long as it says, or else for longer the more often
 * it failed. Undefined for what is no failure of the host. A time that is over already says nothing: all that wait for it
 * would ask again at once.
 */
export function hostPauseMs(
  error: AssetsError,
  standing: Pick<Standing, "failures" | "givenUp" | "gone" | "servedAt">,
  policy: RetryPolicy,
  random: () => number,
): number | undefined {
  const { failures, givenUp, gone } = standing;
  const afterMs = error.retry?.afterMs ?? 0;
  // Who asks for more than anybody waits is asked by each file once.
  if (afterMs > policy.maxRetryAfterMs) return undefined;
  if (!isOfHost(error) && failures < SEVERAL) return undefined;
  if (gone) return Math.max(afterMs, policy.maxDelayMs);
  // It is asked by one at a time, and each only once.
  if (givenUp) return afterMs;
  return afterMs || backoff(Math.max(0, failures - 1), standing, policy, random);
}

/** Exponential backoff with full jitter: uniform between nothing and a bound that doubles. */
function backoff(
  failures: number,
  { servedAt }: Pick<Standing, "servedAt">,
  { baseDelayMs, maxDelayMs }: RetryPolicy,
  random: () => number,
): number {
  // What has never been seen to work is soon given up: a long wait would not help.
  const growth = servedAt < 0 ? Math.min(failures, COLD_GROWTH) : failures;
  return Math.round(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** growth));
}

/** The error of a host that asks to wait longer than anybody does. */
export function asksTooLong(error: AssetsError, mostMs: number): AssetsError {
  const { code, message, hint } = error;
  const asked = Math.round((error.retry?.afterMs ?? 0) / 1000);
  const limit = `longer than the ${Math.round(mostMs / 1000)} s that are waited for`;
  return new AssetsError(code, `${message} It asks to wait ${asked} s, ${limit}.`, { hint });
}
