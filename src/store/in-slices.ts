/** Looks at many files at once, never keeping everything else waiting for long, a signal for one. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { abortError } from "../errors.js";

/** Longest that looking keeps everything else waiting, in milliseconds. */
const SLICE_MS = 50;

/** A disk that manages fewer looks in several slices on end is asked for many at a time. */
const SLICE_LOOKS = 100;
const SLOW_SLICES = 3;

/**
 * Calls `look` with 0, 1, ... up to `count`, while it answers true and the disk is not slow. Answers how often that was.
 * Throws ABORTED.
 */
export async function inSlices(count: number, look: (index: number) => boolean, signal?: AbortSignal): Promise<number> {
  let begun = Date.now();
  let looks = 0;
  let slow = 0;
  for (let index = 0; index < count; index++) {
    if (!look(index)) return index;
    looks++;
    if (Date.now() - begun < SLICE_MS) continue;
    slow = looks < SLICE_LOOKS ? slow + 1 : 0;
    if (slow === SLOW_SLICES) return index + 1;
    await nextTurn();
    if (signal?.aborted) throw abortError();
    begun = Date.now();
    looks = 0;
  }
  return count;
}
