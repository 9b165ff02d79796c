/** Spreads bytes evenly over time, as a server does that gives a connection, or all of them, a fixed rate. */
import { setTimeout as wait } from "node:timers/promises";

/** What a timer that fires late may make up for, in seconds. It is also the longest burst. */
const SLACK_SECONDS = 0.02;

/** Resolves when so many more bytes may be sent. Askers are served in the order in which they ask. */
export type Pacer = (bytes: number) => Promise<unknown>;

/** A pacer of a rate in bytes a second. */
export function createPacer(rate: number, now: () => number = () => performance.now() / 1000): Pacer {
  let free = now();
  return async (bytes) => {
    free = Math.max(free, now() - SLACK_SECONDS) + bytes / rate;
    const delay = free - now();
    if (delay > 0.001) await wait(delay * 1000);
  };
}
