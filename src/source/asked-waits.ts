/** How long a server asks to be left alone, read from the headers that say so: pure. */
import { type Headers, single } from "./headers.js";

/** Statuses that ask to come back later (RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4). */
export const COME_BACK = new Set([408, 425, 429]);

/** As long as for ever; what is longer cannot be told apart from it. */
const LONGEST_WAIT_S = 1_000_000_000;
/** Seconds that are a date, not a wait: the year 2001. */
const EPOCH_S = 1_000_000_000;
/** A number of seconds, or several: headers that are there twice are joined. */
const SECONDS = /^\d+(?:\.\d+)?(?:\s*,\s*\d+(?:\.\d+)?)*$/;
/** Of HTTP in its three forms (RFC 9110 section 5.6.7), and of RFC 3339. */
const DATE = /^(?:[A-Z][a-z]{2,8},? |\d{4}-\d\d-\d\dT)/;

/**
 * Milliseconds to wait by a Retry-After value: seconds or a date (RFC 9110 section 10.2.3). Seconds with a fraction are
 * taken, and of several the most; a date has to look like one, since `Date.parse` finds dates in nearly anything.
 */
export function retryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (SECONDS.test(text)) return waitOf(Math.max(...text.split(",").map(Number)) * 1000);
  return DATE.test(text) && !Number.isNaN(Date.parse(text)) ? waitOf(Date.parse(text) - now) : undefined;
}

/** A wait in milliseconds: none has begun before it is asked for, and none is longer than for ever. */
function waitOf(ms: number): number {
  return Math.min(Math.max(0, ms), LONGEST_WAIT_S * 1000);
}

/**
 * How long a used-up quota lasts, in milliseconds; undefined while some of it is left or none is stated. Reads the
 * `RateLimit` field (draft-ietf-httpapi-ratelimit-headers: `"name";r=0;t=30`, earlier `remaining=0, reset=30`) and the
 * `RateLimit-Remaining` and `-Reset` pair that came before it, with or without `X-`.
 */
export function quotaPause(headers: Headers, now: number): number | undefined {
  const field = single(headers.ratelimit) ?? "";
  const pair = (name: string) => single(headers[`ratelimit-${name}`]) ?? single(headers[`x-ratelimit-${name}`]);
  const remaining = /\b(?:r|remaining)=(\d+)/.exec(field)?.[1] ?? pair("remaining");
  if (remaining === undefined) return undefined;
  const reset = /\b(?:t|reset)=(\d+)/.exec(field)?.[1] ?? pair("reset");
  if (remaining.trim() !== "0" || reset === undefined || !/^\s*\d+\s*$/.test(reset)) return undefined;
  const seconds = Number(reset);
  // Some servers state the moment in seconds since the epoch, or in milliseconds, instead of the wait.
  if (seconds > EPOCH_S * 1000) return waitOf(seconds - now);
  return waitOf(seconds > EPOCH_S ? seconds * 1000 - now : seconds * 1000);
}
