/** How many connections pay: found out by trying more, one host at a time, and keeping them only if the whole gets faster. */
import type { Hosts } from "./hosts.js";
import { nextTrial, type Trial, verdictOnTrial } from "./trial.js";

/** A file under way that could use further connections. */
export interface Helped {
  /** The hosts it may use, the one of its own connection first. */
  readonly hosts: readonly string[];
  /** Missing bytes. */
  missing(): number;
  /** Whether a further connection would find something to bring. */
  wantsMore(): boolean;
  /** Told from time to time to take connections that are granted and not taken. */
  start(): void;
}

/** A further connection. */
export interface Further {
  /** Its first byte came. */
  started(): void;
  end(): void;
}

/** The connections of one run. */
export interface Pace {
  /** Takes part until the answer is called. */
  join(file: Helped): () => void;
  /** Counts a file's own connection to a host, which needs no grant; the answer ends it. */
  own(host: string): () => void;
  /** Takes one of the further connections that a host is granted; undefined when there is none. `cut` takes it back. */
  further(host: string, cut: () => void): Further | undefined;
  /** Counts bytes that arrived. */
  arrived(bytes: number): void;
  /** Counts time in which a connection waited for the disk, in milliseconds. */
  heldUp(ms: number): void;
  /**
   * A further connection to a host failed and has ended: it is not replaced for a while. `refused`: the host asked for
   * less, and half of the others end as well.
   */
  failed(host: string, refused: boolean): void;
  close(): void;
}

/** Limits of politeness. */
export interface PacePolicy {
  /**
   * Connections to one host from which on no further one is granted; those that files have of their own count, and are
   * always granted. 1: every file has only its own.
   */
  readonly connections: number;
}

/** Connections in all from which on no further one is granted. */
const MOST_IN_ALL = 32;
/** How often the pace is looked at, in milliseconds. */
const TICK_MS = 50;
/** How far back the rate is measured, in milliseconds: as far as answers take, since bytes come in as many bursts. */
const WINDOW_MS = 100;
const LONG_WINDOW_MS = 400;
const MOST_WINDOW_MS = 4_000;
/** With less of its time idle, this process is what limits the pace: further connections could not help. */
const IDLE_SHARE = 0.25;
/** With its connections waiting for the disk this much of the time, the disk does. */
const HELD_SHARE = 0.25;
/** For how long a fruitless trial puts off the next one at its host: twice as long each time, in milliseconds. */
const LEAST_REST_MS = 5_000;
const MOST_REST_MS = 30_000;
/** For how long a host that failed or refused is granted nothing more, in milliseconds. */
const FAILED_MS = 2_000;
const REFUSED_MS = 30_000;
/** How far apart further connections to a host begin that has gone silent, in milliseconds. */
const SILENT_APART_MS = 2_000;

interface Host {
  own: number;
  /** How to take back each further connection, the oldest first. */
  further: Set<() => void>;
  granted: number;
  /** When the last further connection began. */
  begunAt: number;
  /** Further connections without a byte so far, and when the last of the others had its first. */
  starting: number;
  startedAt: number;
  /** No trial before this time, and how long the next fruitless one puts it off. */
  restUntil: number;
  restMs: number;
}

/** Makes the pace of a run. Nothing ticks before a file joins. */
export function createPace(
  { connections }: PacePolicy,
  { latencyMs, isSilent }: Pick<Hosts, "latencyMs" | "isSilent">,
): Pace {
  const hosts = new Map<string, Host>();
  const files = new Set<Helped>();
  const samples: { at: number; bytes: number }[] = [];
  let bytes = 0;
  let trial: Trial | undefined;
  let timer: NodeJS.Timeout | undefined;
  let utilization = performance.eventLoopUtilization();
  /** Time that connections waited for the disk since the last look. */
  let heldMs = 0;

  const recordOf = (name: string): Host => {
    const unused = { own: 0, further: new Set<() => void>(), granted: 0, begunAt: 0, starting: 0, startedAt: 0 };
    const known = hosts.get(name) ?? { ...unused, restUntil: 0, restMs: LEAST_REST_MS };
    hosts.set(name, known);
    return known;
  };
  const openInAll = () => [...hosts.values()].reduce((sum, { own, further }) => sum + own + further.size, 0);
  const grant = (host: Host, count: number) => {
    host.granted = count;
    for (const cut of [...host.further].slice(count).reverse()) cut();
  };

  /** Takes back what a trial granted. */
  const undo = ({ host: name, from }: Trial) => {
    const host = recordOf(name);
    grant(host, Math.min(host.granted, from));
  };

  const sampleAt = (moment: number) => samples.findLast(({ at }) => at <= moment) ?? samples[0];
  /** Bytes a millisecond over `windowMs` before this moment. */
  const rate = (until: number, windowMs: number): number => {
    const [first, last] = [sampleAt(until - windowMs), sampleAt(until)];
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return (last.bytes - first.bytes) / (last.at - first.at);
  };
  /** Whether this process or the disk was the bottleneck since it was asked last: each tick has to ask. */
  const takeBusy = (): boolean => {
    const held = heldMs > TICK_MS * HELD_SHARE;
    heldMs = 0;
    const before = utilization;
    utilization = performance.eventLoopUtilization();
    const { idle, active } = performance.eventLoopUtilization(utilization, before);
    return held || idle < (idle + active) * IDLE_SHARE;
  };

  const tick = () => {
    // Connections that one file gave back may serve another.
    for (const file of [...files]) file.start();
    const now = performance.now();
    samples.push({ at: now, bytes });
    while (samples.length > 2 && (samples[1]?.at ?? now) <= now - MOST_WINDOW_MS) samples.shift();
    const tripMs = Math.max(0, ...[...files].flatMap((file) => file.hosts).map(latencyMs));
    const windowMs = Math.min(Math.max(WINDOW_MS, tripMs), MOST_WINDOW_MS / 2);
    const perMs = rate(now, windowMs);
    const perMsLong = rate(now, Math.min(Math.max(LONG_WINDOW_MS, 2 * tripMs), MOST_WINDOW_MS));
    const busy = takeBusy();
    if (trial !== undefined) {
      const host = recordOf(trial.host);
      const verdict = verdictOnTrial(trial, {
        now,
        perMs,
        perMsLong,
        starting: host.starting,
        startedAt: host.startedAt,
      });
      if (verdict === "wait") return;
      if (verdict === "keep") host.restMs = LEAST_REST_MS;
      else {
        host.restUntil = Math.max(host.restUntil, now + host.restMs);
        host.restMs = Math.min(host.restMs * 2, MOST_REST_MS);
        undo(trial);
      }
      trial = undefined;
      return;
    }
    if (busy || samples.length < 2) return;
    const wanting = [...files].filter((file) => file.wantsMore());
    trial = nextTrial({
      now,
      perMs,
      perMsPast: rate(now - windowMs, windowMs),
      perMsLong,
      leftBytes: wanting.reduce((sum, file) => sum + file.missing(), 0),
      room: MOST_IN_ALL - openInAll(),
      hosts: [...new Set(wanting.flatMap((file) => file.hosts))].map((name) => {
        const { own, further, granted, restUntil } = recordOf(name);
        return {
          name,
          own,
          further: further.size,
          granted,
          rests: now < restUntil,
          most: connections - own,
          latencyMs: latencyMs(name),
        };
      }),
    });
    if (trial === undefined) return;
    grant(recordOf(trial.host), trial.to);
    for (const file of wanting) file.start();
  };

  return {
    join(file) {
      files.add(file);
      if (connections > 1) timer ??= setInterval(tick, TICK_MS).unref();
      return () => {
        files.delete(file);
        if (files.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        samples.length = 0;
        // What was not shown to pay is not kept for the next file.
        if (trial !== undefined) undo(trial);
        trial = undefined;
      };
    },
    own(name) {
      const host = recordOf(name);
      host.own++;
      return () => void host.own--;
    },
    further(name, cut) {
      const host = recordOf(name);
      if (host.further.size >= Math.min(host.granted, connections - host.own)) return undefined;
      if (openInAll() >= MOST_IN_ALL) return undefined;
      // One now and then finds out whether it speaks to a new connection.
      const now = performance.now();
      if (now < host.begunAt + SILENT_APART_MS && isSilent(name)) return undefined;
      host.begunAt = now;
      host.further.add(cut);
      host.starting++;
      let starting = true;
      const started = () => {
        if (!starting) return;
        starting = false;
        host.starting--;
        host.startedAt = performance.now();
      };
      return {
        started,
        end() {
          started();
          host.further.delete(cut);
        },
      };
    },
    heldUp(ms) {
      heldMs += ms;
    },
    arrived(count) {
      bytes += count;
    },
    failed(name, refused) {
      const host = recordOf(name);
      const open = host.further.size;
      host.restUntil = Math.max(host.restUntil, performance.now() + (refused ? REFUSED_MS : FAILED_MS));
      grant(host, Math.min(host.granted, refused ? Math.floor(open / 2) : open));
    },
    close() {
      clearInterval(timer);
    },
  };
}
