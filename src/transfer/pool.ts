/** Runs tasks side by side, a few at a time; those that only wait for something give their place to others meanwhile. */

/** The place of one task among those that run. */
export interface Lane {
  /** Gives the place to others until this has settled, and waits until there is room again. Throws what it throws. */
  rest<T>(waiting: () => Promise<T>): Promise<T>;
}

/** The place of a task that is not of a pool: it has nobody to give it to. */
export const NO_LANE: Lane = { rest: (waiting) => waiting() };

/** As many tasks may rest at least before those begin that would have to wait, however few run at once. */
const LEAST_RESTING = 32;

/** How tasks are run. */
export interface PoolOptions<Item> {
  /** How much an item counts; default 1. One that is heavier than the limit runs alone. */
  weightOf?: (item: Item) => number;
  /** Whether an item would have to wait for nothing at this moment; such items go first. Default: every one. */
  isReady?: (item: Item) => boolean;
  /** What an item may have to wait for: those of one group are ready at the same time. Default: all are of one. */
  groupOf?: (item: Item) => string;
}

/**
 * Calls `task` for every item, at most `limit` at once, and answers the results in the items' order. After a throw no
 * further item is begun, and it is passed on once the tasks under way have ended.
 */
export async function runPool<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item, lane: Lane) => Promise<Result>,
  { weightOf = () => 1, isReady = () => true, groupOf = () => "" }: PoolOptions<Item> = {},
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  /** The next item in order; those before it that were not ready, by group; one that only waits for room. */
  let next = 0;
  const skipped = new Map<string, number[]>();
  let picked: number | undefined;
  /** Tasks that have rested, and want to go on. */
  const back: { weight: number; goOn: () => void }[] = [];
  /** Whether the last one that took a place had rested. */
  let wentOn = false;
  let load = 0;
  let resting = 0;
  let thrown: { error: unknown } | undefined;

  const hasRoom = (weight: number) => load === 0 || load + weight <= limit;
  const mostResting = Math.max(2 * limit, LEAST_RESTING);
  /** Ready items begin first; others only while not too many tasks rest: what one waits for in vain, another may get. */
  const pick = (): number | undefined => {
    for (const [group, [first]] of skipped) if (isReady(items[first as number] as Item)) return unskip(group);
    for (; next < items.length; next++) {
      const item = items[next] as Item;
      if (isReady(item)) return next++;
      const group = groupOf(item);
      const others = skipped.get(group);
      if (others === undefined) skipped.set(group, [next]);
      else others.push(next);
    }
    const [group] = skipped.keys();
    return group !== undefined && resting < mostResting && back.length === 0 ? unskip(group) : undefined;
  };
  const unskip = (group: string): number | undefined => {
    const indices = skipped.get(group);
    const first = indices?.shift();
    if (indices?.length === 0) skipped.delete(group);
    return first;
  };

  await new Promise<void>((resolve) => {
    const goOn = (): boolean => {
      const first = back[0];
      if (first === undefined || !hasRoom(first.weight)) return false;
      back.shift();
      load += first.weight;
      wentOn = true;
      first.goOn();
      return true;
    };
    const begin = (): boolean => {
      if (load >= limit || thrown !== undefined) return false;
      const index = picked ?? pick();
      picked = index;
      if (index === undefined) return false;
      const weight = weightOf(items[index] as Item);
      if (!hasRoom(weight)) return false;
      picked = undefined;
      load += weight;
      wentOn = false;
      void run(index, weight);
      return true;
    };
    /** Those that come back and those that begin take turns: one that rests again and again holds up nobody. */
    const fill = () => {
      while (wentOn ? begin() || goOn() : goOn() || (back.length === 0 && begin()));
      if (load === 0 && resting === 0 && back.length === 0) resolve();
    };
    const laneOf = (weight: number): Lane => ({
      async rest(waiting) {
        load -= weight;
        resting++;
        fill();
        try {
          return await waiting();
        } finally {
          await new Promise<void>((goOn) => {
            resting--;
            back.push({ weight, goOn });
            fill();
          });
        }
      },
    });
    const run = async (index: number, weight: number) => {
      try {
        results[index] = await task(items[index] as Item, laneOf(weight));
      } catch (error) {
        thrown ??= { error };
      }
      load -= weight;
      fill();
    };
    fill();
  });
  if (thrown !== undefined) throw (thrown as { error: unknown }).error;
  return results;
}
