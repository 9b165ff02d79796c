/** Asks services what they state of files that nothing is pinned or stated for, so that what arrives is held against it. */
import type { AssetFile, StatedDigest } from "../manifest/types.js";
import { isFetch } from "../plan.js";
import { SHORT_SCHEMES, shortForm } from "../short-urls.js";
import type { Described } from "../source/described.js";
import type { Sources } from "../source/index.js";
import { runPool } from "./pool.js";
import type { Planned } from "./run-transfers.js";

/** Questions side by side. */
const QUESTIONS = 8;
/** Longest wait for an answer, in milliseconds: the file comes without it as well. */
const LONGEST_MS = 20_000;

/** The plan, with what is stated. Services that cannot answer are left: the transfer says what is wrong with them. */
export async function withStated(
  planned: readonly Planned[],
  { describe }: Pick<Sources, "describe">,
  signal: AbortSignal,
): Promise<readonly Planned[]> {
  const open = [...planned.entries()].filter(([, item]) => isFetch(item) && isOpen(item.file));
  if (open.length === 0) return planned;
  const all = [...planned];
  await runPool(open, QUESTIONS, async ([index, item]) => {
    const own = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]);
    const [url = "", ...others] = item.file.urls;
    const described = await describe(url, { signal: own, bytesOnly: true }).catch(() => undefined);
    if (described?.digest !== undefined) all[index] = { ...item, file: merged(item.file, described, others) };
  });
  return all;
}

/** Whether a file has nothing to be held against, and comes from a service that states digests. */
function isOpen({ sha256, stated, urls: [url = ""] }: AssetFile): boolean {
  if (sha256 !== undefined || stated !== undefined) return false;
  return SHORT_SCHEMES.includes(url.slice(0, url.indexOf(":")).toLowerCase()) || shortForm(url) !== undefined;
}

/** What was described is what is fetched: a branch may move in between. */
function merged(file: AssetFile, { url, size, digest }: Described, others: readonly string[]): AssetFile {
  return {
    ...file,
    urls: [url, ...others],
    ...(file.size === undefined && size !== undefined && { size }),
    stated: [digest as StatedDigest],
  };
}
