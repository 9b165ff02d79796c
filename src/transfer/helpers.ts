/** Further connections that help a file's own one, as many as pay, to its host and to its other URLs. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import { AGREE_BYTES, agree } from "./agreement.js";
import { bring } from "./bring.js";
import type { BringContext } from "./connection.js";
import type { Further } from "./pace.js";
import { NO_LANE } from "./pool.js";
import { hostPauseMs, type RetryPolicy, verdictOnHelper } from "./retry.js";
import type { Way } from "./turn.js";
import type { Work } from "./work.js";

/** The helpers of one file. */
export interface Helpers {
  /** Connections that help now. */
  count(): number;
  /** Bytes they brought. */
  received(): number;
  /** URLs that were left, and why. */
  readonly left: readonly TriedUrl[];
  /** The file's own connection brings bytes from here: from now on help is of use. */
  support(own: Way): void;
  /** Waits until a helper has ended, or a moment has passed. Throws the signal's reason, and what is a bug. */
  change(): Promise<void>;
  /** Ends all help. Throws only what is a bug. */
  stop(): Promise<void>;
}

/** How long the end of a helper is waited for before what it holds is looked at again, in milliseconds. */
const CHANGE_MS = 100;

/**
 * Makes the helpers of a file; `ways` are the URLs that may give parts of it, `onFault` is told what ends the whole file.
 * Nobody helps before `support`, by which the file joins those that the pace looks at. The pace asks it for its hosts,
 * grants connections to one of them, and tells it to start as many helpers. Each brings segments until none is left, it
 * fails, or the pace takes its connection back.
 */
export function createHelpers(
  work: Work,
  ways: readonly Way[],
  context: BringContext & { readonly policy: RetryPolicy },
  onFault: (error: AssetsError) => void,
): Helpers {
  const { pace, hosts, signal, emit } = context;
  const { segments, partial, wanted } = work;
  const running = new Set<Helper>();
  const left: TriedUrl[] = [];
  /** URLs that have the same bytes, and those that can give no parts. */
  const agreed = new Set<string>();
  const unfit = new Set<string>();
  let own: Way | undefined;
  let received = 0;
  let leave: (() => void) | undefined;
  /** What a helper ended with that is none of the failures that are expected. */
  let bug: { error: unknown } | undefined;
  /** Called when a helper has ended. */
  let onEnd = () => {};

  const endAll = () => {
    for (const { controller } of running) controller.abort(abortError());
  };

  /** The URLs that may help now, that of the file's own connection first. */
  const usable = () =>
    partial.front < AGREE_BYTES
      ? []
      : [...ways]
          .sort((a, b) => Number(b === own) - Number(a === own))
          .filter(({ url, host }) => !unfit.has(url) && hosts.waitMs(host) === 0);
  const hostsNow = () => [...new Set(usable().map(({ host }) => host))];
  const wantsMore = () => bug === undefined && usable().length > 0 && segments.hasMore(performance.now());

  async function help(way: Way, further: Further, { controller }: Helper): Promise<void> {
    // Its waits are not those of the file.
    const mine = { ...context, signal: controller.signal, lane: NO_LANE };
    const onBytes = (bytes: number) => {
      received += bytes;
      further.started();
    };
    try {
      if (!agreed.has(way.url)) {
        await agree(work, way, onBytes, mine);
        agreed.add(way.url);
      }
      while (!controller.signal.aborted) {
        const segment = segments.take(1 + running.size, performance.now(), hosts.latencyMs(way.host));
        if (segment === undefined) break;
        await bring(work, way, segment, { onBytes }, mine);
      }
      further.end();
    } catch (error) {
      further.end();
      if (!(error instanceof AssetsError)) throw error;
      onFailure(way, error);
    }
  }

  /** Less help from its host, or none from its URL. */
  function onFailure(way: Way, error: AssetsError): void {
    const verdict = verdictOnHelper(error);
    const { host } = way;
    if (verdict === "fail") onFault(error);
    if (verdict === "less-of-host") {
      pace.failed(host, error.retry?.wholeHost === true);
      hosts.pause(host, hostPauseMs(error, hosts.standing(host), context.policy, Math.random) ?? 0);
    }
    if (verdict !== "leave-url") return;
    unfit.add(way.url);
    if (way === own) return;
    const tried = { url: way.url, attempts: 1, error: errorInfo(error) };
    left.push(tried);
    emit({ type: "transfer:leave", path: wanted.label, url: way.url, error: tried.error });
  }

  /** Starts as many helpers as are granted. */
  function start(): void {
    for (const host of hostsNow()) {
      while (leave !== undefined && wantsMore()) {
        const way = usable().find((one) => one.host === host);
        const controller = new AbortController();
        const further = way && pace.further(host, () => controller.abort(abortError()));
        if (way === undefined || further === undefined) break;
        const helper: Helper = { controller, ended: Promise.resolve() };
        running.add(helper);
        helper.ended = help(way, further, helper)
          .catch((error) => {
            bug ??= { error };
          })
          .finally(() => {
            running.delete(helper);
            onEnd();
          });
      }
    }
  }

  const throwBug = () => {
    if (bug !== undefined) throw bug.error;
  };

  return {
    count: () => running.size,
    received: () => received,
    left,
    support(way) {
      if (own !== way) {
        own = way;
        agreed.add(way.url);
      }
      if (leave !== undefined || work.size === undefined) return;
      signal.addEventListener("abort", endAll);
      leave = pace.join({
        get hosts() {
          return hostsNow();
        },
        missing: segments.missing,
        wantsMore,
        start,
      });
    },
    async change() {
      await new Promise<void>((resolve) => {
        onEnd = resolve;
        void sleep(CHANGE_MS, undefined, { signal }).then(resolve, resolve);
      });
      signal.throwIfAborted();
      throwBug();
    },
    async stop() {
      signal.removeEventListener("abort", endAll);
      leave?.();
      leave = undefined;
      endAll();
      await Promise.all([...running].map(({ ended }) => ended));
      throwBug();
    },
  };
}

/** A connection that helps: what ends it, and its end, which never rejects. */
interface Helper {
  readonly controller: AbortController;
  ended: Promise<void>;
}

/** The helpers of a file that nobody helps with, as nobody can: bytes of several answers are never combined without a digest. */
export const NO_HELPERS: Helpers = {
  count: () => 0,
  received: () => 0,
  left: [],
  support() {},
  change: () => Promise.reject(new Error("Nobody helps.")),
  async stop() {},
};
