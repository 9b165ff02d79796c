/** What a run has learned of the hosts it asks: which ones want to be left alone for a while, which ones are not there. */

import { setTimeout as sleep } from "node:timers/promises";
import { SHORT_SCHEMES } from "../short-urls.js";
import { lfsEndpointIn } from "../url-forms.js";

/** The hosts of one run. Times in milliseconds. */
export interface Hosts {
  /** No part of a file is asked of the host for this long; requests under way go on. */
  pause(host: string, ms: number): void;
  /** How long the host is to be left alone from now on. */
  waitMs(host: string): number;
  /**
   * Waits until the host may be asked, each waiter a little later than the one before, or until `gaveUp` says so. Throws
   * the signal's reason.
   */
  ready(host: string, signal: AbortSignal, gaveUp?: () => boolean): Promise<void>;
  /** The host could not be reached at all, or wants to be left alone for very long: it is asked last, until it answers. */
  markUnreachable(host: string): void;
  /**
   * The host could not answer, or was not there: told before its pause. `often` is how often in a row makes it one that is
   * asked last; answered is how often in a row that was.
   */
  refused(host: string, often: number): number;
  /** The host answered after so long, and takes no further request for `pauseMs`. */
  answered(host: string, tookMs: number, pauseMs?: number): void;
  /** How long its answers take: the longest of late, 0 when there was none. */
  latencyMs(host: string): number;
  isUnreachable(host: string): boolean;
}

/** How often a waiter looks whether to go on waiting, in milliseconds. */
const LOOK_MS = 250;
/** After a pause the requests that waited go out one by one, this far apart. */
const APART_MS = 50;

/** Knows nothing of any host yet. No pause is longer than `mostMs`. */
export function createHosts(mostMs: number): Hosts {
  const quietUntil = new Map<string, number>();
  const unreachable = new Set<string>();
  const latency = new Map<string, number>();
  /** Refusals in a row. */
  const refusals = new Map<string, number>();
  /** How many wait for a host. */
  const waiting = new Map<string, number>();
  const left = (host: string) => Math.max(0, (quietUntil.get(host) ?? 0) - performance.now());
  const pause = (host: string, ms: number) => {
    quietUntil.set(host, Math.max(quietUntil.get(host) ?? 0, performance.now() + Math.min(ms, mostMs)));
  };
  /** When the pause is over for one who waits behind so many others. */
  const endOf = (host: string, before: number) => (quietUntil.get(host) ?? 0) + before * APART_MS;
  return {
    waitMs: left,
    pause,
    async ready(host, signal, gaveUp = () => false) {
      if (left(host) === 0) return;
      const before = waiting.get(host) ?? 0;
      waiting.set(host, before + 1);
      try {
        for (let until = endOf(host, before); until > performance.now() && !gaveUp(); until = endOf(host, before)) {
          const ms = Math.min(until - performance.now(), LOOK_MS);
          await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
      } finally {
        waiting.set(host, (waiting.get(host) ?? 1) - 1);
      }
    },
    refused(host, often) {
      const before = refusals.get(host) ?? 0;
      // What was on the way before the pause says nothing new.
      if (left(host) > 0) return before;
      refusals.set(host, before + 1);
      if (before + 1 >= often) unreachable.add(host);
      return before + 1;
    },
    latencyMs: (host) => latency.get(host) ?? 0,
    markUnreachable: (host) => void unreachable.add(host),
    answered(host, tookMs, pauseMs = 0) {
      unreachable.delete(host);
      refusals.delete(host);
      latency.set(host, Math.max(tookMs, (latency.get(host) ?? 0) / 2));
      if (pauseMs > 0) pause(host, pauseMs);
    },
    isUnreachable: (host) => unreachable.has(host),
  };
}

/** The host of a URL, with its port; the URL itself where it has none. */
export function hostOf(url: string): string {
  const asked = lfsEndpointIn(url)?.href ?? url;
  if (!URL.canParse(asked)) return url;
  const { host, protocol } = new URL(asked);
  // What has a short name is all at one service.
  return host || (SHORT_SCHEMES.includes(protocol.slice(0, -1)) ? protocol : url);
}
