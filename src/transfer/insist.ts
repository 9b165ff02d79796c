/** Tries one URL for as long as it makes sense, helped by others, and draws the consequences of each failure. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import { bytesIn } from "../store/byte-ranges.js";
import type { DigestThread } from "../store/front-digest.js";
import { AGREE_BYTES } from "./agreement.js";
import { type AttemptFailure, attempt } from "./attempt.js";
import { suspectOf } from "./blame.js";
import type { BringContext } from "./connection.js";
import { createHelpers, type Helpers, NO_HELPERS } from "./helpers.js";
import { linkedAbort } from "./linked-abort.js";
import { asksTooLong, type RetryPolicy, type Verdict, verdictOn } from "./retry.js";
import type { SegmentPolicy } from "./segments.js";
import type { FromOne, Turn, Way } from "./turn.js";
import type { Work } from "./work.js";

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

/** Why a URL was not tried when its turn came. */
const UNTRIED = new AssetsError("NETWORK", "Another URL could be tried first.");
/** How often a waiting file looks whether to go on waiting, in milliseconds. */
const LOOK_MS = 250;

/** Tries one candidate, helped by others, for as long as it makes sense. Throws LOCAL_IO, DISK_FULL. */
export function insist(work: Work, turn: Turn, run: FetchContext, tally: FetchTally): Promise<FromOne> {
  return new Insistence(work, turn, run, tally).result();
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
  /** Whether the last answer began anew, with other bytes than those that are here. */
  #differed = false;

  constructor(work: Work, turn: Turn, run: FetchContext, tally: FetchTally) {
    const { divisible } = turn.candidate;
    const { digest, size = Number.POSITIVE_INFINITY } = work.wanted;
    const mayBeHelped = digest !== undefined && divisible && size > AGREE_BYTES;
    this.#work = work;
    this.#turn = turn;
    this.#tally = tally;
    this.#fault = mayBeHelped ? linkedAbort(run.signal) : undefined;
    this.#context = this.#fault === undefined ? run : { ...run, signal: this.#fault.signal };
    this.#helpers = this.#helpersFrom(turn.ways);
    turn.past.goesOnFrom(bytesIn(work.partial.held));
  }

  /** Attempts until one succeeds, or none is of use any more. To be called once. */
  async result(): Promise<FromOne> {
    const { past, last, hasElsewhere } = this.#turn;
    try {
      const dueMs = past.dueAt - performance.now();
      if (dueMs > 0) {
        const stop = await pauseBefore(this.#work, dueMs, NO_HELPERS, hasElsewhere, this.#context);
        if (stop !== undefined) return this.#stop(stop);
        if (hasElsewhere()) return { ok: false, error: UNTRIED, final: false, returns: true };
      }
      const believes = (at: number) => last && (this.#differed || at >= AGREE_BYTES);
      for (;;) {
        this.#attempts++;
        this.#tally.attempts++;
        const options = { turn: this.#turn, helpers: this.#helpers, believes };
        const result = await attempt(this.#work, options, this.#context);
        this.#tally.received += result.received;
        if (result.ok) return { ok: true, hex: result.hex };
        const ended = await this.#afterFailure(result);
        if (ended !== undefined) return ended;
      }
    } finally {
      this.#fault?.unlink();
      if (this.#helpers !== NO_HELPERS) await this.#dismiss();
    }
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
    const { candidate, past, last, hasElsewhere, isHopeful } = this.#turn;
    const { hosts, pace, policy } = this.#context;
    const { url, host } = candidate;
    const { error } = result;
    const blamed = check?.isBlamed(url) === true;
    const suspect = error.code === "DIGEST_MISMATCH" && !blamed ? suspectOf(givers.ranges, url) : undefined;
    if (suspect !== undefined) return this.#drop(suspect, error);
    const now = performance.now();
    const gained = past.failed(now, bytesIn(partial.held), result.received);
    if (gained > 0) hosts.gaveSome(host);
    const { failures, since, alone, returned } = past;
    const { retry } = error;
    const isOfSource = retry !== undefined && !retry.slow && !retry.unasked && !result.differs;
    const pauseMs = isOfSource ? hosts.failed(host, error, since) : undefined;
    const gave = (givers.ranges.get(url)?.length ?? 0) > 0;
    const failure = { ...result, combined: givers.isCombined(), kept: givers.hasKept(), blamed, gave, gained };
    const others = { last, elsewhere: hasElsewhere(), hopeful: isHopeful() };
    const history = { now, failures, since, alone, returned, standing: hosts.standing(host), ...others };
    const verdict = verdictOn(failure, history, policy, Math.random);
    if (retry?.wholeHost) pace.failed(host, true);
    this.#differed = result.differs;
    if (verdict.do === "give-up" || verdict.do === "stop") return this.#leave(verdict, error);
    if (verdict.alone) {
      past.alone = true;
      check?.forgive(url);
    } else if (!retry?.unasked) past.failures++;
    // A host that wants to be left alone is waited for where it is asked, by one file after another.
    const delayMs = pauseMs ? 0 : (verdict.delayMs ?? 0);
    if (verdict.do === "retry") return this.#again(verdict, error, { delayMs, toldMs: pauseMs || delayMs });
    past.dueAt = now + delayMs;
    return this.#leave(verdict, error);
  }

  /** Gives up what another URL brought, without which the digest may be right. */
  async #drop(suspect: string, { code, hint }: AssetsError): Promise<undefined> {
    this.#suspects.add(suspect);
    await this.#dismiss(this.#helpersFrom(this.#turn.ways.filter(({ url }) => !this.#suspects.has(url))));
    await this.#work.dropGiver(suspect);
    this.#turn.past.goesOnFrom(bytesIn(this.#work.partial.held));
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
    else if (error.retry?.slow) hosts.avoid(host, "slow");
    await this.#dismiss();
    if (leaves && verdict.empty) await this.#work.restart(error.message);
    const told = tooLong ? asksTooLong(error, policy.maxRetryAfterMs) : error;
    // Why it failed before says more.
    const isKnown = error.retry?.unasked && this.#tally.tried.some((one) => one.url === url);
    if (!isKnown) note(this.#tally, { url, attempts: this.#attempts, error: errorInfo(told) });
    return { ok: false, error: told, final: !leaves, returns: leaves && verdict.returns === true };
  }

  #stop(error: AssetsError): FromOne {
    note(this.#tally, { url: this.#turn.candidate.url, attempts: this.#attempts, error: errorInfo(error) });
    return { ok: false, error, final: true, returns: false };
  }

  /** Makes ready for another attempt, and waits for it; `toldMs`: with the time for which the host is left alone by all. */
  async #again(
    { alone, empty }: Extract<Verdict, { do: "retry" }>,
    error: AssetsError,
    { delayMs, toldMs }: { delayMs: number; toldMs: number },
  ): Promise<FromOne | undefined> {
    const work = this.#work;
    const { candidate, past, hasElsewhere } = this.#turn;
    const { url, host } = candidate;
    const { hosts, emit } = this.#context;
    if (alone) await this.#dismiss();
    if (empty) {
      past.goesOnFrom(0);
      await work.restart(error.message);
    }
    emit({
      type: "transfer:retry",
      path: work.wanted.label,
      url,
      attempt: this.#attempts + 1,
      delayMs: toldMs,
      error: errorInfo(error),
    });
    const gaveUp = () => hosts.isAvoided(host) && hasElsewhere();
    const stop = await pauseBefore(work, delayMs, this.#helpers, gaveUp, this.#context);
    if (stop !== undefined) return this.#stop(stop);
    if (delayMs === 0 || !gaveUp()) return undefined;
    // Another one goes on meanwhile.
    return this.#leave({ do: "next-url", returns: true }, error);
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
  if (delayMs <= 0) return undefined;
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
