/** Measures contestants by turns: A B B A, after a first round that warms up and does not count. */
import { pairedRatios, type Spread, spread } from "./statistics.js";
import { type Row, secondsText, spreadText } from "./table.js";
import type { Workshop } from "./workshop.js";

/** What one run gave: its wall time, and what else a scenario measures. Sizes in bytes. */
export interface Sample {
  seconds: number;
  /** Sent by the server. */
  sent?: number;
  /** Occupied on disk afterwards. */
  disk?: number;
  /** The most memory held. */
  peak?: number;
  /** The most requests under way at once. */
  requests?: number;
  /** What was there of a file when a run was stopped; undefined for a run that came to its end. */
  arrived?: number;
}

/** One way to do the task. */
export interface Contestant {
  name: string;
  /** A program it needs that is not installed. */
  missing?: string | undefined;
  /** Puts everything as it must be before a run. Not timed. */
  prepare?(): Promise<unknown>;
  run(): Promise<Sample>;
  /** Whether the result is right, byte for byte. Not timed. */
  check?(): Promise<boolean>;
}

/** What became of a contestant: samples, or the word that stands in the table instead. */
export interface Measured {
  name: string;
  samples: Sample[];
  trouble?: string;
}

/** One result for each contestant, in their order. */
export type MeasuredOf<T extends readonly Contestant[]> = { [index in keyof T]: Measured };

/** How a sample is read and written down. */
export interface Quantity {
  of(sample: Sample): number;
  text(value: number): string;
}

const WALL_TIME: Quantity = { of: ({ seconds }) => seconds, text: secondsText };

async function turn(shop: Workshop, contestant: Contestant): Promise<Sample | string> {
  shop.cleanup.check();
  try {
    await contestant.prepare?.();
    // What one run left unwritten must not slow the next.
    await shop.run(["sync"]);
    const sample = await contestant.run();
    if ((await contestant.check?.()) === false) return "WRONG";
    return sample;
  } catch (error) {
    return `failed: ${(error as Error).message.split("\n").at(-1)?.slice(0, 120)}`;
  }
}

/** The same, beginning with another one in each round: what one leaves behind can make it easier or harder for the next. */
function inTurn<T>(all: readonly T[], round: number): T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

/** Lets each contestant do its task by turns, `runs` times. One that fails or is wrong once is out. */
export async function race<const T extends readonly Contestant[]>(
  shop: Workshop,
  runs: number,
  contestants: T,
  { warmUp = true }: { warmUp?: boolean } = {},
): Promise<MeasuredOf<T>> {
  const results = contestants.map(({ name, missing }): Measured => {
    return { name, samples: [], ...(missing !== undefined && { trouble: `${missing} is not installed` }) };
  });
  for (let round = warmUp ? 0 : 1; round <= runs; round += 1) {
    for (const [index, contestant] of inTurn([...contestants.entries()], round)) {
      const result = results[index];
      if (result === undefined || result.trouble !== undefined) continue;
      const outcome = await turn(shop, contestant);
      const label = round === 0 ? "warm-up" : `${round} of ${runs}`;
      shop.say(
        `  ${label}: ${contestant.name}: ${typeof outcome === "string" ? outcome : secondsText(outcome.seconds)}`,
      );
      if (typeof outcome === "string") result.trouble = outcome;
      else if (round > 0) result.samples.push(outcome);
    }
  }
  return results as MeasuredOf<T>;
}

function values({ samples, trouble }: Measured, { of }: Quantity): number[] | undefined {
  return trouble === undefined && samples.length > 0 ? samples.map(of) : undefined;
}

/** A row of the table out of two measured contestants. */
export function compare(
  task: string,
  ours: Measured,
  theirs: Measured,
  { atMost, quantity = WALL_TIME, note }: { atMost?: number; quantity?: Quantity; note?: string } = {},
): Row {
  const [mine, other] = [values(ours, quantity), values(theirs, quantity)];
  const cell = (found: number[] | undefined, { trouble }: Measured) => {
    return found === undefined ? (trouble ?? "not run") : spreadText(spread(found), quantity.text);
  };
  const ratio: Spread | undefined = mine && other && pairedRatios(mine, other);
  return {
    task,
    against: theirs.name,
    ours: cell(mine, ours),
    theirs: cell(other, theirs),
    ...(ratio !== undefined && { ratio }),
    ...(atMost !== undefined && { atMost }),
    ...(note !== undefined && { note }),
  };
}
