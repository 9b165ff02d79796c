/** The files of a repository, a release or a record that patterns pick, as the service that has them tells. */
import { AssetsError, visibleLine } from "../errors.js";
import { fileMatcher } from "../manifest/select.js";
import { shellWord } from "../shell-word.js";
import type { Sources } from "../source/index.js";
import type { RemoteListing } from "../source/listed.js";

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

/** Throws what the service refuses, UNSUPPORTED_URL or USAGE for what cannot be listed, NOTHING_SELECTED, the signal's reason. */
export async function listFiles(
  url: string,
  choice: FileChoice,
  { sources, signal }: { sources: Pick<Sources, "list">; signal: AbortSignal },
): Promise<RemoteListing> {
  const listing = await sources.list(url, { signal });
  return { ...listing, files: pickFiles(listing.files, choice, url) };
}
