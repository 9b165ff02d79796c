/** Runs tasks side by side, a few at a time. */

/**
 * Calls `task` for every item, at most `limit` at once, and answers the results in the items' order. After a throw no
 * further item is begun, and it is passed on once the tasks under way have ended.
 */
export async function runPool<Item, Result>(
  items: readonly Item[],
  limit: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const queue = items.entries();
  let thrown: { error: unknown } | undefined;
  const work = async () => {
    for (const [index, item] of queue) {
      if (thrown !== undefined) return;
      try {
        results[index] = await task(item);
      } catch (error) {
        thrown ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (thrown !== undefined) throw thrown.error;
  return results;
}
