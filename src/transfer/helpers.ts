/** Further connections that help a file's own one, as many as pay, to its host and to its other URLs. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import { AGREE_BYTES, agree } from "./agreement.js";
import { type BringContext, bring, type Errand, type Way } from "./bring.js";
import { hostOf } from "./hosts.js";
import type { Further } from "./pace.js";
import { pauseAfter, type RetryPolicy } from "./retry.js";
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
  /** Waits until a helper has ended, or a moment has passed. Throws the signal's reason. */
  change(): Promise<void>;
  /** Ends all help. Throws only what is a bug. */
  stop(): Promise<void>;
}

/** How long the end of a helper is waited for before what it holds is looked at again, in milliseconds. */
const CHANGE_MS = 100;

/** Makes the helpers of a file; `ways` are the URLs that may give parts of it. Nobody helps before `support`. */
export function createHelpers(
  work: Work,
  ways: readonly Way[],
  context: BringContext & { readonly policy: RetryPolicy },
): Helpers {
  const { pace, hosts, signal, policy, emit } = context;
  const { segments, partial, wanted } = work;
  const running = new Map<Helper, Promise<void>>();
  const left: TriedUrl[] = [];
  /** URLs that have the same bytes, and those that can give no parts. */
  const agreed = new Set<string>();
  const unfit = new Set<string>();
  let own: Way | undefined;
  let received = 0;
  let leave: (() => void) | undefined;

  const endAll = () => {
    for (const { controller } of running.keys()) controller.abort(abortError());
  };

  /** The URLs that may help now, that of the file's own connection first. */
  const usable = () =>
    [...ways]
      .sort((a, b) => Number(b === own) - Number(a === own))
      .filter(({ url }) => !unfit.has(url) && hosts.waitMs(hostOf(url)) === 0);
  const hostsNow = () => [...new Set(usable().map(({ url }) => hostOf(url)))];
  const wantsMore = () => usable().length > 0 && segments.worthSplitting(performance.now());

  async function help({ way, further, controller }: Helper): Promise<void> {
    const mine = { ...context, signal: controller.signal };
    const onBytes = (bytes: number) => {
      received += bytes;
      further.started();
    };
    const errand: Errand = { further: true, onBytes, onStart() {}, onOther() {}, believes: () => false };
    try {
      if (!agreed.has(way.url)) {
        await agree(work, way, onBytes, mine);
        agreed.add(way.url);
      }
      while (!controller.signal.aborted) {
        const segment = segments.take(1 + running.size, performance.now());
        if (segment === undefined) return;
        await bring(work, way, segment, errand, mine).finally(() => segments.release(segment));
      }
    } catch (error) {
      if (!(error instanceof AssetsError)) throw error;
      give(way, error);
    }
  }

  /** Draws the consequences of a helper's failure: less help from its host, or none from its URL. */
  function give(way: Way, error: AssetsError): void {
    const { code, retry } = error;
    // What is wrong here, and not there, the file's own connection meets as well.
    if (code === "ABORTED" || code === "DISK_FULL" || code === "LOCAL_IO") return;
    const host = hostOf(way.url);
    pace.failed(host, retry?.wholeHost === true);
    if (retry?.wholeHost) hosts.pause(host, pauseAfter(error, policy, Math.random));
    if (retry !== undefined && !retry.slow) return;
    unfit.add(way.url);
    if (way === own) return;
    const tried = { url: way.url, attempts: 1, error: errorInfo(error) };
    left.push(tried);
    emit({ type: "transfer:leave", path: wanted.label, url: way.url, error: tried.error });
  }

  /** Starts as many helpers as are granted. */
  function granted(): void {
    for (const host of hostsNow()) {
      while (leave !== undefined && wantsMore()) {
        const way = usable().find(({ url }) => hostOf(url) === host);
        const controller = new AbortController();
        const further = way && pace.further(host, () => controller.abort(abortError()));
        if (way === undefined || further === undefined) break;
        const helper = { way, further, controller };
        const ended = help(helper).finally(() => {
          further.end();
          running.delete(helper);
        });
        running.set(helper, ended);
        // A bug surfaces where the end of the helper is waited for.
        ended.catch(() => {});
      }
    }
  }

  return {
    count: () => running.size,
    received: () => received,
    left,
    support(way) {
      if (own !== way) {
        own = way;
        agreed.add(way.url);
      }
      if (leave !== undefined || work.size === undefined || partial.front < AGREE_BYTES) return;
      signal.addEventListener("abort", endAll);
      leave = pace.join({
        get hosts() {
          return hostsNow();
        },
        left: segments.left,
        wantsMore,
        granted,
      });
    },
    async change() {
      const moment = new AbortController();
      const passed = sleep(CHANGE_MS, undefined, { signal: moment.signal }).catch(() => {});
      await Promise.race([passed, ...running.values()]).finally(() => moment.abort());
      signal.throwIfAborted();
    },
    async stop() {
      signal.removeEventListener("abort", endAll);
      leave?.();
      leave = undefined;
      const ends = [...running.values()];
      endAll();
      await Promise.all(ends);
    },
  };
}

/** A connection that helps, and what ends it. */
interface Helper {
  readonly way: Way;
  readonly further: Further;
  readonly controller: AbortController;
}

/** The helpers of a file that nobody can help with: without a digest, bytes of several answers are never combined. */
export const NO_HELPERS: Helpers = {
  count: () => 0,
  received: () => 0,
  left: [],
  support() {},
  change: () => Promise.reject(new Error("Nobody helps.")),
  async stop() {},
};
