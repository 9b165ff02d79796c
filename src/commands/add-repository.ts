/** Turns a whole repository of the Hub into the sources of its files, at the commit that it has now. */
import { AssetsError, visibleLine } from "../errors.js";
import { shellWord } from "../shell-word.js";
import { hubUrl, parseHub } from "../short-urls.js";
import type { AddSource } from "./add-sources.js";
import { askedSources, type DescribeRun } from "./describe-urls.js";
import { pickFiles, refuseUnplaceable } from "./repositories.js";

/** Which of its files are wanted, by patterns of their paths. */
export interface RepositoryChoice {
  include?: readonly string[] | undefined;
  exclude?: readonly string[] | undefined;
  /** How to do without the files that a pattern picks, in words. Default: as an option of the command line. */
  leaveOut?: ((pattern: string) => string) | undefined;
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
  { include = [], exclude = [], leaveOut = asOption }: RepositoryChoice,
  run: DescribeRun,
): Promise<AddSource[]> {
  const { offline, signal } = run;
  const place = parseHub(words);
  if ("message" in place) throw new AssetsError("USAGE", `${visibleLine(words)}: ${place.message}.`);
  if (offline) throw new AssetsError("OFFLINE", `${visibleLine(words)} has to be asked for its files.`);
  const sources = askedSources(run);
  try {
    const [listing, about] = await Promise.all([
      sources.hub.list(place, { signal }),
      sources.hub.about(place, { signal }).catch(() => undefined),
    ]);
    const files = pickFiles(listing.files, { include: [...include], exclude: [...exclude] });
    if (files.length === 0) {
      throw new AssetsError("NOTHING_SELECTED", `${visibleLine(words)}: none of its files is selected.`, {
        hint: `See what there is: assets remote ls ${visibleLine(words)}`,
      });
    }
    refuseUnplaceable(files, words, leaveOut);
    const { type, name } = place;
    return files.map(({ path, size, digest }) => {
      const url = hubUrl({ type, name, revision: listing.commit, path });
      const described = {
        url,
        size,
        ...(digest && { digest }),
        statedBy: "the Hub",
        ...(listing.moved !== undefined && { moved: listing.moved }),
        ...(about?.licence !== undefined && { licence: about.licence }),
      };
      return { url, resolved: url, described, repository: { words, name, below: path } };
    });
  } finally {
    await sources.close();
  }
}

function asOption(pattern: string): string {
  return `Leave it out: --exclude ${shellWord(pattern)}`;
}
