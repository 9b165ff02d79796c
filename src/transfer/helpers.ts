/** Further connections that help a file's own one, as many as pay, to its host and to its other URLs. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { TriedUrl } from "../events.js";
import { type BringContext, bring, holds, type Way } from "./bring.js";
import { hostOf } from "./hosts.js";
import type { Further } from "./pace.js";
import { pauseAfter, type RetryPolicy } from "./retry.js";
import type { Segment } from "./segments.js";
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

/** How much a URL must have in common with what is here before it may help, in bytes. */
const AGREE_BYTES = 64 * 1024;
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
  const running = new Set<Helper>();
  const left: TriedUrl[] = [];
  /** URLs that have the same bytes, and those that can give no parts. */
  const agreed = new Set<string>();
  const unfit = new Set<string>();
  let own: Way | undefined;
  let received = 0;
  let leave: (() => void) | undefined;

  /** The URLs that may help, that of the file's own connection first. */
  const usable = () =>
    [...ways].sort((a, b) => Number(b === own) - Number(a === own)).filter(({ url }) => !unfit.has(url));
  const hostsNow = () => [...new Set(usable().map(({ url }) => hostOf(url)))];
  const wantsMore = () => usable().length > 0 && segments.worthSplitting(performance.now());

  async function help(way: Way, further: Further, helper: Helper): Promise<void> {
    try {
      if (!agreed.has(way.url)) await agree(way);
      while (!helper.ends) {
        const segment = segments.take(1 + running.size, performance.now());
        if (segment === undefined) return;
        helper.segment = segment;
        const onBytes = (bytes: number) => {
          received += bytes;
          further.started();
        };
        await bring(work, way, segment, { exact: true, onBytes }, context).finally(() => segments.release(segment));
      }
    } catch (error) {
      if (!(error instanceof AssetsError)) throw error;
      if (error.code !== "ABORTED") give(way, error);
    }
  }

  /** Draws the consequences of a helper's failure: less help from its host, or none from its URL. */
  function give(way: Way, error: AssetsError): void {
    const host = hostOf(way.url);
    const { retry } = error;
    pace.failed(host, retry?.wholeHost === true);
    if (retry?.wholeHost) hosts.pause(host, pauseAfter(error, policy, Math.random));
    if (retry !== undefined && !retry.slow) return;
    unfit.add(way.url);
    if (way === own) return;
    const tried = { url: way.url, attempts: 1, error: errorInfo(error) };
    left.push(tried);
    emit({ type: "transfer:leave", path: wanted.label, url: way.url, error: tried.error });
  }

  /** A URL helps only if it has the bytes that are here already: so a wrong file is found out before it does harm. */
  async function agree(way: Way): Promise<void> {
    const end = partial.front;
    const start = Math.max(0, end - AGREE_BYTES);
    const same = way === own || (await sameBytes(way, start, end));
    if (!same) {
      throw new AssetsError("DIGEST_MISMATCH", `${way.url} sends other bytes than ${own?.url ?? "the first source"}.`);
    }
    agreed.add(way.url);
  }

  async function sameBytes(way: Way, start: number, end: number): Promise<boolean> {
    await hosts.ready(hostOf(way.url), signal);
    const request = new AbortController();
    const onAbort = () => request.abort(abortError());
    signal.addEventListener("abort", onAbort);
    const timer = setTimeout(() => request.abort(silent(way.url)), policy.stallTimeoutMs);
    try {
      const located = await way.locate(request.signal);
      const { totalSize, offset, body } = await located.open({ offset: start, end, signal: request.signal });
      if (offset !== start || (totalSize ?? work.size) !== work.size) throw noRanges(way.url);
      let at = start;
      for await (const chunk of body) {
        const part = chunk.subarray(0, end - at);
        if (!(await holds(partial, part, at))) return false;
        at += part.length;
        if (at >= end) break;
      }
      return at >= end;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      request.abort(abortError());
    }
  }

  /** Starts as many helpers as are granted. */
  function granted(): void {
    for (const host of hostsNow()) {
      while (leave !== undefined && wantsMore()) {
        const way = usable().find(({ url }) => hostOf(url) === host);
        const helper: Helper = { ends: false, ended: Promise.resolve() };
        const further = way && pace.further(host, () => end(helper));
        if (way === undefined || further === undefined) break;
        running.add(helper);
        helper.ended = help(way, further, helper).finally(() => {
          further.end();
          running.delete(helper);
        });
        // A bug surfaces where the end of the helper is waited for.
        helper.ended.catch(() => {});
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
      await Promise.race([passed, ...[...running].map(({ ended }) => ended)]).finally(() => moment.abort());
      signal.throwIfAborted();
    },
    async stop() {
      leave?.();
      leave = undefined;
      for (const helper of running) end(helper);
      await Promise.all([...running].map(({ ended }) => ended));
    },
  };
}

/** A connection that helps. */
interface Helper {
  /** Set when it is to begin nothing more. */
  ends: boolean;
  segment?: Segment;
  /** Rejects only for a bug. */
  ended: Promise<void>;
}

/** Ends a helper; what it has not brought is missing again. */
function end(helper: Helper): void {
  helper.ends = true;
  if (helper.segment === undefined) return;
  helper.segment.end = helper.segment.at;
  helper.segment.onTaken();
}

/** The helpers of a file that nobody can help with: without a digest, bytes of several answers are never combined. */
export const NO_HELPERS: Helpers = {
  count: () => 0,
  received: () => 0,
  left: [],
  support() {},
  async change() {},
  async stop() {},
};

function noRanges(url: string): AssetsError {
  return new AssetsError("BAD_RESPONSE", `${url} does not answer to ranges as it should.`);
}

function silent(url: string): AssetsError {
  return new AssetsError("NETWORK", `${url} sent nothing.`, { retry: {} });
}
