/** What lies in the folders of assets and is none of them. */
import { fileMatcher } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { ignoresCase } from "../platform.js";
import { findExtraFiles } from "../store/find-extra-files.js";
import { createTargets } from "../store/target.js";
import { partialOf } from "../transfer/candidates.js";
import type { ExtraFile } from "./reports.js";

/** Where to look. */
export interface ExtrasOptions {
  manifest: Manifest;
  /** Files whose folders are searched. The root itself is none: it has files of all kinds. */
  files: readonly AssetFile[];
  /** Patterns of files that nobody asks about. */
  exclude?: readonly string[];
  signal?: AbortSignal | undefined;
}

/** Files that no asset names, and unfinished downloads that no pin goes on with. Throws USAGE, ABORTED. */
export async function findExtras({ manifest, files, exclude = [], signal }: ExtrasOptions) {
  const named = namesOf(manifest);
  const isExcluded = fileMatcher(exclude);
  const targets = createTargets(manifest.root);
  const extra: ExtraFile[] = [];
  const leftovers: ExtraFile[] = [];
  const folders: string[] = [];
  for (const folder of new Set(files.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf("/")))))) {
    // A folder that leads out of the root is told by the files that should be in it.
    const isOurs = await targets.resolve(`${folder}/any`).then(
      () => true,
      () => false,
    );
    if (folder !== "" && isOurs) folders.push(folder);
  }
  const isNamed = (path: string) => named.has(keyOf(path)) || isExcluded({ path });
  for (const { partial, ...file } of await findExtraFiles({ root: manifest.root, folders, isNamed, signal })) {
    (partial ? leftovers : extra).push(file);
  }
  return { extra, leftovers };
}

/** The manifest itself, every file of it, and the unfinished downloads that would be gone on with. */
function namesOf({ assets }: Manifest): Set<string> {
  const names = new Set<string>();
  for (const { path, sha256, urls } of assets.flatMap((asset) => asset.files)) {
    names.add(keyOf(path));
    for (const url of sha256 === undefined ? urls : ["" as const]) {
      const partial = partialOf(path, sha256, url).replaceAll("\\", "/");
      names
        .add(keyOf(partial))
        .add(keyOf(`${partial}.json`))
        .add(keyOf(`${partial}.json.new`));
    }
  }
  return names;
}

function keyOf(path: string): string {
  return ignoresCase ? path.normalize("NFC").toLowerCase() : path;
}
