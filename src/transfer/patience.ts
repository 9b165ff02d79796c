/** Watches that bytes keep coming: ends a request whose source has gone silent. */
import { AssetsError, abortError } from "../errors.js";

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
  /** Aborted when the run is, when patience has ended, and by `end`; frees whatever the request holds. */
  readonly signal: AbortSignal;
  /** Waits for an answer, at most as long as for a first byte. */
  answer<T>(promise: Promise<T>): Promise<T>;
  /** Passes a body on; the time its reader takes does not count. */
  watch(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** Why the request was aborted, if it was. */
  reason(): unknown;
  /** Ends the watch, and aborts the request unless its body was let go of. */
  end(): void;
}

/** Buffering proxies send nothing until they have the whole file; this rate is assumed for them, in bytes a second. */
const PROXY_RATE = 10_000_000;
/** No first byte is waited for longer than this, in milliseconds. */
const LONGEST_FIRST_MS = 15 * 60_000;

/** Why what is left of a finished request is aborted; made once, since an error costs its stack. */
const ENDED = abortError();

/** Watches over one request to `url` within a run. */
export function createPatience(
  url: string,
  run: AbortSignal,
  policy: PatiencePolicy,
  { size = 0, hurries = () => false }: Watched = {},
): Patience {
  const controller = new AbortController();
  const firstByteMs = firstBytePatience(policy, size);
  const slowRule = { rate: policy.leastRate, overMs: policy.slowTimeoutMs, applies: () => true };
  const hurryRule = { rate: policy.minSpeed ?? 0, overMs: policy.hurryMs, applies: hurries };
  let reason: unknown;
  /** What is waited for: since when, for how long at most, how to end it; `isSilent`: for an answer. One timer serves all waits in turn. */
  let wait:
    | { since: number; limitMs: number; says: string; isSilent: boolean; reject: (why: unknown) => void }
    | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerDue = Number.POSITIVE_INFINITY;
  /** Whether the body was let go of, and with it all that the request held. */
  let isOver = false;

  const abort = (why: unknown) => {
    if (controller.signal.aborted) return;
    reason = why;
    clearTimeout(timer);
    controller.abort(why);
    wait?.reject(why);
  };
  const onRunAbort = () => abort(run.reason instanceof AssetsError ? run.reason : abortError());
  const arm = (ms: number) => {
    clearTimeout(timer);
    timerDue = performance.now() + ms;
    timer = setTimeout(check, ms);
  };
  const check = () => {
    timerDue = Number.POSITIVE_INFINITY;
    if (wait === undefined) return;
    const leftMs = wait.since + wait.limitMs - performance.now();
    if (leftMs > 0) arm(leftMs);
    else {
      const seconds = Math.round(wait.limitMs / 100) / 10;
      const retry = wait.isSilent ? { silent: true } : {};
      abort(new AssetsError("NETWORK", `${url} ${wait.says} for ${seconds} s.`, { retry }));
    }
  };
  const within = <T>(limitMs: number, says: string, promise: Promise<T>, isSilent = false): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      wait = { since: performance.now(), limitMs, says, isSilent, reject };
      if (timerDue > wait.since + limitMs) arm(limitMs);
      promise.then(resolve, reject);
      if (controller.signal.aborted) reject(reason ?? ENDED);
    }).finally(() => {
      wait = undefined;
    });

  run.addEventListener("abort", onRunAbort);
  if (run.aborted) onRunAbort();
  return {
    signal: controller.signal,
    answer: (promise) => within(firstByteMs, "gave no answer", promise, true),
    async *watch(body) {
      const iterator = body[Symbol.asyncIterator]();
      let isFirst = true;
      const watches = [slowRule, hurryRule].map((rule) => createSpeedometer(url, rule));
      try {
        for (;;) {
          const asked = performance.now();
          const limitMs = isFirst ? firstByteMs : policy.stallTimeoutMs;
          const { done, value } = await within(limitMs, "sent no byte", iterator.next());
          if (done) return;
          // The wait for the first byte says nothing of the pace.
          if (!isFirst) for (const count of watches) count(value.length, performance.now() - asked);
          isFirst = false;
          yield value;
        }
      } finally {
        isOver = true;
        void Promise.resolve(iterator.return?.()).catch(() => {});
      }
    },
    reason: () => reason,
    end() {
      run.removeEventListener("abort", onRunAbort);
      clearTimeout(timer);
      if (!isOver) controller.abort(ENDED);
      wait?.reject(ENDED);
    },
  };
}

/** Counts bytes and the time that was waited for them. Throws NETWORK when they came too slowly over a while. */
function createSpeedometer(url: string, { rate, overMs, applies }: SpeedRule): (bytes: number, ms: number) => void {
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
