/** What a row of the table is computed from: medians, ranges, and ratios of runs that stood beside each other. */

/** The middle and the ends of some measurements. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The middle value, or the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error("There is no median of nothing");
  return (lower + upper) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The ratios round by round. What slows a machine for a minute slows both runs of a round, so the median of these
 * says more than the ratio of two medians.
 */
export function pairedRatios(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} runs cannot be paired with ${theirs.length}`);
  return spread(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** Whether a ratio keeps within its limit, as it is printed: with two digits after the point. */
export function isHeld(ratio: number, atMost: number): boolean {
  return Number(ratio.toFixed(2)) <= atMost;
}
