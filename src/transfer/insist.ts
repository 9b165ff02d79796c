/** Tries one URL for as long as it makes sense, helped by others, and draws the consequences of each failure. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import { bytesIn } from "../store/byte-ranges.js";
import type { DigestThread } from "../store/front-digest.js";
import { AGREE_BYTES } from "./agreement.js";
import { type AttemptFailure, attempt } from "./attempt.js";
import { suspectOf } from "./blame.js";
import type { BringContext, Way } from "./connection.js";
import { createHelpers, type Helpers, NO_HELPERS } from "./helpers.js";
import { linkedAbort } from "./linked-abort.js";
import { asksTooLong, hostPauseMs, type RetryPolicy, type Verdict, verdictOn } from "./retry.js";
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
  /** Whether no other URL is left to try, and whether it was tried before all others had failed. */
  readonly last: boolean;
  readonly returned: boolean;
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
  const insistence = new Insistence(work, turn, run, tally);
  try {
    return await insistence.result();
  } finally {
    await insistence.end();
  }
}

/** What is known while one candidate is tried. */
class Insistence {
  readonly #work: Work;
  readonly #turn: Turn;
  readonly #context: FetchContext;
  readonly #tally: FetchTally;
  /** Ends the attempt for what stops a helper on this side, as that stops the file's own connection as well. */
  readonly #fault: ReturnType<typeof linkedAbort> | undefined;
  #helpers: Helpers;
  /** Other URLs whose bytes were given up. */
  readonly #suspects = new Set<string>();
  #attempts = 0;
  /** Failures in a row that brought nothing new, when the first was, and the most bytes that were here at one. */
  #failures = 0;
  #since = 0;
  #mark = 0;
  #restarted: boolean;
  /** Whether the last answer began anew, with other bytes than those that are here. */
  #differed = false;

  constructor(work: Work, turn: Turn, run: FetchContext, tally: FetchTally) {
    const { divisible, url } = turn.candidate;
    const { digest, size = Number.POSITIVE_INFINITY } = work.wanted;
    const mayBeHelped = digest !== undefined && divisible && size > AGREE_BYTES;
    this.#work = work;
    this.#turn = turn;
    this.#tally = tally;
    this.#fault = mayBeHelped ? linkedAbort(run.signal) : undefined;
    this.#context = this.#fault === undefined ? run : { ...run, signal: this.#fault.signal };
    this.#helpers = this.#helpersFrom(turn.ways);
    this.#restarted = turn.restarted;
    if (this.#restarted) work.check?.forgive(url);
  }

  /** Attempts until one succeeds, or none is of use any more. */
  async result(): Promise<FromOne> {
    const { candidate, last, hasElsewhere } = this.#turn;
    const believes = (at: number) => last && (this.#differed || at >= AGREE_BYTES);
    for (;;) {
      this.#attempts++;
      this.#tally.attempts++;
      const helpers = this.#helpers;
      const result = await attempt(this.#work, candidate, { helpers, believes, hasElsewhere }, this.#context);
      this.#tally.received += result.received;
      if (result.ok) return { ok: true, hex: result.hex };
      const ended = await this.#afterFailure(result);
      if (ended !== undefined) return ended;
    }
  }

  async end(): Promise<void> {
    this.#fault?.unlink();
    await this.#dismiss();
  }

  #helpersFrom(ways: readonly Way[]): Helpers {
    const fault = this.#fault;
    if (fault === undefined || ways.length === 0) return NO_HELPERS;
    return createHelpers(this.#work, ways, this.#context, (error) => fault.abort(error));
  }

  async #dismiss(next = NO_HELPERS): Promise<void> {
    await this.#helpers.stop();
    this.#tally.received += this.#helpers.received();
    for (const left of this.#helpers.left) note(this.#tally, left);
    this.#helpers = next;
  }

  /** Draws the consequences of a failed attempt; answers how the candidate did when it is not tried again. */
  async #afterFailure(result: AttemptFailure): Promise<FromOne | undefined> {
    const { check, givers, partial } = this.#work;
    const { candidate, last, returned, hasElsewhere } = this.#turn;
    const { hosts, pace, policy } = this.#context;
    const { url, host } = candidate;
    const { error } = result;
    const held = bytesIn(partial.held);
    if (held >= this.#mark + PROGRESS_BYTES) {
      this.#failures = 0;
      this.#mark = held;
    }
    if (this.#failures === 0) this.#since = performance.now();
    const blamed = check?.isBlamed(url) === true;
    const suspect = error.code === "DIGEST_MISMATCH" && !blamed ? suspectOf(givers.ranges, url) : undefined;
    if (suspect !== undefined) return this.#drop(suspect, error);
    const isOfSource = error.retry !== undefined && !error.retry.slow && !result.differs;
    if (isOfSource) hosts.failed(host, error);
    const standing = hosts.standing(host);
    const failure = { ...result, combined: givers.isCombined(), kept: givers.hasKept(), blamed };
    const [failures, since, restarted] = [this.#failures, this.#since, this.#restarted];
    const history = { failures, since, restarted, last, returned, standing };
    const verdict = verdictOn(failure, { ...history, elsewhere: hasElsewhere() }, policy, Math.random);
    if (error.retry?.wholeHost) pace.failed(host, true);
    const tooLong = verdict.do === "next-url" && verdict.why === "asks-too-long";
    const pauseMs = tooLong || !isOfSource ? undefined : hostPauseMs(error, standing, policy, Math.random);
    hosts.pause(host, pauseMs ?? 0);
    this.#differed = result.differs;
    return verdict.do === "retry" ? this.#again(verdict, error, pauseMs) : this.#leave(verdict, error);
  }

  /** Gives up what another URL brought, without which the digest may be right. */
  async #drop(suspect: string, { code, hint }: AssetsError): Promise<undefined> {
    this.#suspects.add(suspect);
    await this.#dismiss(this.#helpersFrom(this.#turn.ways.filter(({ url }) => !this.#suspects.has(url))));
    await this.#work.dropGiver(suspect);
    this.#mark = bytesIn(this.#work.partial.held);
    const message = `What ${suspect} gave does not fit what came from elsewhere, and is replaced.`;
    const error = errorInfo(new AssetsError(code, message, { hint }));
    note(this.#tally, { url: suspect, attempts: 1, error });
  }

  async #leave(verdict: Exclude<Verdict, { do: "retry" }>, error: AssetsError): Promise<FromOne> {
    const { hosts, policy } = this.#context;
    const { url, host } = this.#turn.candidate;
    const leaves = verdict.do === "next-url";
    const tooLong = leaves && verdict.why === "asks-too-long";
    if (error.unreachable || tooLong) hosts.avoid(host);
    await this.#dismiss();
    if (leaves && verdict.empty) await this.#work.restart(error.message);
    const told = tooLong ? asksTooLong(error, policy.maxRetryAfterMs) : error;
    note(this.#tally, { url, attempts: this.#attempts, error: errorInfo(told) });
    return { ok: false, error: told, final: !leaves, return: leaves ? verdict.return : undefined };
  }

  /** Makes ready for another attempt, and waits for it; `pauseMs`: for how long the host is left alone by all. */
  async #again(
    verdict: Extract<Verdict, { do: "retry" }>,
    error: AssetsError,
    pauseMs: number | undefined,
  ): Promise<FromOne | undefined> {
    const work = this.#work;
    const { candidate, hasElsewhere } = this.#turn;
    const { url, host } = candidate;
    const { hosts, emit } = this.#context;
    if (verdict.alone) {
      // What several connections brought may have been mangled on the way: one alone decides.
      this.#restarted = true;
      await this.#dismiss();
      work.check?.forgive(url);
    } else this.#failures++;
    if (verdict.empty) {
      this.#mark = 0;
      await work.restart(error.message);
    }
    const delayMs = pauseMs ?? verdict.delayMs;
    const attempts = this.#attempts;
    emit({
      type: "transfer:retry",
      path: work.wanted.label,
      url,
      attempt: attempts + 1,
      delayMs,
      error: errorInfo(error),
    });
    const gaveUp = () => hosts.isAvoided(host) && hasElsewhere();
    // A host that wants to be left alone is waited for where it is asked, by one file after another.
    const restMs = pauseMs === undefined ? delayMs : 0;
    const stop = await pauseBefore(work, restMs, this.#helpers, gaveUp, this.#context);
    if (stop === undefined) return undefined;
    note(this.#tally, { url, attempts, error: errorInfo(stop) });
    return { ok: false, error: stop, final: true };
  }
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

/** Adds what became of a URL to what is told of it. */
function note({ tried }: FetchTally, { url, attempts, error }: TriedUrl): void {
  const known = tried.find((one) => one.url === url);
  if (known === undefined) tried.push({ url, attempts, error });
  else Object.assign(known, { attempts: known.attempts + attempts, error });
}
