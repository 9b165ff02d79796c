/** Turns a whole repository of the Hub into the sources of its files, at the commit that it has now. */
import { AssetsError, visibleLine } from "../errors.js";
import { repositoryAsset } from "../manifest/new-entry.js";
import { shellWord } from "../shell-word.js";
import { parseHub } from "../short-urls.js";
import type { AddSource } from "./add-sources.js";
import { askedSources, type DescribeRun } from "./describe-urls.js";
import { type FileChoice, listFiles } from "./list-files.js";
import { refuseUnplaceable } from "./repositories.js";

/** Which of its files are wanted. */
export interface RepositoryChoice extends FileChoice {
  /** How to do without the files that a pattern picks, in words. Default: as an option of the command line. */
  readonly leaveOut?: ((pattern: string) => string) | undefined;
}

/** Whether a source names a whole repository. */
export function isRepository(words: string): boolean {
  if (!/^hf:/i.test(words)) return false;
  const place = parseHub(words);
  return !("message" in place) && place.path === undefined;
}

/** Throws OFFLINE, NOTHING_SELECTED, UNSAFE_PATH, what the Hub refuses with, the signal's reason. */
export async function readRepository(
  words: string,
  { leaveOut = asOption, ...choice }: RepositoryChoice,
  run: DescribeRun,
): Promise<AddSource[]> {
  const { offline, signal } = run;
  const place = parseHub(words);
  if ("message" in place) throw new AssetsError("USAGE", `${visibleLine(words)}: ${place.message}.`);
  if (offline) throw new AssetsError("OFFLINE", `${visibleLine(words)} has to be asked for its files.`);
  const sources = askedSources(run);
  try {
    const { files, moved, licence } = await listFiles(words, choice, { sources, signal });
    refuseUnplaceable(files, words, leaveOut);
    return files.map(({ path, url, size, digest }) => {
      const described = {
        url,
        ...(size !== undefined && { size }),
        ...(digest && { digest }),
        statedBy: "the Hub",
        ...(moved !== undefined && { moved }),
        ...(licence !== undefined && { licence }),
      };
      return { url, resolved: url, described, repository: { words, ...repositoryAsset(place), below: path } };
    });
  } finally {
    await sources.close();
  }
}

function asOption(pattern: string): string {
  return `Leave it out: --exclude ${shellWord(pattern)}`;
}
