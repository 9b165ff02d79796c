/** `assets list`: what the manifest holds, and how it stands here at a glance: nothing is hashed. */
import { isListed, type Selection, selectAssets } from "../manifest/select.js";
import type { Asset, Manifest } from "../manifest/types.js";
import { fileReport } from "./file-report.js";
import type { FileReport, ListReport, ListRow } from "./reports.js";
import { openWorkspace } from "./workspace.js";

export interface ListOptions {
  manifest: Manifest;
  /** Default: every asset. */
  selection?: Selection;
  /** Order of the rows. Default: as the manifest has them. */
  sort?: "size" | "id";
  signal?: AbortSignal;
}

/** Lists the selected assets. Throws UNKNOWN_ID, NOTHING_SELECTED, ABORTED. */
export async function list({ manifest, selection = {}, sort, signal }: ListOptions): Promise<ListReport> {
  const assets = selectAssets(manifest, selection);
  const workspace = await openWorkspace(manifest);
  try {
    const files = assets.flatMap((asset) => asset.files);
    const found = await workspace.lookAll(files, { recall: true, hash: false, ...(signal && { signal }) });
    const reports = found.map(fileReport);
    let next = 0;
    const rows = assets.map((asset) => {
      const own = reports.slice(next, next + asset.files.length);
      next += own.length;
      return rowOf(asset, own);
    });
    if (sort === "size") rows.sort((a, b) => b.size - a.size);
    if (sort === "id") rows.sort((a, b) => (a.id < b.id ? -1 : 1));
    return {
      manifest: manifest.file,
      root: manifest.root,
      assets: rows,
      totals: {
        assets: rows.length,
        files: reports.length,
        size: rows.reduce((sum, { size }) => sum + size, 0),
        present: reports.filter(isPresent).length,
      },
    };
  } finally {
    await workspace.close();
  }
}

function rowOf(asset: Asset, files: FileReport[]): ListRow {
  const { files: pinned, metadata: _, repository, ...about } = asset;
  const isKnown = isListed(asset);
  const present = files.filter(isPresent).length;
  const missing = files.filter(({ status }) => status === "missing").length;
  const damaged = present + missing < files.length;
  return {
    ...about,
    ...(repository && { source: repository.url }),
    size: files.reduce((sum, { size = 0 }) => sum + size, 0),
    sizeKnown: isKnown && files.every(({ size }) => size !== undefined),
    state: !isKnown ? "missing" : damaged ? "damaged" : missing === 0 ? "ready" : present === 0 ? "missing" : "partial",
    proven: isKnown && files.every(({ status }) => status === "valid"),
    unpinned: pinned.filter(({ sha256 }) => sha256 === undefined).length,
    files,
  };
}

function isPresent({ status }: FileReport): boolean {
  return status === "valid" || status === "unverified" || status === "unpinned";
}
