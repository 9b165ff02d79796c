/** Turns a whole repository of the Hub into the sources of its files, at the commit that it has now. */
import { AssetsError, visibleLine } from "../errors.js";
import { repositoryAsset } from "../manifest/new-entry.js";
import { parseHub } from "../short-urls.js";
import { createSources } from "../source/index.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import type { AddSource } from "./add-sources.js";
import type { DescribeRun } from "./describe-urls.js";
import { type FileChoice, listFiles } from "./list-files.js";

/** Whether a source names a whole repository. */
export function isRepository(words: string): boolean {
  if (!/^hf:/i.test(words)) return false;
  const place = parseHub(words);
  return !("message" in place) && place.path === undefined;
}

/** Throws OFFLINE, NOTHING_SELECTED, what the Hub refuses with, the signal's reason. */
export async function readRepository(
  words: string,
  choice: FileChoice,
  { base, network, offline, policy, signal }: DescribeRun,
): Promise<AddSource[]> {
  const place = parseHub(words);
  if ("message" in place) throw new AssetsError("USAGE", `${visibleLine(words)}: ${place.message}.`);
  if (offline) throw new AssetsError("OFFLINE", `${visibleLine(words)} has to be asked for its files.`);
  const sources = createSources({ network, projectFolder: base });
  try {
    const { files, moved, licence } = await listFiles(words, choice, {
      sources,
      policy: { ...DEFAULT_POLICY, ...policy },
      signal,
    });
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
