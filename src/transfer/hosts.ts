/** What a run has learned of the hosts it asks: which ones want to be left alone for a while, which ones are not there. */
import { setTimeout as sleep } from "node:timers/promises";

/** The hosts of one run. Times in milliseconds. */
export interface Hosts {
  /** No part of a file is asked of the host for this long; requests under way go on. */
  pause(host: string, ms: number): void;
  /** How long the host is to be left alone from now on. */
  waitMs(host: string): number;
  /** Waits until the host may be asked, each waiter a little later than the one before. Throws the signal's reason. */
  ready(host: string, signal: AbortSignal): Promise<void>;
  /** The host could not be reached at all, or wants to be left alone for very long: it is asked last, until it answers. */
  markUnreachable(host: string): void;
  markReachable(host: string): void;
  isUnreachable(host: string): boolean;
}

/** Timers count in 32 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** After a pause the requests that waited go out one by one, this far apart. */
const APART_MS = 50;

/** Knows nothing of any host yet. */
export function createHosts(): Hosts {
  const quietUntil = new Map<string, number>();
  const unreachable = new Set<string>();
  const left = (host: string) => Math.max(0, (quietUntil.get(host) ?? 0) - performance.now());
  return {
    waitMs: left,
    pause(host, ms) {
      quietUntil.set(host, Math.max(quietUntil.get(host) ?? 0, performance.now() + ms));
    },
    async ready(host, signal) {
      for (;;) {
        const waitMs = left(host);
        if (waitMs === 0) return;
        await sleep(Math.min(waitMs, LONGEST_TIMER_MS), undefined, { signal }).catch(() => signal.throwIfAborted());
        // Whoever wakes first goes; for the others the pause is that much longer.
        if (left(host) > 0) continue;
        quietUntil.set(host, performance.now() + APART_MS);
        return;
      }
    },
    markUnreachable: (host) => void unreachable.add(host),
    markReachable: (host) => void unreachable.delete(host),
    isUnreachable: (host) => unreachable.has(host),
  };
}

/** The host of a URL, with its port; the URL itself where it has none. */
export function hostOf(url: string): string {
  return (URL.canParse(url) && new URL(url).host) || url;
}
