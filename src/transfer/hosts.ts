/** What a run has learned of the hosts it asks: which ones want to be left alone for a while, which ones fail. */

import { setTimeout as sleep } from "node:timers/promises";
import type { AssetsError } from "../errors.js";
import { SHORT_SCHEMES } from "../short-urls.js";
import { lfsEndpointIn } from "../url-forms.js";
import { isOfHost, type RetryPolicy, SEVERAL, type Standing } from "./retry.js";

/** The hosts of one run. Times in milliseconds. */
export interface Hosts {
  /** No part of a file is asked of the host for this long; requests under way go on. */
  pause(host: string, ms: number): void;
  /** How long the host is to be left alone from now on, by one more who wants to ask it. */
  waitMs(host: string): number;
  /**
   * Waits until the host may be asked, each waiter a little later than the one before, or until `gaveUp` says so. Throws
   * the signal's reason.
   */
  ready(host: string, signal: AbortSignal, gaveUp?: () => boolean): Promise<void>;
  /** The host answered after so long, and takes no further request for `pauseMs`. */
  answered(host: string, tookMs: number, pauseMs?: number): void;
  /** How long its answers take: the longest of late, 0 when there was none. */
  latencyMs(host: string): number;
  /** The host gave so many bytes that were missing. */
  brought(host: string, bytes: number): void;
  /** The host gave all that it was asked for at one time: its failures are over. */
  served(host: string): void;
  /** A request failed in a way that may pass. Told before the pause that follows: what fails within one began before it. */
  failed(host: string, error: AssetsError): void;
  /** How the host stands, whatever it was asked for, and how it failed last. */
  standing(host: string): Standing;
  lastFailure(host: string): AssetsError | undefined;
  /** The host is asked last until it answers. */
  avoid(host: string): void;
  /** Whether it is asked last: it is avoided, or has failed several times in a row of late. */
  isAvoided(host: string): boolean;
}

/** How often a waiter looks whether to go on waiting, in milliseconds. */
const LOOK_MS = 250;
/** After a pause the requests that waited go out one by one, this far apart. */
const APART_MS = 50;
/** For how long a host that failed several times in a row is asked last, in milliseconds. */
const AVOIDED_MS = 30_000;
/** A host that fails more often in a row, and than a file may, is given up; as often again, and it is not waited for. */
const MANY = 5;
/** Who brought so many bytes serves. */
const SERVING_BYTES = 64 * 1024;

/** What is known of a host. */
interface Host {
  quietUntil: number;
  /** How many wait for it. */
  waiting: number;
  latencyMs: number;
  isAvoided: boolean;
  /** Failures in a row, those of them since it was given up, the last one, and when that was. */
  failures: number;
  inVain: number;
  lastFailure: AssetsError | undefined;
  failedAt: number;
  /** When it last served, what it has brought since, and whether that was since it failed. */
  servedAt: number;
  bytes: number;
  hasServed: boolean;
}

type HostPolicy = Pick<RetryPolicy, "retries" | "outageMs" | "maxRetryAfterMs">;

/** Knows nothing of any host yet. */
export function createHosts({ retries, outageMs, maxRetryAfterMs }: HostPolicy): Hosts {
  const hosts = new Map<string, Host>();
  const of = (name: string): Host => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const made: Host = {
      quietUntil: 0,
      waiting: 0,
      latencyMs: 0,
      isAvoided: false,
      failures: 0,
      inVain: 0,
      lastFailure: undefined,
      failedAt: Number.NEGATIVE_INFINITY,
      servedAt: Number.NEGATIVE_INFINITY,
      bytes: 0,
      hasServed: false,
    };
    hosts.set(name, made);
    return made;
  };
  /** When the pause is over for one who waits behind so many others. */
  const endFor = ({ quietUntil }: Host, before: number) => quietUntil + before * APART_MS;
  const left = (host: Host) => Math.max(0, endFor(host, host.waiting) - performance.now());
  const pause = (host: Host, ms: number) => {
    host.quietUntil = Math.max(host.quietUntil, performance.now() + Math.min(ms, maxRetryAfterMs));
  };
  const succeed = (host: Host) => {
    host.bytes = 0;
    host.servedAt = performance.now();
    host.hasServed = true;
  };
  const isHopedFor = ({ servedAt }: Host) => performance.now() < servedAt + outageMs;
  const isGivenUp = (host: Host) => host.failures > Math.max(retries, MANY) && !isHopedFor(host);
  return {
    pause: (name, ms) => pause(of(name), ms),
    waitMs: (name) => left(of(name)),
    async ready(name, signal, gaveUp = () => false) {
      const host = of(name);
      if (left(host) === 0) return;
      const before = host.waiting++;
      try {
        for (let until = endFor(host, before); until > performance.now() && !gaveUp(); until = endFor(host, before)) {
          const ms = Math.min(until - performance.now(), LOOK_MS);
          await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
        }
      } finally {
        host.waiting--;
      }
    },
    answered(name, tookMs, pauseMs = 0) {
      const host = of(name);
      host.isAvoided = false;
      host.latencyMs = Math.max(tookMs, host.latencyMs / 2);
      if (pauseMs > 0) pause(host, pauseMs);
    },
    latencyMs: (name) => of(name).latencyMs,
    brought(name, bytes) {
      const host = of(name);
      host.bytes += bytes;
      if (host.bytes >= SERVING_BYTES) succeed(host);
    },
    served(name) {
      const host = of(name);
      host.failures = 0;
      host.inVain = 0;
      succeed(host);
    },
    failed(name, error) {
      const host = of(name);
      if (isGivenUp(host)) host.inVain++;
      if (host.quietUntil > performance.now()) return;
      host.lastFailure = error;
      host.failedAt = performance.now();
      // Beside others that get their bytes, it is what was asked for that fails, unless the host says otherwise.
      host.failures = host.hasServed && !isOfHost(error) ? 1 : host.failures + 1;
      host.hasServed = false;
    },
    standing(name) {
      const host = of(name);
      const givenUp = isGivenUp(host);
      const { failures, servedAt, inVain } = host;
      return { failures, servedAt, hoped: isHopedFor(host), givenUp, gone: givenUp && inVain >= MANY };
    },
    lastFailure: (name) => of(name).lastFailure,
    avoid(name) {
      of(name).isAvoided = true;
    },
    isAvoided(name) {
      const { isAvoided, failures, failedAt } = of(name);
      return isAvoided || (failures >= SEVERAL && performance.now() < failedAt + AVOIDED_MS);
    },
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
