/** Gets the right bytes into a partial, from whichever source gives them: URLs in order, each as long as it makes sense. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError } from "../errors.js";
import type { ErrorInfo, EventListener, TriedUrl } from "../events.js";
import { openPartial, type PartialFile } from "../store/partial.js";
import { attempt, type Wanted, type Way, type Work } from "./attempt.js";
import type { PatiencePolicy } from "./patience.js";
import { type RetryPolicy, verdictOn } from "./retry.js";
import { createRunningDigest } from "./running-digest.js";

/** One place that the bytes may come from. */
export interface Candidate extends Way {
  /** The partial that its bytes go into: one for all candidates of a pinned file, one each without a pin. */
  readonly partial: string;
}

export interface FetchContext {
  /** Hosts that could not be reached at all in this run: they are asked last. */
  readonly unreachable: Set<string>;
  readonly signal: AbortSignal;
  readonly policy: RetryPolicy & PatiencePolicy;
  readonly emit: EventListener;
}

/** What was done to get the bytes. */
export interface FetchTally {
  /** Bytes that arrived, over all attempts. */
  received: number;
  attempts: number;
  tried: TriedUrl[];
}

/** The partial is complete, proven and still open; the caller commits or closes it. */
export type FetchResult = FetchTally &
  ({ ok: true; partial: PartialFile; url: string; sha256: string } | { ok: false; error: AssetsError });

/** New bytes that make a failing attempt count as progress, so that a long download may fail more often than a short one. */
const PROGRESS_BYTES = 1024 * 1024;

/** Tries candidates until one gives the right bytes. Failures are answered, not thrown. */
export async function fetchBytes(
  wanted: Wanted,
  candidates: readonly Candidate[],
  context: FetchContext,
): Promise<FetchResult> {
  const tally: FetchTally = { received: 0, attempts: 0, tried: [] };
  const isDown = ({ url }: Candidate) => context.unreachable.has(hostOf(url));
  const order = [...candidates.filter((candidate) => !isDown(candidate)), ...candidates.filter(isDown)];
  for (const [index, candidate] of order.entries()) {
    const next = order[index + 1];
    const result = await fetchFrom(wanted, candidate, next === undefined && !isDown(candidate), context, tally);
    if ("partial" in result) return { ok: true, ...tally, ...result };
    if (result.final) return { ok: false, error: result.error, ...tally };
    if (next !== undefined) {
      const error = errorInfo(result.error);
      context.emit({ type: "transfer:fallback", path: wanted.label, from: candidate.url, to: next.url, error });
      if (result.kept > 0 && next.partial !== candidate.partial) {
        const reason = "without a pinned digest, another URL cannot continue";
        context.emit({ type: "transfer:restart", path: wanted.label, received: 0, reason });
      }
    }
  }
  return { ok: false, error: summary(tally.tried), ...tally };
}

type FromOne =
  | { partial: PartialFile; url: string; sha256: string }
  | { error: AssetsError; final: boolean; kept: number };

async function fetchFrom(
  wanted: Wanted,
  candidate: Candidate,
  last: boolean,
  context: FetchContext,
  tally: FetchTally,
): Promise<FromOne> {
  const { url } = candidate;
  let attempts = 0;
  let failures = 0;
  let restarted = false;
  let mark = 0;
  const partial = await openPartial(candidate.partial, { shared: wanted.shared ?? false });
  const running = createRunningDigest(wanted.digest?.algorithm);
  const restart = async (reason: string, kept = 0) => {
    await partial.cut(kept);
    running.reset();
    await running.catchUp(partial, context.signal);
    context.emit({ type: "transfer:restart", path: wanted.label, received: kept, reason });
  };
  const work: Work = { wanted, partial, running, restart };
  for (;;) {
    attempts++;
    tally.attempts++;
    const result = await attempt(work, candidate, context);
    tally.received += result.received;
    if (result.ok) return { partial, url, sha256: running.sha256() };
    if (partial.size >= mark + PROGRESS_BYTES) {
      failures = 0;
      mark = partial.size;
    }
    const { error } = result;
    const verdict = verdictOn(result, { failures, restarted, last }, context.policy, Math.random);
    if (verdict.do !== "retry") {
      if (error.unreachable) context.unreachable.add(hostOf(url));
      if (verdict.do === "next-url" && verdict.empty) await restart(error.message);
      await partial.close();
      const final = verdict.do !== "next-url";
      const told = final || verdict.why === undefined ? error : tooLong(error, context.policy.maxRetryAfterMs);
      tally.tried.push({ url, attempts, error: errorInfo(told) });
      return { error: told, final, kept: partial.size };
    }
    if (verdict.empty) {
      restarted = true;
      await restart(error.message);
    } else failures++;
    const { delayMs } = verdict;
    const info = errorInfo(error);
    context.emit({ type: "transfer:retry", path: wanted.label, url, attempt: attempts + 1, delayMs, error: info });
    try {
      await sleep(delayMs, undefined, { signal: context.signal });
    } catch {
      await partial.close();
      const aborted = abortError();
      tally.tried.push({ url, attempts, error: errorInfo(aborted) });
      return { error: aborted, final: true, kept: partial.size };
    }
  }
}

function hostOf(url: string): string {
  return (URL.canParse(url) && new URL(url).host) || url;
}

/** An error as reports carry it. */
export function errorInfo(error: AssetsError): ErrorInfo {
  return { code: error.code, message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}

function tooLong(error: AssetsError, mostMs: number): AssetsError {
  const asked = Math.round((error.retry?.afterMs ?? 0) / 1000);
  return new AssetsError(
    error.code,
    `${error.message} It asks to wait ${asked} s, longer than the ${Math.round(mostMs / 1000)} s that are waited for.`,
  );
}

/** The codes of failed sources, the one that tells most about the file first. */
const TELLING = ["DIGEST_MISMATCH", "SIZE_MISMATCH", "BAD_ARCHIVE", "LFS_POINTER", "ACCESS", "OFFLINE"] as const;

function summary(tried: readonly TriedUrl[]): AssetsError {
  const code = TELLING.find((telling) => tried.some(({ error }) => error.code === telling));
  const told = tried.find(({ error }) => error.code === code) ?? tried.at(-1);
  if (told === undefined) return new AssetsError("NETWORK", "There is no URL to fetch it from.");
  const of = tried.length === 1 ? "" : `None of ${tried.length} sources gave the file. `;
  const { hint } = told.error;
  return new AssetsError(told.error.code, `${of}${told.error.message}`, hint === undefined ? {} : { hint });
}
