/** Runs tasks side by side, a few at a time. */

/**
 * Calls `task` for every item, at most `limit` at once, and answers the results in the items' order. An item counts as
 * much as `weightOf` says (default 1); one that is heavier than the limit runs alone. After a throw no further item is
 * begun, and it is passed on once the tasks under way have ended.
 */
export async function runPool<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
  weightOf: (item: Item) => number = () => 1,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  let load = 0;
  let thrown: { error: unknown } | undefined;
  await new Promise<void>((resolve) => {
    const fill = () => {
      while (next < items.length && thrown === undefined) {
        const item = items[next] as Item;
        const weight = weightOf(item);
        if (load > 0 && load + weight > limit) return;
        load += weight;
        void run(item, next++, weight);
      }
      if (load === 0) resolve();
    };
    const run = async (item: Item, index: number, weight: number) => {
      try {
        results[index] = await task(item);
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
