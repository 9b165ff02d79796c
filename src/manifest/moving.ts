/** Tells by a URL whether it may mean other bytes tomorrow: a branch, a tag of the Hub, `latest`. Pure. */
import { parseRaw, shortRevision } from "../raw-files.js";
import { isCommit, parseHub, parseRelease, shortForm } from "../short-urls.js";
import { isExactVersion, MEMBER_FRAGMENT } from "../url-forms.js";

/** Names that are branches wherever they are used. */
const BRANCH = /^(?:main|master|trunk|develop|dev|HEAD|gh-pages|latest|nightly|stable)$/;
/** Tags that name a release, which nobody moves lightly: all others are as good as branches. */
const VERSION = /^v?\d+(?:\.\d+)+/i;
const MODELSCOPE = /^(?:www\.)?modelscope\.cn$/;
/** Hosts of repositories with the ways by which they give files: elsewhere, the words of a way may stand in any path. */
const FORGES: readonly (readonly [host: RegExp, way: RegExp])[] = [
  [/^github\.com$/, /^archive$/],
  [/^bitbucket\.org$/, /^(?:raw|get)$/],
  [/^git\.sr\.ht$/, /^(?:blob|archive)$/],
  [MODELSCOPE, /^resolve$/],
  [/^hf-mirror\.com$/, /^resolve$/],
];

/** The reference that moves, as people call it. */
export interface MovingReference {
  reference: string;
  /** The host tells what it stands for now. */
  told: boolean;
}

/** The moving reference in a URL; undefined where none is seen. */
export function movingReference(url: string): MovingReference | undefined {
  const [container = "", member] = url.split(MEMBER_FRAGMENT);
  const known = knownReference(container);
  // Of a member of an archive nothing is stated, and so nothing is pinned.
  if (known !== undefined) {
    const { reference } = known;
    return reference === undefined ? undefined : { reference, told: member === undefined };
  }
  if (!/^https?:/i.test(container) || !URL.canParse(container)) return undefined;
  const { hostname, pathname, searchParams } = new URL(container);
  const reference = revisionAsked(hostname, searchParams) ?? revisionIn(hostname, pathname) ?? wordIn(pathname);
  return reference === undefined ? undefined : { reference, told: false };
}

/** Whether the host of a URL has an interface that states the size of a file together with its digest. */
export function isToldByHost(url: string): boolean {
  return !url.includes(MEMBER_FRAGMENT) && knownReference(url) !== undefined;
}

/** Of a file whose host has an interface that tells the commit, or the tag: what moves, if anything does. */
function knownReference(url: string): { reference: string | undefined } | undefined {
  const short = /^(?:hf|github|zenodo):/i.test(url) ? url : shortForm(url);
  if (short !== undefined) return { reference: /^hf:/i.test(short) ? movingRevision(short) : latestRelease(short) };
  const raw = parseRaw(url);
  if (raw === undefined) return undefined;
  const name = shortRevision(raw.revision);
  return { reference: isCommit(name) || VERSION.test(name) ? undefined : name };
}

/** Below a commit, a word is the name of a folder. */
function wordIn(pathname: string): string | undefined {
  const word = /\/(latest|nightly)(?:\/|$)/i.exec(pathname)?.[1]?.toLowerCase();
  return /\/[0-9a-f]{40}\//.test(pathname) ? undefined : word;
}

function movingRevision(url: string): string | undefined {
  const hub = parseHub(url);
  if ("message" in hub || isCommit(hub.revision)) return undefined;
  return hub.revision ?? "main";
}

function latestRelease(url: string): string | undefined {
  const release = /^github:/i.test(url) ? parseRelease(url) : undefined;
  return release !== undefined && "tag" in release && release.tag === "latest" ? "latest" : undefined;
}

/** The revision that ModelScope is asked for by its interface. */
function revisionAsked(hostname: string, query: URLSearchParams): string | undefined {
  if (!MODELSCOPE.test(hostname) || !query.has("FilePath")) return undefined;
  return unlessFixed(query.get("Revision") ?? "master");
}

/** The revision in the address of a file or an archive of a repository, or of a package, unless it stands still. */
function revisionIn(hostname: string, pathname: string): string | undefined {
  if (hostname === "cdn.jsdelivr.net" || hostname === "unpkg.com" || hostname === "esm.sh") {
    const [, name = "", version] = /^\/(?:(?:npm|gh)\/)?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?/.exec(pathname) ?? [];
    if (pathname.startsWith("/gh/")) return branch(/@([^/]+)/.exec(pathname)?.[1] ?? "latest");
    return name === "" || (version !== undefined && isExactVersion(version)) ? undefined : (version ?? "latest");
  }
  const codeload = hostname === "codeload.github.com" && /^\/[^/]+\/[^/]+\/[^/]+\/(.+)$/.exec(pathname);
  if (codeload) return unlessFixed(codeload[1]);
  const [, gitlab, form, below = ""] =
    /^\/[^/]+\/.+?\/(-\/)?(raw|archive|resolve|media|blob|get)\/(.+)$/.exec(pathname) ?? [];
  const isForge = FORGES.some(([host, way]) => host.test(hostname) && way.test(form ?? ""));
  if (form === undefined || (form === "get" && !isForge)) return undefined;
  const isNamed = (form === "archive" || form === "get") && gitlab === undefined;
  const revision = isNamed ? below.replace(/\.(?:zip|tar|tgz|tar\.\w+)$/, "") : revisionAt(below);
  // Elsewhere a branch has to have the name of one.
  return isForge || gitlab !== undefined ? unlessFixed(revision) : branch(revision);
}

/** The revision that a path begins with. Gitea says of what kind it is. */
function revisionAt(path: string): string {
  const [first = "", second = "", third = ""] = path.split("/");
  if (first === "refs") return `${first}/${second}/${third}`;
  if (first === "commit") return second;
  const kind = { branch: "heads", tag: "tags" }[first];
  return kind === undefined || third === "" ? first : `refs/${kind}/${second}`;
}

function branch(revision: string): string | undefined {
  const isBranch = revision.startsWith("refs/heads/") || BRANCH.test(revision);
  return isBranch ? shortRevision(revision) : undefined;
}

/** Of a host with a place for commits: all but those and tags, as nobody there tells what a tag stands for. */
function unlessFixed(revision = ""): string | undefined {
  const name = shortRevision(revision);
  return isCommit(name) || revision.startsWith("refs/tags/") || VERSION.test(name) ? undefined : name;
}
