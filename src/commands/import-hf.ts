/** Lists the files of a repository of the Hugging Face Hub, for `assets import hf`. */
import { AssetsError, visibleLine } from "../errors.js";
import { createListing, digestPin, type Listing, pinsOf } from "../interchange/listing.js";
import { folderFor, repositoryAsset } from "../manifest/new-entry.js";
import { parseHub } from "../short-urls.js";
import type { Sources } from "../source/index.js";
import { listFiles } from "./list-files.js";

export interface ListHubOptions {
  /** `org/name` with `datasets/` or `spaces/` before and `@revision` behind it, or the same as an `hf:` URL. */
  repository: string;
  /** Patterns of paths. Default: everything. */
  include: readonly string[];
  exclude: readonly string[];
  sources: Sources;
  signal: AbortSignal;
}

/**
 * Every file at the commit that the repository has now, as one asset: large ones with their SHA-256, the others with git's
 * id of them. Throws USAGE, NOTHING_SELECTED, what the Hub refuses with, the signal's reason.
 */
export async function listHub({ repository, include, exclude, sources, signal }: ListHubOptions): Promise<Listing> {
  const url = /^hf:/i.test(repository) ? repository : `hf:${repository}`;
  const place = parseHub(url);
  if ("message" in place) throw new AssetsError("USAGE", `${visibleLine(url)}: ${place.message}.`);
  const found = await listFiles(url, { include, exclude }, { sources, signal });
  const { id, type } = repositoryAsset(place);
  const folder = folderFor(id, type);
  const listing = createListing();
  for (const { path, url: address, size, digest } of found.files) {
    const pin = digest === undefined ? {} : digestPin(digest.algorithm, digest.hex);
    const pins = "problem" in pin ? {} : pinsOf(pin);
    const known = { ...pins, ...(size !== undefined && { size }) };
    listing.add({ path: `${folder}/${path}`, urls: [address], place: path, asset: id, ...known });
  }
  const license = found.licence === undefined ? {} : { license: found.licence };
  return listing.done(new Map([[id, { type, ...license }]]));
}
