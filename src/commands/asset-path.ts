/** Where an asset lies on this machine: the answer of `assets path` and of the library. */
import { dirname, join } from "node:path";
import { AssetsError } from "../errors.js";
import { selectAssets } from "../manifest/select.js";
import type { Asset, AssetFile, Manifest } from "../manifest/types.js";

/** One asset, or one file of it. */
export interface AssetPlace {
  /** The manifest with nothing but that. */
  manifest: Manifest;
  asset: Asset;
  /** Absolute: of the only file, or else of the deepest folder that holds all files. */
  path: string;
}

/** `file`: its path, or the end of it. Throws UNKNOWN_ID, naming the nearest, for a pattern too. */
export function locateAsset(manifest: Manifest, id: string, file?: string): AssetPlace {
  const [found] = selectAssets(manifest, { ids: [id] });
  if (found?.id !== id) {
    throw new AssetsError("UNKNOWN_ID", `"${id}" is a pattern, where the id of one asset is needed.`);
  }
  const { repository: _, ...written } = found;
  const asset = file === undefined ? found : { ...written, files: [findFile(found, file)] };
  return { manifest: { ...manifest, assets: [asset] }, asset, path: pathOf(manifest, asset) };
}

function pathOf({ root }: Manifest, { files, repository }: Asset): string {
  // Files may come and go, the folder stays.
  if (repository !== undefined) return join(root, repository.folder);
  const [first, ...others] = files.map(({ path }) => path);
  if (first === undefined || others.length === 0) return join(root, first ?? "");
  let folder = dirname(first);
  while (folder !== "." && !others.every((path) => path.startsWith(`${folder}/`))) folder = dirname(folder);
  return join(root, folder);
}

function findFile({ id, files }: Asset, file: string): AssetFile {
  const found = files.filter(({ path }) => path === file || path.endsWith(`/${file}`));
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  const has = files.map(({ path }) => path).join(", ");
  const says = only === undefined ? "has no file" : "has several files";
  throw new AssetsError("UNKNOWN_ID", `Asset "${id}" ${says} "${file}". Its files: ${has}.`);
}
