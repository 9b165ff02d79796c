/** Where the files of a list lie: joins a base with paths, and reads paths off URLs. */
import { baseNameOf } from "../manifest/urls.js";
import { encodePath } from "../short-urls.js";

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/**
 * The source of a path below a base: a URL, or a path relative to the manifest, as the base is. Behind a query the path
 * follows as it does in `?file=`, without a slash. `isEncoded`: escapes that the path has already stay.
 */
export function below(base: string, path: string, { isEncoded = false } = {}): string {
  const whole = withoutDoi(base);
  const isQuery = SCHEME.test(whole) && whole.includes("?");
  const folder = isQuery || whole.endsWith("/") || whole === "" ? whole : `${whole}/`;
  if (!SCHEME.test(whole)) return `${folder}${path}`;
  const encode = isQuery ? (part: string) => encodeURIComponent(part).replaceAll("%2F", "/") : encodePath;
  const parts = isEncoded ? path.split(/(%[0-9A-Fa-f]{2})/) : [path];
  return `${folder}${parts.map((part, index) => (index % 2 === 0 ? encode(part) : part)).join("")}`;
}

/** A record of Zenodo under its name here. A DOI says nothing of where other archives have their files. */
export function withoutDoi(url: string): string {
  return url.replace(/^doi:10\.5281\/zenodo\.(\d+)(?=\/|$)/i, "zenodo:$1");
}

/** The name that a URL gives its file, if it is a name and no more. */
export function nameIn(url: string): string | undefined {
  // A host is no file.
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*\/?(?:[?#]|$)/i.test(url)) return undefined;
  const name = baseNameOf(url);
  return name === undefined || name.includes("/") ? undefined : name;
}

/** Whether a URL is one that curl, aria2 and browsers fetch. */
export function isWeb(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
