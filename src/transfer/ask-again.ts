/** Asks services until they answer, for as long as their failures may pass. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError } from "../errors.js";
import type { EventListener } from "../events.js";
import type { Again } from "../source/again.js";
import { createHosts, hostOf } from "./hosts.js";
import { asksTooLong, LONG_WAIT_MS, type RetryPolicy, verdictOn } from "./retry.js";

/** How stubborn to be. */
interface AgainOptions {
  readonly policy: RetryPolicy;
  /** Told of long waits: whoever asks for people tells them. */
  readonly emit: EventListener;
}

/** Longest wait for one answer, in milliseconds. */
const LONGEST_MS = 60_000;
/** There is nobody else to ask. */
const ONLY_ONE = { alone: false, returned: false, last: true, elsewhere: false, hopeful: false };

/**
 * Makes it, for one run: a host that asks to be left alone is left alone by all questions, and one that kept failing is
 * asked each further question once. What is asked throws ABORTED for whatever reason it is.
 */
export function createAgain({ policy: given, emit }: AgainOptions): Again {
  // Much else depends on an answer, or on there being none.
  const policy = { ...given, leastMs: 0 };
  const hosts = createHosts(policy);
  return async (url, ask, signal) => {
    const host = hostOf(url);
    let since = 0;
    for (let failures = 0; ; failures++) {
      const settle = await Promise.resolve(hosts.pass(host, signal)).catch(() => () => {});
      if (signal.aborted) throw abortError();
      const asked = performance.now();
      const late = AbortSignal.timeout(LONGEST_MS);
      try {
        const answer = await ask(AbortSignal.any([signal, late]));
        settle();
        hosts.served(host, asked);
        return answer;
      } catch (thrown) {
        settle();
        if (signal.aborted) throw abortError();
        const silent = new AssetsError("NETWORK", `No answer came within ${LONGEST_MS / 1000} s.`, { retry: {} });
        const error = late.aborted ? silent : thrown;
        if (!(error instanceof AssetsError)) throw error;
        const now = performance.now();
        if (failures === 0) since = now;
        const isTold = hosts.waitMs(host) > 0;
        const pauseMs = error.retry && hosts.failed(host, error, since);
        const history = { now, failures, since, standing: hosts.standing(host), ...ONLY_ONE };
        const verdict = verdictOn({ error }, history, policy, Math.random);
        if (verdict.do !== "retry") {
          throw verdict.do === "next-url" && verdict.why ? asksTooLong(error, policy.maxRetryAfterMs) : error;
        }
        const { delayMs } = verdict;
        if (delayMs > LONG_WAIT_MS && !isTold) {
          emit({ type: "warning", message: `${error.message} It is asked again in ${Math.round(delayMs / 1000)} s.` });
        }
        // A host that wants to be left alone is waited for by all who ask it, one after the other.
        if (!pauseMs) await sleep(delayMs, undefined, { signal }).catch(() => {});
      }
    }
  };
}
