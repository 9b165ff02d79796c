/** What a run has learned of the hosts it asks: which ones want to be left alone for a while, which ones fail. */
import type { AssetsError } from "../errors.js";
import { SHORT_SCHEMES } from "../short-urls.js";
import { lfsEndpointIn } from "../url-forms.js";
import { Gate, type Passed, type Waiter } from "./gate.js";
import { hostPauseMs, isOfFile, patienceMs, type RetryPolicy, SEVERAL, type Standing } from "./retry.js";
import { Room } from "./room.js";

/**
 * The hosts of one run. Times in milliseconds, moments by `performance.now`. How a host stands follows from its failures
 * in a row, whatever it was asked for, which end when it gives all that it is asked for at one time:
 *
 * - failing, once a failure made it pause: after each pause one asks, and the others wait for what comes of that;
 * - avoided, from the third failure on: asked last;
 * - given up, after the sixth, when patience with it is over: nobody asks it more than once;
 * - gone, when several have asked it in vain since: nobody waits for it.
 */
export interface Hosts {
  /** No part of a file is asked of the host for this long; requests under way go on. */
  pause(host: string, ms: number): void;
  /** How long the host is to be left alone from now on, at least. */
  waitMs(host: string): number;
  /**
   * Waits in line until the host may be asked, where there is a line, and answers what is to be called once it has
   * answered or failed. Rejects with the signal's reason.
   */
  pass(host: string, signal: AbortSignal, waiter?: Waiter): Passed | Promise<Passed>;
  /** The host answered after so long, and takes no further request for `pauseMs`. */
  answered(host: string, tookMs: number, pauseMs?: number): void;
  /** How long its answers take: the longest of late, 0 when there was none. */
  latencyMs(host: string): number;
  /** A body is on the way until the answer is called. */
  gives(host: string): () => void;
  /** Bytes of a body came. */
  heard(host: string): void;
  /** Whether bodies are on the way, and of none of them anything came for a while. */
  isSilent(host: string): boolean;
  /** The host keeps a request waiting for long, until the answer is called. */
  keepsWaiting(host: string): () => void;
  /**
   * Whether a request that waits since this moment for an answer, already for long, is better made again; `timesBefore`: how
   * often it was so far. The host may be asked for less at one time from now on.
   */
  leftOut(host: string, since: number, timesBefore: number): boolean;
  /** Whether a request that is made now would be answered soon, as far as it is known. */
  isReady(host: string): boolean;
  /** Whether that is so of every host; false where there are many, of which each is to be asked for itself. */
  areAllReady(): boolean;
  /** The host gave all that it was asked for at this moment. */
  served(host: string, asked: number): void;
  /** Before it failed, the host gave enough to count as one that serves. */
  gaveSome(host: string): void;
  /**
   * The host failed in a way that may pass, with what fails since this moment. Answers for how long it is left alone, if it
   * is: what fails meanwhile was under way before, and says nothing new.
   */
  failed(host: string, error: AssetsError, since: number): number | undefined;
  standing(host: string): Standing;
  /** How the host failed last. */
  lastFailure(host: string): AssetsError | undefined;
  /** The host is asked last until it answers, or, being slow, until it has given all that it was asked for. */
  avoid(host: string, why?: "slow"): void;
  isAvoided(host: string): boolean;
}

/** For how long a host that failed several times in a row is asked last, and one that was slow. */
const AVOIDED_MS = 30_000;
const SLOW_MS = 10 * 60_000;
/** How long nothing comes of bodies that are on the way before it is no chance, in milliseconds. */
const SILENT_MS = 2_000;
/** A host that fails more often in a row, and than a file may, can be given up; it is gone after as many more. */
const MANY = 5;
/** To look at more hosts than these would take longer than to look for those of one file. */
const FEW = 16;
/** It is not gone before this long. */
const IN_VAIN_MS = 30_000;

/** What is known of a host. */
interface Host {
  readonly gate: Gate;
  readonly room: Room;
  latencyMs: number;
  isLast: boolean;
  slowUntil: number;
  /** In a row, when the first and the last of them were, and what the last one was. */
  failures: number;
  failingSince: number;
  failedAt: number;
  lastFailure: AssetsError | undefined;
  /** When it was given up, and failures since. */
  givenUpAt: number | undefined;
  inVain: number;
  /** When it last gave something, and the moment of the latest request that it served. */
  servedAt: number;
  servedAsked: number;
  /** Bodies that are on the way, the most of them at one time, when bytes of them came, and answers that are long in coming. */
  giving: number;
  mostGiving: number;
  heardAt: number;
  owing: number;
}

function unknownHost(): Host {
  const host: Host = {
    gate: new Gate(() => host.room.isFree(underWay(host))),
    room: new Room(),
    latencyMs: 0,
    isLast: false,
    slowUntil: 0,
    failures: 0,
    failingSince: 0,
    failedAt: 0,
    lastFailure: undefined,
    givenUpAt: undefined,
    inVain: 0,
    servedAt: Number.NEGATIVE_INFINITY,
    servedAsked: Number.NEGATIVE_INFINITY,
    giving: 0,
    mostGiving: 0,
    heardAt: 0,
    owing: 0,
  };
  return host;
}

/** Requests that may be answered soon, and bodies that are on the way. */
function underWay({ gate, giving, owing }: Host): number {
  return gate.unanswered + giving - owing;
}

/** Knows nothing of any host yet. */
export function createHosts(policy: RetryPolicy): Hosts {
  const hosts = new Map<string, Host>();
  const of = (name: string): Host => {
    const known = hosts.get(name) ?? unknownHost();
    hosts.set(name, known);
    return known;
  };
  const pause = ({ gate }: Host, ms: number) => gate.close(Math.min(ms, policy.maxRetryAfterMs));
  const isHopedFor = ({ lastFailure, failures, giving, failingSince, servedAt }: Host) =>
    lastFailure === undefined ||
    failures === 0 ||
    giving > 0 ||
    performance.now() < failingSince + patienceMs(lastFailure, failingSince, servedAt, policy);
  const standing = (host: Host): Standing => {
    const { failures, lastFailure, givenUpAt, inVain, servedAt, servedAsked, giving } = host;
    const inVainMs = givenUpAt === undefined ? 0 : performance.now() - givenUpAt;
    // One that is silent takes a minute to say so.
    const isInVain = inVain >= (lastFailure?.retry?.silent ? 1 : MANY);
    return {
      failures,
      hoped: isHopedFor(host),
      givenUp: givenUpAt !== undefined,
      gone: isInVain && inVainMs >= IN_VAIN_MS,
      servedAt,
      servedAsked,
      giving: giving > 0,
    };
  };
  const isReady = ({ gate, owing }: Host) => owing === 0 && gate.waitMs() === 0;
  const serves = (host: Host) => {
    host.failures = 0;
    host.givenUpAt = undefined;
    host.inVain = 0;
    host.servedAt = performance.now();
    host.gate.unguard();
  };
  return {
    pause: (name, ms) => pause(of(name), ms),
    waitMs: (name) => of(name).gate.waitMs(),
    pass: (name, signal, waiter) => of(name).gate.pass(signal, waiter),
    answered(name, tookMs, pauseMs = 0) {
      const host = of(name);
      host.isLast = false;
      host.latencyMs = Math.max(tookMs, host.latencyMs / 2);
      if (host.room.answered(tookMs)) host.gate.roomChanged();
      if (pauseMs > 0) pause(host, pauseMs);
    },
    latencyMs: (name) => of(name).latencyMs,
    gives(name) {
      const host = of(name);
      host.giving++;
      host.mostGiving = Math.max(host.mostGiving, host.giving);
      host.heardAt = performance.now();
      return () => {
        host.giving--;
        host.gate.roomChanged();
      };
    },
    heard(name) {
      of(name).heardAt = performance.now();
    },
    isSilent(name) {
      const { giving, heardAt } = of(name);
      return giving > 0 && performance.now() > heardAt + SILENT_MS;
    },
    keepsWaiting(name) {
      const host = of(name);
      host.owing++;
      host.gate.roomChanged();
      return () => void host.owing--;
    },
    leftOut(name, since, timesBefore) {
      const host = of(name);
      const { room, mostGiving, latencyMs } = host;
      return room.leftOut(since, timesBefore, { underWay: underWay(host), mostGiving, latencyMs });
    },
    isReady: (name) => isReady(of(name)),
    areAllReady() {
      if (hosts.size > FEW) return false;
      for (const host of hosts.values()) if (!isReady(host)) return false;
      return true;
    },
    served(name, asked) {
      const host = of(name);
      host.servedAsked = Math.max(host.servedAsked, asked);
      host.slowUntil = 0;
      serves(host);
    },
    gaveSome: (name) => serves(of(name)),
    failed(name, error, since) {
      const host = of(name);
      const now = performance.now();
      if (host.givenUpAt !== undefined) host.inVain++;
      const closedMs = host.gate.closedMs();
      if (closedMs > 0) return closedMs;
      // Who serves others meanwhile fails with what it was asked for.
      if (isOfFile(error, standing(host), since)) return undefined;
      if (host.failures === 0) host.failingSince = now;
      host.failures++;
      host.failedAt = now;
      host.lastFailure = error;
      if (host.failures > Math.max(policy.retries, MANY) && !isHopedFor(host)) host.givenUpAt ??= now;
      const pauseMs = hostPauseMs(error, standing(host), policy, Math.random);
      if (pauseMs === undefined) return undefined;
      host.gate.guard();
      pause(host, pauseMs);
      return pauseMs;
    },
    standing: (name) => standing(of(name)),
    lastFailure: (name) => of(name).lastFailure,
    avoid(name, why) {
      const host = of(name);
      if (why === "slow") host.slowUntil = performance.now() + SLOW_MS;
      else host.isLast = true;
    },
    isAvoided(name) {
      const { isLast, slowUntil, failures, failedAt } = of(name);
      return (
        isLast || performance.now() < slowUntil || (failures >= SEVERAL && performance.now() < failedAt + AVOIDED_MS)
      );
    },
  };
}

/** What many URLs begin with, up to the path: the last such beginning that was taken apart, and its host. */
let latest = { start: "", host: "" };

/** The host of a URL, with its port; the URL itself where it has none. */
export function hostOf(url: string): string {
  const start = /^https?:\/\/[^/?#\\]+/i.exec(url)?.[0];
  if (start === latest.start) return latest.host;
  const host = parsedHostOf(url);
  if (start !== undefined && URL.canParse(url)) latest = { start, host };
  return host;
}

function parsedHostOf(url: string): string {
  const asked = lfsEndpointIn(url)?.href ?? url;
  if (!URL.canParse(asked)) return url;
  const { host, protocol } = new URL(asked);
  // What has a short name is all at one service.
  return host || (SHORT_SCHEMES.includes(protocol.slice(0, -1)) ? protocol : url);
}
