/** What `assets add` is asked for of a file that the manifest has already: nothing of it is written, and none of it is lost without a word. */
import { AssetsError, errorInfo } from "../errors.js";
import type { NewAsset, Pins } from "../manifest/new-entry.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import type { Wish } from "./add-names.js";

/** What can be asked for beside the sources. */
export interface KnownWishes extends NewAsset {
  readonly sha256?: string;
  readonly size?: number;
}

/** Takes the file of the manifest for what was wished for; fails where its pins contradict what is known of that. */
export function takeKnown(wish: Wish, known: AssetFile, manifest: Manifest, options: KnownWishes): void {
  delete wish.error;
  wish.known = known;
  wish.ignored = ignoredOf(wish, known, manifest, options);
  const flaw = contradictionOf(known, wish);
  if (flaw !== undefined) wish.error = errorInfo(flaw);
}

function contradictionOf({ path, asset, ...pinned }: AssetFile, { given = {}, source }: Wish): AssetsError | undefined {
  const isOther = (key: keyof Pins & ("sha256" | "size")) =>
    given[key] !== undefined && pinned[key] !== undefined && given[key] !== pinned[key];
  const key = (["sha256", "size"] as const).find(isOther);
  if (key === undefined) return undefined;
  const by = source.pointer === undefined ? "you say" : "its Git LFS pointer says";
  const code = key === "size" ? "SIZE_MISMATCH" : "DIGEST_MISMATCH";
  const name = key === "size" ? "size" : "SHA-256";
  return new AssetsError(code, `${path}: ${by} the ${name} ${given[key]}, and the manifest pins ${pinned[key]}.`, {
    hint: `Find out which is meant. What is pinned is not pinned anew: change the entry of ${asset} in the manifest.`,
  });
}

/** The options that ask for something else than stands in the manifest. */
function ignoredOf(
  { source: { inPlace }, file: { fallbackUrls = [] } }: Wish,
  known: AssetFile,
  { assets, base }: Manifest,
  options: KnownWishes,
): string[] {
  const asset = assets.find(({ id }) => id === known.asset);
  const { id, type, name, license, required = false, tags = [], path, sha256, size } = options;
  const isBelow = (place: string) => `${known.path}/`.startsWith(`${place.replace(/\/+$/, "")}/`);
  const isNew: Record<string, boolean> = {
    id: id !== undefined && id !== known.asset,
    type: type !== undefined && type !== asset?.type,
    name: name !== undefined && name !== asset?.name,
    path: path !== undefined && !isBelow(path.replace(/^(?:\.\/)+/, "")),
    license: license !== undefined && license !== asset?.license,
    tags: tags.some((tag) => !asset?.tags.includes(tag)),
    required: required && asset?.required !== true,
    url: inPlace !== undefined && inPlace !== known.path,
    fallbackUrls: fallbackUrls.some((url) => ![url, resolveUrl(url, base)].some((each) => known.urls.includes(each))),
    sha256: sha256 !== undefined && known.sha256 === undefined,
    size: size !== undefined && known.size === undefined,
  };
  return Object.keys(isNew).filter((key) => isNew[key]);
}
