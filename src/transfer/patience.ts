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
  /** Ends the watch, and aborts what is left of the request. */
  end(): void;
}

/** Buffering proxies send nothing until they have the whole file; this rate is assumed for them, in bytes a second. */
const PROXY_RATE = 10_000_000;

/** Why what is left of a finished request is aborted; made once, since an error costs its stack. */
const ENDED = abortError();

/** Watches over one request to `url` within a run. `size` in bytes lengthens the wait for a first byte. */
export function createPatience(url: string, run: AbortSignal, policy: PatiencePolicy, size = 0): Patience {
  const controller = new AbortController();
  const firstByteMs = policy.firstByteTimeoutMs + (size / PROXY_RATE) * 1000;
  let reason: unknown;
  /** What is waited for: since when, for how long at most, how to end it. One timer serves all waits in turn. */
  let wait: { since: number; limitMs: number; says: string; reject: (why: unknown) => void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerDue = Number.POSITIVE_INFINITY;

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
      abort(new AssetsError("NETWORK", `${url} ${wait.says} for ${seconds} s.`, { retry: {} }));
    }
  };
  const within = <T>(limitMs: number, says: string, promise: Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      wait = { since: performance.now(), limitMs, says, reject };
      if (timerDue > wait.since + limitMs) arm(limitMs);
      promise.then(resolve, reject);
      if (controller.signal.aborted) reject(reason);
    }).finally(() => {
      wait = undefined;
    });

  run.addEventListener("abort", onRunAbort);
  if (run.aborted) onRunAbort();
  return {
    signal: controller.signal,
    answer: (promise) => within(firstByteMs, "gave no answer", promise),
    async *watch(body) {
      const iterator = body[Symbol.asyncIterator]();
      let limitMs = firstByteMs;
      let waitedMs = 0;
      let bytes = 0;
      try {
        for (;;) {
          const asked = performance.now();
          const { done, value } = await within(limitMs, "sent no byte", iterator.next());
          if (done) return;
          // The wait for the first byte says nothing of the pace.
          if (limitMs === policy.stallTimeoutMs) {
            waitedMs += performance.now() - asked;
            bytes += value.length;
          }
          limitMs = policy.stallTimeoutMs;
          if (waitedMs >= policy.slowTimeoutMs) {
            if (bytes < (waitedMs / 1000) * policy.leastRate) throw tooSlow(url, bytes, waitedMs);
            waitedMs = 0;
            bytes = 0;
          }
          yield value;
        }
      } finally {
        void Promise.resolve(iterator.return?.()).catch(() => {});
      }
    },
    reason: () => reason,
    end() {
      run.removeEventListener("abort", onRunAbort);
      clearTimeout(timer);
      controller.abort(ENDED);
    },
  };
}

function tooSlow(url: string, bytes: number, waitedMs: number): AssetsError {
  const message = `${url} sent ${bytes} bytes in ${Math.round(waitedMs / 1000)} s, too slowly to go on with.`;
  return new AssetsError("NETWORK", message, { retry: { slow: true } });
}
