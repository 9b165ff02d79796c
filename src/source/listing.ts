/** Lists the files of a repository, a release or a record, with what is stated of each. */
import { hubUrl, parseContainer } from "../short-urls.js";
import type { Described } from "./described.js";
import type { Hub } from "./hub.js";
import { orRefuse, type Services } from "./short.js";

/** One file. */
export interface Listed extends Pick<Described, "size" | "digest"> {
  /** `/`-separated, as it was stated: check it before it is used as a path. */
  readonly path: string;
  /** Always means these bytes, as far as the service has such a name. */
  readonly url: string;
}

/** What was listed. */
export interface Listing extends Pick<Described, "url" | "moved" | "licence"> {
  readonly files: readonly Listed[];
  /** Of repositories of the Hub. */
  readonly tags?: readonly string[];
  readonly gated?: boolean;
  readonly private?: boolean;
  /** ISO 8601. */
  readonly lastModified?: string;
}

/** Throws an AssetsError, and the signal's reason. */
export type ListFiles = (url: string, options: { signal: AbortSignal }) => Promise<Listing>;

/** Makes it. */
export function createListing({ releases, records, hub }: Services & { readonly hub: Hub }): ListFiles {
  return async (url, options) => {
    const place = orRefuse(parseContainer(url), url);
    if ("tag" in place) return releases.list(place, options);
    if ("record" in place) return records.list(place, options);
    const { path: folder, ...repository } = place;
    const { commit, ...about } = await hub.about(repository, options);
    const fixed = { ...repository, revision: commit };
    const { files } = await hub.list(fixed, options);
    return {
      url: hubUrl({ ...fixed, ...(folder !== undefined && { path: folder }) }),
      ...about,
      files: files
        .filter(({ path }) => folder === undefined || path === folder || path.startsWith(`${folder}/`))
        .map((file) => ({ ...file, url: hubUrl({ ...fixed, path: file.path }) })),
    };
  };
}
