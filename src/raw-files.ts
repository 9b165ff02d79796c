/** Files of GitHub repositories by their web addresses: pages, raw links, and where the content of Git LFS lies. Pure. */
import { MEMBER_FRAGMENT } from "./url-forms.js";

/** A file at a revision. */
export interface RawFile {
  /** `owner/name`. */
  readonly repository: string;
  /** Commit, tag or branch: as far as its first slash, that of `refs/heads/` and `refs/tags/` left aside. */
  readonly revision: string;
  /** As it stands in the URL. */
  readonly path: string;
}

const ADDRESS =
  /^https:\/\/(github\.com|raw\.githubusercontent\.com|media\.githubusercontent\.com\/media)\/([^?#]+)(\?[^#]*)?(#.*)?$/i;
/** What asks a page for the file itself. */
const PLAIN_QUERY = /^\?(?:raw|plain|download)(?:=(?:true|1)?)?$/i;

/** The file that an address names; undefined for any other URL. */
export function parseRaw(url: string): RawFile | undefined {
  const [, host = "", way = "", query, fragment] = ADDRESS.exec(url) ?? [];
  const [owner, name, ...below] = way.split("/");
  if (!owner || !name || url.includes(MEMBER_FRAGMENT)) return undefined;
  if (host.toLowerCase() === "github.com") {
    const form = below.shift();
    if (form !== "raw" && form !== "blob") return undefined;
    if (query !== undefined && form === "raw" && !PLAIN_QUERY.test(query)) return undefined;
  } else if (query !== undefined || fragment !== undefined) return undefined;
  const isFull = below[0] === "refs" && (below[1] === "heads" || below[1] === "tags");
  const revision = below.splice(0, isFull ? 3 : 1).join("/");
  const path = below.join("/");
  return revision === "" || path === "" ? undefined : { repository: `${owner}/${name}`, revision, path };
}

/** The raw address of a file. */
export function rawUrl({ repository, revision, path }: RawFile): string {
  return `https://raw.githubusercontent.com/${repository}/${revision}/${path}`;
}

/** A revision as people call it. */
export function shortRevision(revision: string): string {
  return revision.replace(/^refs\/(?:heads|tags)\//, "");
}
