/** Tries one URL for as long as it makes sense, helped by others, and draws the consequences of each failure. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import { bytesIn } from "../store/byte-ranges.js";
import type { DigestThread } from "../store/front-digest.js";
import { AGREE_BYTES } from "./agreement.js";
import { attempt } from "./attempt.js";
import { suspectOf } from "./blame.js";
import type { BringContext, Way } from "./connection.js";
import { createHelpers, type Helpers, NO_HELPERS } from "./helpers.js";
import { linkedAbort } from "./linked-abort.js";
import { asksTooLong, hostPauseMs, isOfHost, type RetryPolicy, verdictOn } from "./retry.js";
import type { SegmentPolicy } from "./segments.js";
import type { Work } from "./work.js";

/** One place that the bytes may come from. */
export interface Candidate extends Way {
  /** The partial that its bytes go into: one for all candidates of a pinned file, one each without a pin. */
  readonly partial: string;
  /** Whether parts of the file may come from here while others come from elsewhere. */
  readonly divisible: boolean;
  /** Where to ask instead, told by how it failed. Default: nowhere. */
  instead?(error: AssetsError): Candidate[];
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

/** How often a waiting file looks whether to go on waiting, in milliseconds. */
const LOOK_MS = 250;
/** New bytes that make a failing attempt count as progress, so that a long download may fail more often than a short one. */
const PROGRESS_BYTES = 1024 * 1024;

/** Whom to try. */
export interface Turn {
  readonly candidate: Candidate;
  /** The URLs that parts may come from. */
  readonly ways: readonly Way[];
  /** Whether no other URL is left to try, and this one's host was not found to be away before. */
  readonly last: boolean;
  /** Whether another URL, which need not be waited for, can go on with what is here. */
  hasElsewhere(): boolean;
  /** Whether it was asked for everything anew before. */
  readonly restarted: boolean;
}

/** How a candidate did. `final`: other candidates will not do better. `return`: it may, when they have failed. */
export type FromOne =
  | { ok: true; hex: string }
  | { ok: false; error: AssetsError; final: boolean; return?: "later" | "alone" | undefined };

/** Tries one candidate, helped by others, for as long as it makes sense. Throws LOCAL_IO, DISK_FULL. */
export async function insist(work: Work, turn: Turn, run: FetchContext, tally: FetchTally): Promise<FromOne> {
  const { candidate, ways, last, hasElsewhere } = turn;
  const { url, host } = candidate;
  const { wanted, partial } = work;
  const { hosts, policy } = run;
  const mayBeHelped = wanted.digest !== undefined && candidate.divisible && (wanted.size ?? Infinity) > AGREE_BYTES;
  // What stops a helper on this side stops the file's own connection as well.
  const fault = mayBeHelped ? linkedAbort(run.signal) : undefined;
  const context = fault === undefined ? run : { ...run, signal: fault.signal };
  const helpersFrom = (from: readonly Way[]) =>
    fault !== undefined && from.length > 0
      ? createHelpers(work, from, context, (error) => fault.abort(error))
      : NO_HELPERS;
  let helpers = helpersFrom(ways);
  let suspects: readonly string[] = [];
  let attempts = 0;
  let failures = 0;
  let { restarted } = turn;
  if (restarted) work.check?.forgive(url);
  let differed = false;
  /** The most bytes that were here when an attempt failed. */
  let mark = 0;
  const dismiss = async (next = NO_HELPERS) => {
    await helpers.stop();
    tally.received += helpers.received();
    tally.tried.push(...helpers.left);
    helpers = next;
  };
  const believes = (at: number) => last && (differed || at >= AGREE_BYTES);
  try {
    for (;;) {
      attempts++;
      tally.attempts++;
      const result = await attempt(work, candidate, { helpers, believes, hasElsewhere }, context);
      tally.received += result.received;
      if (result.ok) return { ok: true, hex: result.hex };
      const held = bytesIn(partial.held);
      if (held >= mark + PROGRESS_BYTES) {
        failures = 0;
        mark = held;
      }
      const { error } = result;
      const blamed = work.check?.isBlamed(url) === true;
      const suspect = error.code === "DIGEST_MISMATCH" && !blamed ? suspectOf(work.givers.ranges, url) : undefined;
      if (suspect !== undefined) {
        suspects = [...suspects, suspect];
        await dismiss(helpersFrom(ways.filter((way) => !suspects.includes(way.url))));
        await work.dropGiver(suspect);
        mark = bytesIn(partial.held);
        tally.tried.push({ url: suspect, attempts: 1, error: errorInfo(replacedError(suspect, error)) });
        continue;
      }
      const failure = { ...result, combined: work.givers.isCombined(), kept: work.givers.hasKept(), blamed };
      const history = { failures, restarted, last, elsewhere: hasElsewhere(), down: hosts.isUnreachable(host) };
      const verdict = verdictOn(failure, history, policy, Math.random);
      const tooLong = verdict.do === "next-url" && verdict.why === "asks-too-long";
      if (error.retry?.wholeHost) context.pace.failed(host, true);
      const pauseMs = tooLong ? undefined : pauseHost(host, error, run);
      if (verdict.do !== "retry") {
        if (error.unreachable || tooLong) hosts.markUnreachable(host);
        await dismiss();
        const leaves = verdict.do === "next-url";
        if (leaves && verdict.empty) await work.restart(error.message);
        const told = tooLong ? asksTooLong(error, policy.maxRetryAfterMs) : error;
        tally.tried.push({ url, attempts, error: errorInfo(told) });
        return { ok: false, error: told, final: !leaves, return: leaves ? verdict.return : undefined };
      }
      differed = result.differs;
      if (verdict.alone) {
        // What several connections brought may have been mangled on the way: one alone decides.
        restarted = true;
        await dismiss();
        work.check?.forgive(url);
      } else failures++;
      if (verdict.empty) {
        mark = 0;
        await work.restart(error.message);
      }
      const delayMs = pauseMs ?? verdict.delayMs;
      const info = errorInfo(error);
      context.emit({ type: "transfer:retry", path: wanted.label, url, attempt: attempts + 1, delayMs, error: info });
      const gaveUp = () => hosts.isUnreachable(host) && hasElsewhere();
      // A host that wants to be left alone is waited for where it is asked, by one file after another.
      const restMs = pauseMs === undefined ? delayMs : 0;
      const stop = await pauseBefore(work, restMs, helpers, gaveUp, context);
      if (stop === undefined) continue;
      tally.tried.push({ url, attempts, error: errorInfo(stop) });
      return { ok: false, error: stop, final: true };
    }
  } finally {
    fault?.unlink();
    await dismiss();
  }
}

/** Leaves a host alone that wants it, or is not there. Answers for how long, in milliseconds; undefined for any other. */
function pauseHost(host: string, error: AssetsError, { hosts, policy }: FetchContext): number | undefined {
  if (!isOfHost(error)) return undefined;
  const inARow = hosts.refused(host, policy.retries + 1);
  // One that was found to be away is waited for no more: what is left of the run fails soon.
  if (error.unreachable && hosts.isUnreachable(host)) return undefined;
  const pauseMs = hostPauseMs(error, Math.max(0, inARow - 1), policy, Math.random);
  hosts.pause(host, pauseMs);
  return pauseMs;
}

/** Waits before another attempt, unless helpers bring the rest meanwhile or it is given up. Answers what stops the file. */
async function pauseBefore(
  { segments }: Work,
  delayMs: number,
  helpers: Helpers,
  gaveUp: () => boolean,
  { lane, signal }: FetchContext,
): Promise<AssetsError | undefined> {
  const until = performance.now() + delayMs;
  try {
    await lane.rest(async () => {
      while (helpers.count() > 0 && performance.now() < until) await helpers.change();
      while (segments.missing() > 0 && performance.now() < until && !gaveUp()) {
        await sleep(Math.min(until - performance.now(), LOOK_MS), undefined, { signal });
      }
    });
    return undefined;
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    return signal.reason instanceof AssetsError ? signal.reason : abortError();
  }
}

function replacedError(url: string, { code, hint }: AssetsError): AssetsError {
  return new AssetsError(code, `What ${url} gave does not fit what came from elsewhere, and is replaced.`, { hint });
}
