/** What the asset is called that a list becomes when nobody says it: after the list, or after where its files lie. Pure. */
import { slugOf } from "../manifest/fields.js";
import type { ImportedAsset } from "../manifest/merge.js";
import { foldPath } from "../manifest/paths.js";
import type { Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import { below } from "./place.js";

/** Names that lists have everywhere, without the ending that says their format. */
const GENERIC =
  /^(?:(?:md5|sha\d*|b2|blake\w+|ck|check)?[-_.]?sums?|(?:md5|sha\d+)(?:[-_.]?all)?|hashes|digests|registry|distinfo|release|manifest|imported)(?:\.asc)?$/i;
const FORMAT = /\.(?:txt|json|py|meta4|metalink|sha256|ya?ml)$/i;

/** An id by the name of a list, `-` being standard input; where that says nothing, by the base of its files. */
export function listId(name: string, base: string | undefined): string {
  const own = (name === "-" ? undefined : lastOf(name))?.replace(FORMAT, "") || "imported";
  const place = GENERIC.test(own) && base !== undefined ? lastOf(base) : undefined;
  return slugOf(place ?? own);
}

/** The last part of a path or of the path of a URL, else its host; undefined where it has none. */
function lastOf(words: string): string | undefined {
  const isUrl = /^[a-z][a-z0-9+.-]+:/i.test(words);
  const path = isUrl ? words.replace(/[?#].*$/s, "").replace(/^[^:]*:/, "") : words;
  const part = path
    .split(/[/\\]/)
    .filter((each) => !["", ".", ".."].includes(each))
    .at(-1);
  if (part === undefined || !isUrl) return part;
  // Of a host its name is enough.
  if (/^\/\/[^/]*\/*$/.test(path)) return URL.canParse(words) ? new URL(words).hostname : part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * The assets, the one that nobody gave its id with a number behind that where the asset of this id in the manifest comes
 * from elsewhere: no file of it lies below the same base, or in a folder with one of these.
 */
export function keptApart(
  assets: readonly ImportedAsset[],
  { id, base }: { id: string; base?: string | undefined },
  manifest: Manifest,
): readonly ImportedAsset[] {
  const own = assets.find((asset) => asset.id === id);
  if (own === undefined) return assets;
  const resolved = (url: string) => resolveUrl(url, manifest.base);
  const whole = base === undefined ? undefined : below(resolved(base), "");
  const folders = new Set(
    own.files.flatMap(({ url, fallbackUrls = [] }) => [url, ...fallbackUrls].map(resolved).map(folderOf)),
  );
  const isShared = (url: string) => (whole !== undefined && url.startsWith(whole)) || folders.has(folderOf(url));
  const there = new Map(manifest.assets.map((asset) => [foldPath(asset.id), asset]));
  for (let count = 1; ; count++) {
    const next = count === 1 ? id : `${id}-${count}`;
    const owner = there.get(foldPath(next));
    if (owner !== undefined && !owner.files.some(({ urls }) => urls.some(isShared))) continue;
    return assets.map((asset) => (asset === own ? { ...asset, id: next } : asset));
  }
}

function folderOf(url: string): string {
  const address = url.replace(/[?#].*$/s, "");
  return address.slice(0, address.lastIndexOf("/") + 1);
}
