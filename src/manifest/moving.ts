/** Tells by a URL whether it may mean other bytes tomorrow: a branch, a tag of the Hub, `latest`. Pure. */
import { isCommit, parseHub, parseRelease, shortForm } from "../short-urls.js";
import { isExactVersion } from "../url-forms.js";

/** Names that are branches wherever they are used. */
const BRANCH = /^(?:main|master|trunk|develop|dev|HEAD|gh-pages|latest|nightly|stable)$/;

/** The reference that moves, as people call it. */
export interface MovingReference {
  reference: string;
  /** The host tells what it stands for now. */
  told: boolean;
}

/** The moving reference in a URL; undefined where none is seen. */
export function movingReference(url: string): MovingReference | undefined {
  const short = shortOf(url);
  if (short !== undefined) {
    const reference = /^hf:/i.test(short) ? movingRevision(short) : latestRelease(short);
    return reference === undefined ? undefined : { reference, told: true };
  }
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  const reference = branchIn(hostname, pathname) ?? (/\/latest\//i.test(pathname) ? "latest" : undefined);
  // GitHub tells the commit of a branch, but not for the host of its LFS content.
  return reference === undefined ? undefined : { reference, told: hostname === "raw.githubusercontent.com" };
}

function shortOf(url: string): string | undefined {
  return /^(?:hf|github|zenodo):/i.test(url) ? url : shortForm(url);
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

function branchIn(hostname: string, pathname: string): string | undefined {
  const parts = pathname.split("/").slice(1);
  if (hostname === "raw.githubusercontent.com" || hostname === "media.githubusercontent.com") {
    return branch(parts.slice(hostname.startsWith("media") ? 3 : 2));
  }
  if (hostname === "cdn.jsdelivr.net" || hostname === "unpkg.com" || hostname === "esm.sh") {
    const [, name = "", version] = /^\/(?:(?:npm|gh)\/)?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?/.exec(pathname) ?? [];
    if (pathname.startsWith("/gh/")) return branch([/@([^/]+)/.exec(pathname)?.[1] ?? "latest"]);
    return name === "" || (version !== undefined && isExactVersion(version)) ? undefined : (version ?? "latest");
  }
  const raw = parts.indexOf("raw");
  return raw > 1 ? branch(parts.slice(raw + 1)) : undefined;
}

function branch([first = "", second, third]: readonly string[]): string | undefined {
  if (first === "refs" && second === "heads") return third;
  return BRANCH.test(first) ? first : undefined;
}
