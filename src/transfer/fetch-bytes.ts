/** Gets the right bytes into a partial, from whichever source gives them: URLs in order, each as long as it makes sense. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import { bytesIn } from "../store/byte-ranges.js";
import type { DigestThread } from "../store/front-digest.js";
import type { PartialFile } from "../store/partial-file.js";
import { AGREE_BYTES } from "./agreement.js";
import { attempt } from "./attempt.js";
import { suspectOf } from "./blame.js";
import type { BringContext, Way } from "./bring.js";
import { createHelpers, type Helpers, NO_HELPERS } from "./helpers.js";
import { hostOf } from "./hosts.js";
import { pauseAfter, type RetryPolicy, verdictOn } from "./retry.js";
import type { SegmentPolicy } from "./segments.js";
import { openWork, type Wanted, type Work } from "./work.js";

/** One place that the bytes may come from. */
export interface Candidate extends Way {
  /** The partial that its bytes go into: one for all candidates of a pinned file, one each without a pin. */
  readonly partial: string;
  /** Whether parts of the file may come from here while others come from elsewhere. */
  readonly divisible: boolean;
}

/** What all files of a run share. */
export interface FetchContext extends BringContext {
  readonly policy: RetryPolicy & SegmentPolicy & BringContext["policy"];
  readonly digests: DigestThread;
}

/** What was done to get the bytes. */
export interface FetchTally {
  /** Bytes that arrived, over all attempts and connections. */
  received: number;
  /** Attempts, each of which may take many requests. */
  attempts: number;
  /** URLs that failed, that were left as helpers or blamed, in order. */
  tried: TriedUrl[];
}

/** The partial is complete, proven and still open; the caller commits or closes it. `hex`: its digest. */
export type FetchResult = FetchTally &
  ({ ok: true; partial: PartialFile; url: string; hex: string } | { ok: false; error: AssetsError });

/** New bytes that make a failing attempt count as progress, so that a long download may fail more often than a short one. */
const PROGRESS_BYTES = 1024 * 1024;

/** Tries candidates until one gives the right bytes. Failures are answered, not thrown. */
export async function fetchBytes(
  wanted: Wanted,
  candidates: readonly Candidate[],
  context: FetchContext,
): Promise<FetchResult> {
  const tally: FetchTally = { received: 0, attempts: 0, tried: [] };
  const isDown = ({ url }: Candidate) => context.hosts.isUnreachable(hostOf(url));
  const order = [...candidates.filter((candidate) => !isDown(candidate)), ...candidates.filter(isDown)];
  let work: Work | undefined;
  try {
    for (const [index, candidate] of order.entries()) {
      if (work?.partial.path !== candidate.partial) {
        await work?.close();
        work = await openWork(wanted, candidate.partial, context);
      }
      const next = order[index + 1];
      const rest = order.slice(index).filter(({ divisible, partial }) => divisible && partial === candidate.partial);
      const last = next === undefined && !isDown(candidate);
      const result = await insist(work, { candidate, ways: rest, last }, context, tally);
      if (result.ok) {
        await work.digest.close();
        const { partial } = work;
        work = undefined;
        return { ...result, ...tally, partial, url: candidate.url };
      }
      if (result.final) return { ok: false, error: result.error, ...tally };
      if (next !== undefined) tellFallback(work, candidate, next, result.error, context);
    }
    return { ok: false, error: summary(tally.tried), ...tally };
  } finally {
    await work?.close();
  }
}

function tellFallback(work: Work, from: Candidate, to: Candidate, error: AssetsError, { emit }: FetchContext): void {
  const path = work.wanted.label;
  emit({ type: "transfer:fallback", path, from: from.url, to: to.url, error: errorInfo(error) });
  if (work.partial.front === 0 || to.partial === from.partial) return;
  emit({ type: "transfer:restart", path, received: 0, reason: "without a pinned digest, another URL cannot continue" });
}

/** How a candidate did. `final`: other candidates will not do better. */
type FromOne = { ok: true; hex: string } | { ok: false; error: AssetsError; final: boolean };

/** Whom to try. */
interface Turn {
  readonly candidate: Candidate;
  /** The URLs that may help, itself among them. */
  readonly ways: readonly Way[];
  /** Whether no other URL is left to try. */
  readonly last: boolean;
}

/** Tries one candidate, helped by others, for as long as it makes sense. */
async function insist(
  work: Work,
  { candidate, ways, last }: Turn,
  context: FetchContext,
  tally: FetchTally,
): Promise<FromOne> {
  const { url } = candidate;
  const { wanted, partial } = work;
  const { hosts, policy } = context;
  const host = hostOf(url);
  let helpers = wanted.digest !== undefined && candidate.divisible ? createHelpers(work, ways, context) : NO_HELPERS;
  let suspects: readonly string[] = [];
  let attempts = 0;
  let failures = 0;
  let restarted = false;
  let differed = false;
  /** The most bytes that were here when an attempt failed. */
  let mark = 0;
  const dismiss = async (next: Helpers) => {
    await helpers.stop();
    tally.received += helpers.received();
    tally.tried.push(...helpers.left);
    helpers = next;
  };
  const believes = (at: number) => last && (differed || at >= AGREE_BYTES);
  for (;;) {
    attempts++;
    tally.attempts++;
    const result = await attempt(work, candidate, { helpers, believes }, context);
    tally.received += result.received;
    if (result.ok) {
      await dismiss(NO_HELPERS);
      return { ok: true, hex: result.hex };
    }
    const received = bytesIn(partial.held);
    if (received >= mark + PROGRESS_BYTES) {
      failures = 0;
      mark = received;
    }
    const { error } = result;
    const suspect = error.code === "DIGEST_MISMATCH" ? suspectOf(work.givers, url) : undefined;
    if (suspect !== undefined) {
      suspects = [...suspects, suspect];
      const honest = ways.filter((way) => !suspects.includes(way.url));
      await dismiss(createHelpers(work, honest, context));
      await work.dropGiver(suspect);
      mark = bytesIn(partial.held);
      tally.tried.push({ url: suspect, attempts: 1, error: errorInfo(blame(suspect, error)) });
      continue;
    }
    if (error.retry?.wholeHost) context.pace.failed(host, true);
    const verdict = verdictOn(result, { failures, restarted, last }, policy, Math.random);
    if (verdict.do !== "retry") {
      if (error.unreachable || (verdict.do === "next-url" && verdict.why)) hosts.markUnreachable(host);
      await dismiss(NO_HELPERS);
      if (verdict.do === "next-url" && verdict.empty) await work.restart(error.message);
      const final = verdict.do !== "next-url";
      const told = final || verdict.why === undefined ? error : tooLong(error, policy.maxRetryAfterMs);
      tally.tried.push({ url, attempts, error: errorInfo(told) });
      return { ok: false, error: told, final };
    }
    differed = result.differs;
    if (verdict.empty) {
      // What several connections brought may have been mangled on the way: one alone decides.
      restarted = true;
      mark = 0;
      await dismiss(NO_HELPERS);
      await work.restart(error.message);
    } else failures++;
    const { delayMs } = verdict;
    if (error.retry?.wholeHost) hosts.pause(host, Math.max(delayMs, pauseAfter(error, policy, Math.random)));
    const info = errorInfo(error);
    context.emit({ type: "transfer:retry", path: wanted.label, url, attempt: attempts + 1, delayMs, error: info });
    try {
      await sleep(delayMs, undefined, { signal: context.signal });
    } catch {
      await dismiss(NO_HELPERS);
      const aborted = abortError();
      tally.tried.push({ url, attempts, error: errorInfo(aborted) });
      return { ok: false, error: aborted, final: true };
    }
  }
}

function blame(url: string, { code, hint }: AssetsError): AssetsError {
  const message = `What ${url} gave does not fit what came from elsewhere, and is replaced.`;
  return new AssetsError(code, message, hint === undefined ? {} : { hint });
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
