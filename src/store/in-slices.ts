/** Takes many short steps that block, in slices between which signals and timers are heard. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { abortError } from "../errors.js";

/** Longest that a slice keeps everything else waiting, in milliseconds. */
const SLICE_MS = 50;

/** A disk that manages fewer looks in several slices on end is asked for many at a time. */
const SLICE_LOOKS = 100;
const SLOW_SLICES = 3;

/**
 * Calls `look` for 0, 1, ... up to `count`, and answers whether it came to the end: it stops at the first that answers
 * false, and where the disk is slow, since there many looks at a time take less. Throws ABORTED.
 */
export async function inSlices(
  count: number,
  look: (index: number) => boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  let begun = Date.now();
  let looks = 0;
  let slow = 0;
  for (let index = 0; index < count; index++) {
    if (!look(index)) return false;
    looks++;
    if (Date.now() - begun < SLICE_MS) continue;
    slow = looks < SLICE_LOOKS ? slow + 1 : 0;
    if (slow === SLOW_SLICES) return index + 1 === count;
    await nextTurn();
    if (signal?.aborted) throw abortError();
    begun = Date.now();
    looks = 0;
  }
  return true;
}
