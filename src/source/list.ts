/** Lists the files of a repository, a release or a record, with what is stated of each. */
import { AssetsError, visibleLine } from "../errors.js";
import { hubUrl, isCommit, parseContainer } from "../short-urls.js";
import type { Hub } from "./hub.js";
import type { RemoteListing } from "./listed.js";
import type { Services } from "./short.js";

/** Throws an AssetsError (USAGE for what cannot be listed), and the signal's reason. */
export type ListFiles = (url: string, options: { signal: AbortSignal }) => Promise<RemoteListing>;

/** Makes it. */
export function createList({ releases, records, hub }: Services & { readonly hub: Hub }): ListFiles {
  return async (url, options) => {
    const place = parseContainer(url);
    if ("message" in place) {
      throw new AssetsError("USAGE", `${visibleLine(url)}: ${place.message}.`, { hint: place.suggestion });
    }
    if ("tag" in place) return releases.list(place, options);
    if ("record" in place) return records.list(place, options);
    const { path: folder, ...repository } = place;
    const { commit, ...about } = await hub.about(repository, options).catch((error) => {
      options.signal.throwIfAborted();
      // What a commit has can be listed by a mirror that knows no more of it.
      if (!isCommit(repository.revision)) throw error;
      return { commit: repository.revision };
    });
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
