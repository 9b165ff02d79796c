/** The files of a repository, a release or a record that patterns pick, as the service that has them tells. */
import { AssetsError, visibleLine } from "../errors.js";
import { fileMatcher } from "../manifest/select.js";
import { shellWord } from "../shell-word.js";
import type { Sources } from "../source/index.js";
import type { Listing } from "../source/listed.js";
import { askAgain } from "../transfer/ask-again.js";
import type { RetryPolicy } from "../transfer/retry.js";

/** Which files are wanted, by patterns of their paths there. Default: all. */
export interface FileChoice {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/** Those that the patterns pick of what `url` has. Throws NOTHING_SELECTED when these are none. */
export function pickFiles<T extends { path: string }>(
  files: readonly T[],
  { include = [], exclude = [] }: FileChoice,
  url: string,
): T[] {
  const isIncluded = include.length === 0 ? () => true : fileMatcher(include);
  const isExcluded = fileMatcher(exclude);
  const picked = files.filter((file) => isIncluded(file) && !isExcluded(file));
  if (picked.length > 0) return picked;
  const name = visibleLine(url);
  if (files.length === 0) throw new AssetsError("NOTHING_SELECTED", `${name} has no files.`);
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  throw new AssetsError("NOTHING_SELECTED", `${name} has ${count}, and include and exclude leave none.`, {
    hint: `See what there is: assets remote ls ${shellWord(name)}`,
  });
}

/**
 * Asks until there is an answer. Throws what the service refuses, UNSUPPORTED_URL or USAGE for what cannot be listed,
 * NOTHING_SELECTED, ABORTED.
 */
export async function listFiles(
  url: string,
  choice: FileChoice,
  { sources, ...how }: { sources: Pick<Sources, "list">; policy: RetryPolicy; signal: AbortSignal },
): Promise<Listing> {
  const listing = await askAgain((signal) => sources.list(url, { signal }), how);
  return { ...listing, files: pickFiles(listing.files, choice, url) };
}
