/** Where the files of a list lie: joins a base with paths, and reads paths off URLs. */
import { baseNameOf } from "../manifest/urls.js";

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** The source of a path below a base: a URL, or a path relative to the manifest, as the base is. */
export function below(base: string, path: string): string {
  const folder = base.endsWith("/") || base === "" ? base : `${base}/`;
  return `${folder}${SCHEME.test(base) ? encodePath(path) : path}`;
}

/** A path as it stands in a URL. What a URL may have in its path stays readable. */
export function encodePath(path: string): string {
  return path
    .split("/")
    .map((part) => encodeURIComponent(part).replace(/%(?:40|3A|2B|2C|3D|26|24|3B)/g, decodeURIComponent))
    .join("/");
}

/** The name that a URL gives its file, if it is a name and no more. */
export function nameIn(url: string): string | undefined {
  const name = baseNameOf(url);
  return name === undefined || name.includes("/") ? undefined : name;
}

/** Whether a URL is one that curl, aria2 and browsers fetch. */
export function isWeb(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
