/** How fast bytes arrive, measured over the last seconds. */

const WINDOW_MS = 10_000;
// Fine enough that old bytes leave the window without a visible step, coarse enough to stay small.
const SLICE_MS = 250;
// A proxy that buffers delivers a whole file at once: the burst alone says nothing about the line.
const LEAST_MS = 500;

/**
 * A speed measured over a sliding window, from `start` on: time without bytes after that counts as slowness, as it should.
 * The caller brings the clock: milliseconds that never fall. A class, as there is one for each file.
 */
export class Rate {
  readonly #start: number;
  #slices: { at: number; bytes: number }[] = [];

  constructor(start: number) {
    this.#start = start;
  }

  /** Notes that `bytes` more have arrived. Zero and less are ignored. */
  add(now: number, bytes: number): void {
    if (!(bytes > 0)) return;
    const last = this.#slices.at(-1);
    if (last && now - last.at < SLICE_MS) {
      last.bytes += bytes;
      return;
    }
    this.#slices = this.#slices.filter((slice) => slice.at > now - WINDOW_MS - SLICE_MS);
    this.#slices.push({ at: now, bytes });
  }

  /** Bytes per second; undefined while there is too little to measure. 0 when nothing came for a whole window. */
  speed(now: number): number | undefined {
    const measured = Math.min(now - this.#start, WINDOW_MS);
    if (!(measured >= LEAST_MS)) return undefined;
    // Of a slice that the window's edge cuts, its part inside counts.
    const inside = ({ at }: { at: number }) => Math.min(1, Math.max(0, (at + SLICE_MS - now + WINDOW_MS) / SLICE_MS));
    const bytes = this.#slices.reduce((sum, slice) => sum + slice.bytes * inside(slice), 0);
    return (bytes * 1000) / measured;
  }
}

// Longer than this is not a forecast any more.
const LONGEST_FORECAST_MS = 100 * 3_600_000;

/** Milliseconds until `remaining` bytes have come at this speed; undefined when that cannot be told. */
export function timeLeft(remaining: number, speed: number | undefined): number | undefined {
  if (remaining <= 0) return 0;
  if (speed === undefined || !(speed > 0)) return undefined;
  const ms = (remaining * 1000) / speed;
  return ms <= LONGEST_FORECAST_MS ? ms : undefined;
}
