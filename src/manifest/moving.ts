/** Tells by a URL whether it may mean other bytes tomorrow: a branch, a tag of the Hub, `latest`. Pure. */
import { parseRaw, shortRevision } from "../raw-files.js";
import { isCommit, parseHub, parseRelease, shortForm } from "../short-urls.js";
import { isExactVersion, MEMBER_FRAGMENT } from "../url-forms.js";

/** Names that are branches wherever they are used. */
const BRANCH = /^(?:main|master|trunk|develop|dev|HEAD|gh-pages|latest|nightly|stable)$/;
/** What tags are called. */
const VERSION = /^v?\d+(?:\.\d+)+/i;
/** Hosts that give files of repositories by `/resolve/<revision>/`, as the Hub does. */
const RESOLVING = /^(?:(?:www\.)?modelscope\.cn|hf-mirror\.com)$/;

/** The reference that moves, as people call it. */
export interface MovingReference {
  reference: string;
  /** The host tells what it stands for now. */
  told: boolean;
}

/** The moving reference in a URL; undefined where none is seen. */
export function movingReference(url: string): MovingReference | undefined {
  const [container = "", member] = url.split(MEMBER_FRAGMENT);
  const reference = toldReference(container);
  // Of a member of an archive nothing is stated, and so nothing is pinned.
  if (reference !== undefined) return { reference, told: member === undefined };
  if (!/^https?:/i.test(container) || !URL.canParse(container)) return undefined;
  const { hostname, pathname } = new URL(container);
  const seen = revisionIn(hostname, pathname) ?? /\/(latest|nightly)(?:\/|$)/i.exec(pathname)?.[1]?.toLowerCase();
  return seen === undefined ? undefined : { reference: seen, told: false };
}

/** Of a file whose host has an interface that tells the commit, or the tag. There a tag moves too: it can be written down. */
function toldReference(url: string): string | undefined {
  const short = /^(?:hf|github|zenodo):/i.test(url) ? url : shortForm(url);
  if (short !== undefined) return /^hf:/i.test(short) ? movingRevision(short) : latestRelease(short);
  const raw = parseRaw(url);
  return raw === undefined || isCommit(raw.revision) ? undefined : shortRevision(raw.revision);
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

/** The revision in the address of a file or an archive of a repository, or of a package, unless it stands still. */
function revisionIn(hostname: string, pathname: string): string | undefined {
  if (hostname === "cdn.jsdelivr.net" || hostname === "unpkg.com" || hostname === "esm.sh") {
    const [, name = "", version] = /^\/(?:(?:npm|gh)\/)?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?/.exec(pathname) ?? [];
    if (pathname.startsWith("/gh/")) return branch(/@([^/]+)/.exec(pathname)?.[1] ?? "latest");
    return name === "" || (version !== undefined && isExactVersion(version)) ? undefined : (version ?? "latest");
  }
  const codeload = hostname === "codeload.github.com" && /^\/[^/]+\/[^/]+\/[^/]+\/(.+)$/.exec(pathname);
  if (codeload) return unlessFixed(codeload[1]);
  const [, gitlab, form, below = ""] = /^\/[^/]+\/.+?\/(-\/)?(raw|archive|resolve)\/(.+)$/.exec(pathname) ?? [];
  if (form === undefined) return undefined;
  const isNamed = form === "archive" && gitlab === undefined;
  const revision = isNamed ? below.replace(/\.(?:zip|tar|tgz|tar\.\w+)$/, "") : revisionAt(below);
  const isForge = gitlab !== undefined || (isNamed && hostname === "github.com");
  // Elsewhere the word may stand in any path: there a branch has to have the name of one.
  return isForge || (form === "resolve" && RESOLVING.test(hostname)) ? unlessFixed(revision) : branch(revision);
}

/** The revision that a path begins with. Gitea says of what kind it is. */
function revisionAt(path: string): string {
  const [first = "", second = "", third = ""] = path.split("/");
  if (first === "refs") return `${first}/${second}/${third}`;
  if (first === "commit") return second;
  const kind = { branch: "heads", tag: "tags" }[first];
  return kind === undefined ? first : `refs/${kind}/${second}`;
}

function branch(revision: string): string | undefined {
  const isBranch = revision.startsWith("refs/heads/") || BRANCH.test(revision);
  return isBranch ? shortRevision(revision) : undefined;
}

/** Of a host with a place for commits: all but those and tags. That a tag has moved, nobody there tells. */
function unlessFixed(revision = ""): string | undefined {
  const name = shortRevision(revision);
  return isCommit(name) || revision.startsWith("refs/tags/") || VERSION.test(name) ? undefined : name;
}
