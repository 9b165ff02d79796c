/** Takes out of files what a list for others must not say: URLs and homepages that carry a login. */
import { redact } from "../errors.js";
import { checkPublic } from "../manifest/public-urls.js";
import type { Asset } from "../manifest/types.js";
import type { ExportedFile, Written } from "./exported.js";

/** The files without them, and each of them with the reason. */
export function publicFiles(
  files: readonly ExportedFile[],
  { wantsUrls = false, wantsHomepage = false },
): { files: ExportedFile[]; left: Written["left"] } {
  const left: { path: string; reason: string }[] = [];
  const isPublic = (path: string, url: string, words = "") => {
    const secret = checkPublic(url);
    if (secret !== undefined) left.push({ path, reason: `${words}${redact(url)}: it carries a login or a signature` });
    return secret === undefined;
  };
  // The files of an asset are told by its being the same.
  const assets = new Map<Asset, Asset>();
  const publicAsset = (asset: Asset): Asset => {
    const { homepage, ...others } = asset;
    const isTold = homepage !== undefined && wantsHomepage && !isPublic(asset.id, homepage, "its homepage ");
    return isTold ? others : asset;
  };
  const kept = files.map((file) => {
    const asset = assets.get(file.asset) ?? publicAsset(file.asset);
    assets.set(file.asset, asset);
    const urls = wantsUrls ? file.urls.filter((url) => isPublic(file.path, url)) : file.urls;
    return { ...file, asset, urls };
  });
  return { files: kept, left };
}
