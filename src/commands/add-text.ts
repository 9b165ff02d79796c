/** Writes new files into the text of a manifest: as assets of their own, or into the list of one that is there. */
import { AssetsError } from "../errors.js";
import { type Edit, withEdits } from "../manifest/edit.js";
import { type AssetInText, readText } from "../manifest/files-in-text.js";
import { entryOf, listed, type NewAsset, type NewFile, type Pins } from "../manifest/new-entry.js";
import { normaliseFolder } from "../manifest/paths.js";
import type { Manifest } from "../manifest/types.js";

/** Files that go into one asset. */
export interface Group {
  asset: NewAsset & { id: string; type: string };
  files: { file: NewFile; pins: Pins }[];
  /** The folder of a whole repository: its asset takes further files. */
  folder?: string;
}

/** The text with all groups in it. Throws USAGE for an asset that can take no further file. */
export function withGroups(text: string, { base }: Manifest, groups: readonly Group[]): string {
  const { assets } = readText(text, base);
  const edits = groups.flatMap(({ asset, files, folder }): Edit[] => {
    const entries = files.map(({ file, pins }) => ({ ...file, ...pins }));
    const there = assets.find(({ id }) => id === asset.id);
    if (there === undefined) return [{ do: "append", at: ["assets"], value: entryOf(asset, entries, folder) }];
    return entries.map((entry) => addedTo(there, entry));
  });
  return withEdits(text, edits);
}

function addedTo({ id, at, raw }: AssetInText, entry: NewFile & Pins): Edit {
  const { files } = raw;
  if (files === undefined) {
    throw new AssetsError("USAGE", `The asset ${id} is written for one file, and there is one.`, {
      hint: 'Give it a list of "files" in the manifest first (docs/manifest.md), or name another --id.',
    });
  }
  const folder = normaliseFolder(raw.path ?? raw.destination ?? ".");
  if (folder !== "" && !entry.path.startsWith(`${folder}/`)) {
    throw new AssetsError("USAGE", `The files of ${id} lie in ${folder}, and ${entry.path} does not.`, {
      hint: `Name a path there: --path ${folder}/`,
    });
  }
  const below = (path: string) => (folder === "" ? path : path.slice(folder.length + 1));
  const value = listed(entry, below);
  if (Array.isArray(files)) return { do: "append", at: [...at, "files"], value };
  const { path: name, ...content } = value as { path: string };
  return { do: "set", at: [...at, "files"], key: name, value: content };
}
