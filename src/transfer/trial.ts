/** Trials of more connections: which one is next, and whether it paid. Pure. */

/** More connections to one host, until it is known whether they pay. */
export interface Trial {
  readonly host: string;
  /** Further connections granted to the host before and during the trial. */
  readonly from: number;
  readonly to: number;
  /** Connections in all before the trial. */
  readonly openBefore: number;
  /** Bytes a millisecond before the trial. */
  readonly perMsBefore: number;
  readonly since: number;
  /** How long the first bytes over the new connections may take, in milliseconds. */
  readonly openMs: number;
  /** How long they are given to show what they bring, once bytes came over each of them, in milliseconds. */
  readonly showMs: number;
}

/** A host that files under way could use. */
export interface HostNow {
  readonly name: string;
  /** Connections that files have of their own, and further ones. */
  readonly own: number;
  readonly further: number;
  /** Further connections that are granted, and the most that may be. */
  readonly granted: number;
  readonly most: number;
  /** A trial failed a short time ago. */
  readonly rests: boolean;
  /** How long its answers take, as far as it is known, in milliseconds. */
  readonly latencyMs: number;
}

/** How things stand. Times in milliseconds. */
export interface Standing {
  readonly now: number;
  /** Bytes a millisecond over the last moment, over the one before, and over a longer while. */
  readonly perMs: number;
  readonly perMsPast: number;
  readonly perMsLong: number;
  /** Missing bytes of the files that want more connections. */
  readonly leftBytes: number;
  /** Connections that may be opened beyond those that are. */
  readonly room: number;
  /** In the order of preference. */
  readonly hosts: readonly HostNow[];
}

/**
 * A transfer that ends sooner than this is not worth another connection, in milliseconds, and as many times as answers
 * take: a trial costs about so many, and is to be made up for by what is left after it.
 */
const WORTH_MS = 300;
const WORTH_TRIPS = 10;
/**
 * What has become faster by this much from one moment to the next is about to become faster by itself: a connection
 * sends twice as much with each round trip until it meets the limits of its way (RFC 5681 section 3.1).
 */
const GROWTH = 1.2;
/** The least time that new connections are given: a new one asks for more with each round trip. */
const SHOW_MS = 120;
const SHOW_TRIPS = 3;
/** How long the first of these bytes may take, or twice as long as answers take. */
const OPEN_MS = 3_000;
/** A trial is kept from this gain on. */
const LEAST_GAIN = 1.3;
/** What gains less than this must go on to do so for a while, since the pace of a busy machine is uneven. */
const CLEAR_GAIN = 1.6;
const PROVE_MS = 500;

/** The next trial, if one is worth while: a host that is not used yet, then more connections to one that is. */
export function nextTrial({ now, perMs, perMsPast, perMsLong, leftBytes, room, hosts }: Standing): Trial | undefined {
  if (perMs > perMsPast * GROWTH) return undefined;
  const free = hosts.filter(({ granted, most, rests }) => !rests && granted < most);
  const unused = free.find(({ own, granted }) => own === 0 && granted === 0);
  const host = unused ?? free.toSorted((a, b) => a.own + a.granted - (b.own + b.granted))[0];
  if (host === undefined) return undefined;
  const { name, own, granted, most } = host;
  const latencyMs = Math.max(...hosts.map((known) => known.latencyMs));
  if (leftBytes <= perMs * (WORTH_MS + WORTH_TRIPS * latencyMs)) return undefined;
  // From a single connection to two, then four times as many: a throttled host is found out in a few steps.
  const wanted = own + granted < 2 ? granted + 1 : (own + granted) * 4 - own;
  const to = Math.min(wanted, most, granted + room);
  if (to <= granted) return undefined;
  const openBefore = hosts.reduce((sum, { own, further }) => sum + own + further, 0);
  return {
    host: name,
    from: granted,
    to,
    openBefore,
    // A moment of silence is no measure.
    perMsBefore: Math.max(perMs, perMsLong),
    since: now,
    openMs: Math.max(OPEN_MS, 2 * latencyMs),
    showMs: Math.max(SHOW_MS, SHOW_TRIPS * latencyMs),
  };
}

/** How a trial stands. Times in milliseconds. */
export interface TrialNow {
  readonly now: number;
  /** Bytes a millisecond over the last moment, and over a longer while. */
  readonly perMs: number;
  readonly perMsLong: number;
  /** Further connections to the host that are still without a byte. */
  readonly starting: number;
  /** When the last of the others had its first. */
  readonly startedAt: number;
}

/** Whether a trial has paid. */
export function verdictOnTrial(
  { since, perMsBefore, openMs, showMs }: Trial,
  { now, perMs, perMsLong, starting, startedAt }: TrialNow,
): "wait" | "keep" | "undo" {
  if (starting > 0 && now - since < openMs) return "wait";
  const shownMs = now - Math.max(since, startedAt);
  if (shownMs < showMs) return "wait";
  if (perMs === 0 || perMs < perMsBefore * LEAST_GAIN) return "undo";
  if (perMs >= perMsBefore * CLEAR_GAIN) return "keep";
  if (shownMs < Math.max(PROVE_MS, 2 * showMs)) return "wait";
  return perMsLong >= perMsBefore * LEAST_GAIN ? "keep" : "undo";
}
