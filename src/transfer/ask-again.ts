/** Asks a service until it answers, for as long as its failures may pass. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError } from "../errors.js";
import { backoff, type RetryPolicy } from "./retry.js";

/** Longest wait for one answer, in milliseconds. */
const LONGEST_MS = 60_000;

/** The answer of `ask`, which is given a signal that ends it when it takes too long. Throws what it threw last, ABORTED. */
export async function askAgain<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  { policy, signal }: { policy: RetryPolicy; signal: AbortSignal },
): Promise<T> {
  for (let failures = 0; ; failures++) {
    if (signal.aborted) throw abortError();
    const late = AbortSignal.timeout(LONGEST_MS);
    try {
      return await ask(AbortSignal.any([signal, late]));
    } catch (thrown) {
      if (signal.aborted) throw abortError();
      const silent = new AssetsError("NETWORK", `No answer came within ${LONGEST_MS / 1000} s.`, { retry: {} });
      const error = late.aborted ? silent : thrown;
      if (!(error instanceof AssetsError) || error.retry === undefined || failures >= policy.retries) throw error;
      const afterMs = error.retry.afterMs ?? 0;
      if (afterMs > policy.maxRetryAfterMs) throw error;
      await sleep(Math.max(afterMs, backoff(failures, policy, Math.random)), undefined, { signal }).catch(() => {});
    }
  }
}
