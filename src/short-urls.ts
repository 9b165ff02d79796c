/** The short forms of URLs of Hugging Face, of GitHub's releases and of Zenodo: what they name, or what is wrong. Pure. */
import { MEMBER_FRAGMENT } from "./url-forms.js";

/** What is wrong with a short form. */
export interface ShortProblem {
  message: string;
  suggestion: string;
}

/** A repository of the Hub, at a revision. */
export interface HubRepository {
  readonly type: "model" | "dataset" | "space";
  /** `org/name`. */
  readonly name: string;
  /** Branch, tag or commit. Default: `main`. */
  readonly revision?: string;
}

/** One, or a folder of it. */
export type HubFolder = HubRepository & { readonly path?: string };

/** A file of one. */
export interface HubFile extends HubRepository {
  /** Decoded, `/`-separated. */
  readonly path: string;
}

/** A file of a release. */
export interface ReleaseFile {
  /** `owner/name`. */
  readonly repository: string;
  /** `latest` means the latest release. */
  readonly tag: string;
  readonly asset: string;
}

/** A file of a record. */
export interface RecordFile {
  /** Digits. */
  readonly record: string;
  readonly file: string;
}

/** Schemes of the short forms. */
export const SHORT_SCHEMES: readonly string[] = ["hf", "github", "zenodo"];

const NAME = /^[a-z0-9][\w.-]{0,95}$/i;
const OWNER = /^[a-z0-9](?:[a-z0-9-]{0,38})$/i;
const COMMIT = /^[0-9a-f]{40}$/;
// git check-ref-format(1); what is left of it by the characters that a URL can have.
const BAD_REVISION = /^[-/.]|\.\.|\/\/|[\s~^:?*[\\]|@\{|\.lock$|[/.]$|^@$/;
/** Revisions of the Hub that have slashes of their own, as its tools read them in such URLs. */
const SPECIAL_REVISION = /^refs\/(?:convert\/[\w-]+|pr\/\d+)(?=\/|$)/;

const HUB_FORM = "Write hf:<org>/<name>@<commit>/<path>; for a dataset or a space hf:datasets/… or hf:spaces/….";
const RELEASE_FORM = "Write github:<owner>/<repository>@<tag>/<name of the file>.";
const RECORD_FORM = "Write zenodo:<number of the record>/<name of the file>.";

/** Whether a revision of the Hub is a commit, which always means the same files. */
export function isCommit(revision: string | undefined): revision is string {
  return revision !== undefined && COMMIT.test(revision);
}

/** Reads `hf:[datasets/|spaces/]org/name[@revision][/path]`. `hf://`, as other tools write it, is the same. */
export function parseHub(url: string): HubFolder | ShortProblem {
  const problem = (message: string): ShortProblem => ({ message, suggestion: HUB_FORM });
  const [, rest = ""] = /^hf:(?:\/\/)?([^?#]*)/i.exec(url) ?? [];
  const [, kind = "", org = "", tail = ""] = /^(?:(models|datasets|spaces)\/)?([^/@]*)\/(.*)$/s.exec(rest) ?? [];
  const type = kind === "datasets" ? "dataset" : kind === "spaces" ? "space" : "model";
  const [, name = "", at, below] = /^([^/@]*)(?:@(.*)|\/(.*))?$/s.exec(tail) ?? [];
  if (!NAME.test(org) || !NAME.test(name) || /--|\.\./.test(`${org}/${name}`)) {
    return problem("the hf: URL names no repository");
  }
  const special = at === undefined ? undefined : SPECIAL_REVISION.exec(at)?.[0];
  const [, word = "", under] = /^([^/]*)(?:\/(.*))?$/s.exec(at ?? "") ?? [];
  const revision = at === undefined ? undefined : (special ?? decoded(word));
  if (at !== undefined && (revision === undefined || !isRevision(revision))) {
    return problem("the hf: URL has no usable revision after @");
  }
  const encoded = special === undefined ? (at === undefined ? below : under) : at?.slice(special.length + 1);
  const place = { type, name: `${org}/${name}`, ...(revision !== undefined && { revision }) } as const;
  if (encoded === undefined || encoded === "") return place;
  const path = decoded(encoded);
  if (path === undefined || !isInside(path)) return problem("the path in the repository is not usable");
  return { ...place, path };
}

/** Reads `github:owner/repository@tag/asset`. A tag may have slashes in it, the name of a file has none. */
export function parseRelease(url: string): ReleaseFile | ShortProblem {
  const problem = (message: string): ShortProblem => ({ message, suggestion: RELEASE_FORM });
  const [, owner = "", name = "", tail = ""] = /^github:([^/@]*)\/([^/@]*)@([^?#]*)$/is.exec(beforeMember(url)) ?? [];
  if (!OWNER.test(owner) || !/^[\w.-]{1,100}$/.test(name) || /^\.\.?$/.test(name)) {
    return problem("the github: URL names no repository with a tag");
  }
  const cut = tail.lastIndexOf("/");
  const tag = decoded(tail.slice(0, Math.max(0, cut)));
  const asset = decoded(tail.slice(cut + 1));
  if (cut < 1 || tag === undefined || !isRevision(tag)) return problem("the github: URL has no usable tag after @");
  if (!asset || !isInside(asset)) return problem("the github: URL names no file of the release");
  return { repository: `${owner}/${name}`, tag, asset };
}

/** Reads `zenodo:record/file`. The record may be written as its DOI. */
export function parseRecord(url: string): RecordFile | ShortProblem {
  const problem = (message: string): ShortProblem => ({ message, suggestion: RECORD_FORM });
  const [, record, tail = ""] =
    /^zenodo:(?:10\.5281\/zenodo\.)?(\d{1,15})(?:\/([^?#]*))?$/is.exec(beforeMember(url)) ?? [];
  if (record === undefined) return problem("the zenodo: URL names no record");
  const file = decoded(tail);
  if (!file || !isInside(file)) return problem("the zenodo: URL names no file of the record");
  return { record, file };
}

/** Reads what holds files: a repository of the Hub or a folder of one, `github:owner/repository[@tag]`, `zenodo:record`. */
export function parseContainer(
  url: string,
): HubFolder | Omit<ReleaseFile, "asset"> | Pick<RecordFile, "record"> | ShortProblem {
  const scheme = url.slice(0, Math.max(0, url.indexOf(":"))).toLowerCase();
  if (scheme === "hf") return parseHub(url.replace(/\/+$/, ""));
  if (scheme === "github") {
    const [, place = "", tag = "latest"] = /^github:([^@]*)(?:@(.+))?$/is.exec(url.replace(/\/+$/, "")) ?? [];
    const parsed = parseRelease(`github:${place}@${tag}/file`);
    return "message" in parsed ? parsed : { repository: parsed.repository, tag: parsed.tag };
  }
  if (scheme === "zenodo") {
    const parsed = parseRecord(`${url.replace(/\/+$/, "")}/file`);
    return "message" in parsed ? parsed : { record: parsed.record };
  }
  const message = "only repositories of the Hub, releases of GitHub and records of Zenodo can be listed";
  return { message, suggestion: "Write hf:<org>/<name>, github:<owner>/<repository>@<tag> or zenodo:<record>." };
}

/** What is wrong with a URL of one of {@link SHORT_SCHEMES}, if anything is. */
export function checkShort(url: string): ShortProblem | undefined {
  const scheme = url.slice(0, url.indexOf(":")).toLowerCase();
  const place = scheme === "hf" ? parseHub(url) : scheme === "github" ? parseRelease(url) : parseRecord(url);
  if ("message" in place) return place;
  if (scheme === "hf" && !("path" in place)) {
    return {
      message: "the hf: URL names a whole repository, and no file",
      suggestion: `Add the path of a file, or write "source": ${JSON.stringify(url)} in place of "files".`,
    };
  }
  if (/[?#]/.test(beforeMember(url))) {
    return { message: "such a URL has neither a query nor a fragment", suggestion: "Write %3F for ?, %23 for #." };
  }
  return undefined;
}

/** The URL that always means the same, for a file or a repository that was found at a commit. */
export function hubUrl({ type, name, revision, path }: HubFolder): string {
  const kind = type === "model" ? "" : `${type}s/`;
  const at = revision === undefined ? "" : `@${encodePart(revision)}`;
  return `hf:${kind}${name}${at}${path === undefined ? "" : `/${encodePath(path)}`}`;
}

/** A path with what a URL cannot have in it percent-encoded; slashes stay. */
export function encodePath(path: string): string {
  return path.split("/").map(encodePart).join("/");
}

/** One part of a path, as {@link encodePath} writes it: `+`, `=` and `@` stay as they are. */
function encodePart(part: string): string {
  return encodeURIComponent(part).replaceAll("%3D", "=").replaceAll("%2B", "+").replaceAll("%40", "@");
}

/** The short form of a long URL of the same file; undefined for all others. */
export function shortForm(url: string): string | undefined {
  const hub =
    /^https:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/((?:datasets\/|spaces\/)?[^/]+\/[^/]+)\/(?:resolve|blob|raw)\/([^?#]+?)(?:\?download=(?:true|1))?$/i.exec(
      url,
    );
  if (hub !== null) return usable(`hf:${hub[1]}@${hub[2]}`);
  const latest = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/releases\/latest\/download\/([^/?#]+)$/i.exec(url);
  if (latest !== null) return usable(`github:${latest[1]}@latest/${latest[2]}`);
  const release = /^https:\/\/github\.com\/([^/]+\/[^/]+)\/releases\/download\/([^?#]+)$/i.exec(url);
  if (release !== null) return usable(`github:${release[1]}@${release[2]}`);
  const record =
    /^https:\/\/zenodo\.org\/(?:api\/)?records?\/(\d+)\/files\/([^?#]+?)(?:\/content)?(?:\?download=1)?$/i.exec(url);
  return record === null ? undefined : usable(`zenodo:${record[1]}/${record[2]}`);
}

function usable(short: string): string | undefined {
  return checkShort(short) === undefined ? short : undefined;
}

function isRevision(revision: string): boolean {
  return revision.length > 0 && revision.length <= 255 && !BAD_REVISION.test(revision) && isPlain(revision);
}

function isInside(path: string): boolean {
  return isPlain(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Whether a text drives no terminal and is no Windows path. */
function isPlain(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
  return !/[\u0000-\u001f\u007f-\u009f\\]/.test(text);
}

/** A URL without the name of a member of an archive. */
function beforeMember(url: string): string {
  const at = url.indexOf(MEMBER_FRAGMENT);
  return at === -1 ? url : url.slice(0, at);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
