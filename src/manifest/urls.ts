/** Which URLs a manifest may name as sources. */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkShort, parseHub, SHORT_SCHEMES } from "../short-urls.js";
import { archiveFormat, isExactVersion, isPackageName, lfsEndpointIn, MEMBER_FRAGMENT } from "../url-forms.js";
import { firstUnsafe, firstVariable, isPlaceholder } from "./characters.js";
import type { Problem } from "./issues.js";

const MAX_LENGTH = 8192;
const MAX_PLAIN_LENGTH = 512;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const OTHER_ARCHIVE = /\.(?:tar\.[a-z0-9]+|txz|tbz2?|tzst|7z|rar|gz|xz|bz2|zst)$/i;
const NAME = String.raw`(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}`;
const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const PORT = String.raw`(?:[1-5]\d{4}|\d{1,4})`;
/** What most URLs are made of, at a host that every parser takes. Only for short ones: it may try every dot of a host. */
const PLAIN = new RegExp(
  String.raw`^https?://(?!.*xn--)(?:${BYTE}(?:\.${BYTE}){3}|localhost|${NAME})(?::${PORT})?/[\w.~%/+@=,:-]*$`,
);
const NPM = /^npm:((?:@[^/@]+\/)?[^/@]+)(?:@([^/]*))?(?:\/(.*))?$/i;
const NPM_EXAMPLE = "Write npm:<package>@<exact version>/<path in the package>.";
const KINDS = "https:, http:, file:, npm:, hf:, github:, zenodo:, lfs: and relative paths";
/** Schemes of stores that also answer over https. */
const STORES = new Set(["s3", "gs", "oci", "az", "abfs"]);
const HOST_WITHOUT_SCHEME = /^(?:www\.[^/]+|[a-z0-9.-]+\.(?:com|org|net|io|co|ai|dev|edu))\//i;

/** What is wrong with a URL, or with a relative path in its place. */
export function checkUrl(url: string): Problem | undefined {
  return url.length <= MAX_PLAIN_LENGTH && PLAIN.test(url) ? undefined : examineUrl(url);
}

/** A URL without the user and password in it; any other text as it is. */
export function withoutLogin(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = "";
  url.password = "";
  return url.href;
}

/** {@link checkUrl} for a URL of any kind. */
export function examineUrl(url: string): Problem | undefined {
  if (isPlaceholder(url)) return { message: "the URL is still missing", suggestion: `Write one of ${KINDS}.` };
  if (url.length > MAX_LENGTH) return { message: `the URL is longer than ${MAX_LENGTH} characters` };
  const unsafe = firstUnsafe(url);
  if (unsafe !== undefined) return { message: `the URL has the character ${unsafe}`, suggestion: "Leave it out." };
  const variable = firstVariable(url);
  if (variable !== undefined) {
    return {
      message: `variables such as ${variable} are not expanded`,
      suggestion: "Write the value itself, or %24 for a dollar sign.",
    };
  }
  if (/^[a-z]:[\\/]/i.test(url)) {
    return { message: "this is a Windows path", suggestion: `Write file:///${url.replaceAll("\\", "/")}.` };
  }
  if (url.includes("\\")) return { message: "the URL has a backslash", suggestion: "Write / instead." };
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return checkRelative(url);
  if (/\s/.test(url)) return { message: "the URL has a space in it", suggestion: "Write %20 instead." };
  if (scheme === "https" || scheme === "http") return checkHttp(url);
  if (scheme === "file") return checkFile(url);
  if (scheme === "npm") return checkNpm(url);
  if (scheme === "lfs") return checkLfs(url);
  if (SHORT_SCHEMES.includes(scheme)) {
    const fragment = url.includes("#") ? checkFragment(url, splitMember(url)[0]) : undefined;
    return fragment ?? checkShort(url);
  }
  if (STORES.has(scheme)) {
    return { message: `${scheme}: is not supported yet`, suggestion: "Write the https URL of the same file." };
  }
  if (/^[^:]+:\d+\//.test(url)) {
    return { message: "the URL has a host and no scheme", suggestion: `Write http://${url} or https://${url}.` };
  }
  return { message: `${scheme}: is not supported`, suggestion: `Write one of ${KINDS}.` };
}

/** What is wrong with the URL of a whole repository. */
export function checkSource(url: string): Problem | undefined {
  const suggestion = "Write hf:<org>/<name>@<commit>; for a dataset or a space hf:datasets/… or hf:spaces/….";
  if (!/^hf:/i.test(url)) {
    const isFile = /^(?:https?|file|npm|github|zenodo):/i.test(url);
    const message = "this is no repository of the Hugging Face Hub";
    return { message, suggestion: isFile ? 'Write it as "url", with "localPath".' : suggestion };
  }
  const unsafe = firstUnsafe(url);
  if (unsafe !== undefined) return { message: `the URL has the character ${unsafe}`, suggestion: "Leave it out." };
  const place = parseHub(url);
  if ("message" in place) return place;
  if (place.path !== undefined) {
    const message = "this names a file or a folder of the repository";
    return { message, suggestion: 'Write it as "url", or pick files by "include".' };
  }
  return /[?#]/.test(url) ? { message: "such a URL has neither a query nor a fragment", suggestion } : undefined;
}

/** The URL that a source opens, for one that passed {@link checkUrl}. `base`: absolute folder of relative paths. */
export function resolveUrl(url: string, base: string): string {
  const scheme = SCHEME.exec(url)?.[1];
  if (scheme !== undefined) return /[A-Z]/.test(scheme) ? scheme.toLowerCase() + url.slice(scheme.length) : url;
  const [path, member] = splitMember(url);
  const resolved = pathToFileURL(resolve(base, path)).href;
  return member === undefined ? resolved : `${resolved}${MEMBER_FRAGMENT}${member}`;
}

/** The name that a URL gives its file, decoded; undefined where it gives none. */
export function baseNameOf(url: string): string | undefined {
  const [address, member] = splitMember(url);
  const isUrl = SCHEME.test(url);
  const path = member ?? (isUrl && !/^npm:/i.test(url) ? address.replace(/[?#].*$/, "") : address);
  const name = path.slice(path.lastIndexOf("/") + 1);
  return (isUrl || member !== undefined ? decode(name) : name) || undefined;
}

/** What is wrong with the percent-encoded path of a file in an archive or a package. */
function checkMember(encoded: string): Problem | undefined {
  const member = decode(encoded);
  if (member === undefined) {
    return { message: "the path in the archive is not encoded correctly", suggestion: "Write %25 for a percent sign." };
  }
  const suggestion = "Write the path as the archive lists it, without a leading ./.";
  const unsafe = firstUnsafe(member);
  if (unsafe !== undefined) return { message: `the path in the archive has the character ${unsafe}`, suggestion };
  if (member.startsWith("/") || member.includes("\\") || /^[a-z]:/i.test(member)) {
    return { message: "the path in the archive is absolute or has a backslash", suggestion };
  }
  if (member.split("/").some((segment) => segment === "" || segment === "." || segment === "..")) {
    return { message: 'the path in the archive is empty, or has an empty, "." or ".." part', suggestion };
  }
  return undefined;
}

function checkRelative(url: string): Problem | undefined {
  const [path, member] = splitMember(url);
  if (path.startsWith("//")) return { message: "the URL has no scheme", suggestion: `Write https:${url}.` };
  if (isAbsolute(path)) return { message: "this is an absolute path", suggestion: `Write file://${url}.` };
  if (path === "~" || path.startsWith("~/")) {
    return { message: "~ is not expanded", suggestion: "Write a file: URL, or a path relative to the manifest." };
  }
  if (HOST_WITHOUT_SCHEME.test(url)) {
    return { message: "the URL has no scheme", suggestion: `Write https://${url}, or ./${url} for a local path.` };
  }
  if (path.endsWith("/") || /(?:^|\/)\.{1,2}$/.test(path)) {
    return { message: "this is a folder", suggestion: "Write the path of a file." };
  }
  return member === undefined ? undefined : checkArchive(path, member);
}

function checkHttp(url: string): Problem | undefined {
  if (!/^https?:\/\/[^/?#]/i.test(url) || !URL.canParse(url)) {
    return { message: "this is not a URL", suggestion: "Write https://<host>/<path>." };
  }
  return url.includes("#") ? checkFragment(url, new URL(url).pathname) : undefined;
}

function checkFile(url: string): Problem | undefined {
  const suggestion = "Write file:///<absolute path>.";
  if (/^file:\/\/[^/]/i.test(url) && !/^file:\/\/localhost\//i.test(url)) {
    return { message: "a file: URL with a host is not read", suggestion };
  }
  if (!/^file:\/\/(?:localhost)?\//i.test(url) || !URL.canParse(url)) {
    return { message: "this is not a file: URL", suggestion };
  }
  const { pathname, search } = new URL(url);
  if (search !== "" || url.includes("?")) {
    return { message: "a file: URL has no query", suggestion: "Write %3F for ?." };
  }
  const path = decode(pathname);
  if (path === undefined || firstUnsafe(path) !== undefined || /%2f|%5c/i.test(pathname)) {
    return { message: "the URL does not name a file of this machine", suggestion };
  }
  if (path.endsWith("/")) return { message: "this is a folder", suggestion: "Write the URL of a file." };
  return url.includes("#") ? checkFragment(url, pathname) : undefined;
}

function checkLfs(url: string): Problem | undefined {
  const suggestion = "Write lfs:https://<host>/<repository>.git/info/lfs.";
  const endpoint = lfsEndpointIn(url);
  if (endpoint === undefined || endpoint.hostname === "") {
    return { message: "the lfs: URL names no server on the web", suggestion };
  }
  if (/[?#]/.test(url)) return { message: "the lfs: URL has a query or a fragment", suggestion };
  return checkHttp(url.slice("lfs:".length));
}

function checkNpm(url: string): Problem | undefined {
  const [, name = "", version = "", path = ""] = NPM.exec(url) ?? [];
  if (!isPackageName(name)) {
    return { message: "the npm: URL has no valid package name", suggestion: NPM_EXAMPLE };
  }
  if (!isExactVersion(version)) {
    const seen = version === "" ? "no version" : `the version ${JSON.stringify(version)}, which is not exact`;
    return { message: `the npm: URL has ${seen}`, suggestion: `${NPM_EXAMPLE} Ranges and tags may change.` };
  }
  if (path === "") return { message: "the npm: URL names no file in the package", suggestion: NPM_EXAMPLE };
  if (path.includes("#")) return { message: "an npm: URL has no fragment", suggestion: NPM_EXAMPLE };
  return checkMember(path);
}

function checkFragment(url: string, pathname: string): Problem | undefined {
  const [, member] = splitMember(url);
  if (member !== undefined) return checkArchive(pathname, member);
  return {
    message: "the part after # is never sent",
    suggestion: "Leave it out, or write #member=<path> for a file in an archive.",
  };
}

function checkArchive(path: string, member: string): Problem | undefined {
  if (archiveFormat(path) === undefined) {
    const ending = OTHER_ARCHIVE.exec(path)?.[0];
    const message = ending === undefined ? "no archive is known by this name" : `${ending} archives are not supported`;
    return { message, suggestion: "#member= reads from .zip (also .whl, .jar, .npz, .nupkg), .tar, .tar.gz and .tgz." };
  }
  return checkMember(member);
}

function splitMember(url: string): [address: string, member: string | undefined] {
  // In a path a # may be part of a name; in a URL the first one ends it.
  const at = SCHEME.test(url) ? url.indexOf("#") : url.indexOf(MEMBER_FRAGMENT);
  if (at === -1 || !url.startsWith(MEMBER_FRAGMENT, at)) return [url, undefined];
  return [url.slice(0, at), url.slice(at + MEMBER_FRAGMENT.length)];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
