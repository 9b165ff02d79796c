/** Watches that bytes keep coming: ends a request whose source has gone silent. */
import { AssetsError, abortError } from "../errors.js";
import { type Abortable, listen, unlisten } from "../on-abort.js";
import { LONG_WAIT_MS } from "./retry.js";

/** Limits of patience. Times in milliseconds. */
export interface PatiencePolicy {
  /** Longest silence in the middle of a body. */
  readonly stallTimeoutMs: number;
  /** Longest wait for the first byte, before the allowance for large files. */
  readonly firstByteTimeoutMs: number;
  /** A source that gives less than `leastRate` over this much waiting for it is left. */
  readonly slowTimeoutMs: number;
  /** Bytes a second. */
  readonly leastRate: number;
  /** Bytes a second that a source must give over `hurryMs` of waiting for it, where there is another; default any. */
  readonly minSpeed?: number | undefined;
  readonly hurryMs: number;
}

/** How long a first byte of a file of `size` bytes is waited for, in milliseconds. */
export function firstBytePatience({ firstByteTimeoutMs }: PatiencePolicy, size = 0): number {
  return Math.min(firstByteTimeoutMs + (size / PROXY_RATE) * 1000, LONGEST_FIRST_MS);
}

/** What is watched. */
interface Watched {
  /** Size of the file in bytes, which lengthens the wait for a first byte. */
  size?: number | undefined;
  /** Whether `minSpeed` counts at this moment; default never. */
  hurries?: (() => boolean) | undefined;
}

/** The watch over one request. */
export interface Patience {
  /**
   * Aborted when the run is, when patience has ended, and by `end` unless the body was let go of; frees whatever the
   * request holds.
   */
  readonly signal: AbortSignal;
  /**
   * Waits for an answer, at most as long as for a first byte; `onLong` is told once that takes longer than others may, or
   * than `longMs`. One that is there is not waited for.
   */
  answer<T>(promise: Promise<T>, onLong?: () => void, longMs?: number): Promise<T>;
  answer<T>(answer: T | Promise<T>): T | Promise<T>;
  /** Passes the one body on; the time its reader takes does not count. */
  watch(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Why the request was aborted, if it was. */
  reason(): unknown;
  /** Ends the watch, and aborts the request unless its body was let go of. */
  end(): void;
  /** The same, by whoever began it, when nobody looks at the signal any more: it may be that of another request then. */
  release(): void;
}

/** Buffering proxies send nothing until they have the whole file; this rate is assumed for them, in bytes a second. */
const PROXY_RATE = 10_000_000;
/** No first byte is waited for longer than this, in milliseconds. */
const LONGEST_FIRST_MS = 15 * 60_000;

/** Why what is left of a finished request is aborted; made once, since an error costs its stack. */
const ENDED = abortError();
/** Controllers that aborted nothing, for further requests: to make one takes as long as to write a small file. */
const unused: AbortController[] = [];

function createController(): AbortController {
  const controller = new AbortController();
  // Whose signal is listened to again and again keeps the one listener that tells all.
  listen(controller.signal, { onAbort() {} });
  return controller;
}

/** Watches over one request to `url` within a run. */
export function createPatience(url: string, run: AbortSignal, policy: PatiencePolicy, watched: Watched = {}): Patience {
  return new RequestPatience(url, run, policy, watched);
}

/** What is waited for: since when, for how long at most, how to end it. */
interface Wait {
  since: number;
  limitMs: number;
  says: string;
  reject: (why: unknown) => void;
  onLong: (() => void) | undefined;
  longMs: number;
}

/** What is done about a wait: once it takes long, with what comes, which may be refused by a throw, and with an error. */
interface Consequences<T> {
  onLong?: (() => void) | undefined;
  longMs?: number | undefined;
  onValue?(value: T): void;
  onError?(): void;
}

/** After how long something is to be done about a wait, in milliseconds. */
function dueMs({ limitMs, onLong, longMs }: Wait): number {
  return onLong === undefined ? limitMs : Math.min(limitMs, longMs);
}

/** A class, as there is one for each request, which listens to the run and passes the body on by itself. */
class RequestPatience implements Patience, Abortable, AsyncIterableIterator<Uint8Array> {
  readonly #url: string;
  readonly #run: AbortSignal;
  readonly #policy: PatiencePolicy;
  readonly #firstByteMs: number;
  readonly #hurries: () => boolean;
  readonly #controller = unused.pop() ?? createController();
  readonly signal = this.#controller.signal;
  #reason: unknown;
  /** One timer serves all waits in turn. */
  #wait: Wait | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = Number.POSITIVE_INFINITY;
  #body: AsyncIterator<Uint8Array> | undefined;
  /** Counts what comes behind the first chunk; the wait for that says nothing of the pace. */
  #speedometers: Speedometer[] | undefined;
  #reads = 0;
  /** Whether the body was let go of, and with it all that the request held. */
  #isOver = false;
  #isEnded = false;
  #isReleased = false;

  constructor(url: string, run: AbortSignal, policy: PatiencePolicy, { size = 0, hurries = () => false }: Watched) {
    this.#url = url;
    this.#run = run;
    this.#policy = policy;
    this.#firstByteMs = firstBytePatience(policy, size);
    this.#hurries = hurries;
    listen(run, this);
    if (run.aborted) this.onAbort();
  }

  /** Of the run's abort. */
  onAbort(): void {
    const { reason } = this.#run;
    this.#abort(reason instanceof AssetsError ? reason : abortError());
  }

  answer<T>(promise: Promise<T>, onLong?: () => void, longMs?: number): Promise<T>;
  answer<T>(answer: T | Promise<T>, onLong?: () => void, longMs?: number): T | Promise<T> {
    if (!(answer instanceof Promise)) return answer;
    return this.#within(this.#firstByteMs, "gave no answer", answer, { onLong, longMs });
  }

  watch(body: AsyncIterable<Uint8Array>): this {
    this.#body = body[Symbol.asyncIterator]();
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#body === undefined) throw new Error("There is no body to watch.");
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    const isFirst = this.#reads++ === 0;
    const asked = performance.now();
    const limitMs = isFirst ? this.#firstByteMs : this.#policy.stallTimeoutMs;
    return this.#within(limitMs, "sent no byte", this.#body.next(), {
      onValue: (result) => {
        if (result.done) this.#leave();
        else if (!isFirst) this.#count(result.value.length, performance.now() - asked);
      },
      onError: () => this.#leave(),
    });
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    // What nobody began to read is let go of by `end`.
    if (this.#reads > 0) this.#leave();
    return { done: true, value: undefined };
  }

  reason(): unknown {
    return this.#reason;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    unlisten(this.#run, this);
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#controller.abort(ENDED);
    this.#wait?.reject(ENDED);
  }

  release(): void {
    this.end();
    if (!this.#isReleased && !this.signal.aborted) unused.push(this.#controller);
    this.#isReleased = true;
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#body?.return?.().catch(() => {});
  }

  #count(bytes: number, ms: number): void {
    const { slowTimeoutMs, leastRate, hurryMs, minSpeed = 0 } = this.#policy;
    this.#speedometers ??= [
      createSpeedometer(this.#url, { rate: leastRate, overMs: slowTimeoutMs, applies: () => true }),
      createSpeedometer(this.#url, { rate: minSpeed, overMs: hurryMs, applies: this.#hurries }),
    ];
    for (const count of this.#speedometers) count(bytes, ms);
  }

  #within<T>(limitMs: number, says: string, promise: Promise<T>, consequences: Consequences<T>): Promise<T> {
    return new Promise<T>((resolve, fail) => {
      const reject = (error: unknown) => {
        if (this.#wait === wait) this.#wait = undefined;
        consequences.onError?.();
        fail(error);
      };
      const { onLong, longMs = LONG_WAIT_MS } = consequences;
      const wait: Wait = { since: performance.now(), limitMs, says, reject, onLong, longMs };
      this.#wait = wait;
      if (this.#timerDue > wait.since + dueMs(wait)) this.#arm(dueMs(wait));
      promise.then((value) => {
        try {
          if (this.#wait === wait) this.#wait = undefined;
          consequences.onValue?.(value);
          resolve(value);
        } catch (error) {
          reject(error);
        }
      }, reject);
      if (this.signal.aborted) reject(this.#reason ?? ENDED);
    });
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timerDue = performance.now() + ms;
    this.#timer = setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    this.#timerDue = Number.POSITIVE_INFINITY;
    const wait = this.#wait;
    if (wait === undefined) return;
    const waitedMs = performance.now() - wait.since;
    const { onLong } = wait;
    if (onLong !== undefined && waitedMs >= wait.longMs) {
      wait.onLong = undefined;
      onLong();
      // It may have ended the wait.
      if (this.#wait !== wait) return;
    }
    const leftMs = dueMs(wait) - waitedMs;
    if (leftMs > 0) this.#arm(Math.ceil(leftMs));
    else {
      const seconds = Math.round(wait.limitMs / 100) / 10;
      const message = `${this.#url} ${wait.says} for ${seconds} s.`;
      this.#abort(new AssetsError("NETWORK", message, { retry: { silent: true } }));
    }
  }

  #abort(why: unknown): void {
    if (this.signal.aborted || this.#isEnded) return;
    this.#reason = why;
    clearTimeout(this.#timer);
    this.#controller.abort(why);
    this.#wait?.reject(why);
  }
}

type Speedometer = (bytes: number, ms: number) => void;

/** Counts bytes and the time that was waited for them. Throws NETWORK when they came too slowly over a while. */
function createSpeedometer(url: string, { rate, overMs, applies }: SpeedRule): Speedometer {
  let waitedMs = 0;
  let bytes = 0;
  return (more, ms) => {
    waitedMs += ms;
    bytes += more;
    if (waitedMs < overMs) return;
    if (bytes < (waitedMs / 1000) * rate && applies()) throw tooSlow(url, bytes, waitedMs);
    waitedMs = 0;
    bytes = 0;
  };
}

interface SpeedRule {
  /** Bytes a second, over how many milliseconds. */
  rate: number;
  overMs: number;
  applies: () => boolean;
}

function tooSlow(url: string, bytes: number, waitedMs: number): AssetsError {
  const message = `${url} sent ${bytes} bytes in ${Math.round(waitedMs / 1000)} s, too slowly to go on with.`;
  return new AssetsError("NETWORK", message, { retry: { slow: true } });
}
