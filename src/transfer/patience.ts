/** Watches that bytes keep coming: ends an attempt whose source has gone silent. */
import { AssetsError, abortError } from "../errors.js";

/** Limits of patience, in milliseconds. */
export interface PatiencePolicy {
  /** Longest silence in the middle of a body. */
  readonly stallTimeoutMs: number;
  /** Longest wait for the first byte, before the allowance for large files. */
  readonly firstByteTimeoutMs: number;
  /** A source that gives less than {@link LEAST_RATE} over this much waiting for it is left. */
  readonly slowTimeoutMs: number;
}

/** The watch over one attempt. */
export interface Patience {
  /** Aborted when the run is, or when patience has ended; frees whatever the attempt holds. */
  readonly signal: AbortSignal;
  /** Waits for an answer, at most as long as for a first byte. */
  answer<T>(promise: Promise<T>): Promise<T>;
  /** Passes a body on; the time its reader takes does not count. */
  watch(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** Why the attempt was aborted, if it was. */
  reason(): unknown;
  /** Ends the watch, and aborts what is left of the attempt. */
  end(): void;
}

/** Buffering proxies send nothing until they have the whole file; this rate is assumed for them, in bytes a second. */
const PROXY_RATE = 10_000_000;

/** Slower than any line that is meant to carry files, in bytes a second. */
const LEAST_RATE = 1_000;

/** Watches over one attempt at `url` within a run. `size` in bytes lengthens the wait for a first byte. */
export function createPatience(url: string, run: AbortSignal, policy: PatiencePolicy, size = 0): Patience {
  const controller = new AbortController();
  let reason: unknown;
  const abort = (why: unknown) => {
    if (controller.signal.aborted) return;
    reason = why;
    controller.abort(why);
  };
  const onRunAbort = () => abort(run.reason instanceof AssetsError ? run.reason : abortError());
  run.addEventListener("abort", onRunAbort);
  if (run.aborted) onRunAbort();

  const firstByteMs = policy.firstByteTimeoutMs + (size / PROXY_RATE) * 1000;

  async function within<T>(ms: number, says: string, promise: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      const seconds = Math.round(ms / 100) / 10;
      abort(new AssetsError("NETWORK", `${url} ${says} for ${seconds} s.`, { retry: {} }));
    }, ms);
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(reason);
      if (controller.signal.aborted) stop();
      else controller.signal.addEventListener("abort", stop);
    });
    try {
      return await Promise.race([promise, aborted]);
    } finally {
      clearTimeout(timer);
      controller.signal.removeEventListener("abort", stop);
    }
  }

  return {
    signal: controller.signal,
    answer: (promise) => {
      promise.catch(() => {});
      return within(firstByteMs, "gave no answer", promise);
    },
    async *watch(body) {
      const iterator = body[Symbol.asyncIterator]();
      let limit = firstByteMs;
      let waitedMs = 0;
      let bytes = 0;
      try {
        for (;;) {
          const asked = performance.now();
          const { done, value } = await within(limit, "sent no byte", iterator.next());
          if (done) return;
          // The wait for the first byte says nothing of the pace.
          if (limit === policy.stallTimeoutMs) {
            waitedMs += performance.now() - asked;
            bytes += value.length;
          }
          limit = policy.stallTimeoutMs;
          if (waitedMs >= policy.slowTimeoutMs) {
            if (bytes < (waitedMs / 1000) * LEAST_RATE) {
              const message = `${url} sent ${bytes} bytes in ${Math.round(waitedMs / 1000)} s, too slowly to go on with.`;
              throw new AssetsError("NETWORK", message, { retry: {} });
            }
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
      controller.abort(abortError());
    },
  };
}
