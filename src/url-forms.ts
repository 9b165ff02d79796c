/** The words that URLs are made of which name a file inside a package or an archive. */

/** Begins the fragment that names a member of an archive. It is never sent. */
export const MEMBER_FRAGMENT = "#member=";

const TAR_NAME = /\.(?:tar|tar\.gz|tgz)$/i;
/** Wheels, jars, NumPy's and NuGet's archives are zip files under another name. */
const ZIP_NAME = /\.(?:zip|whl|jar|npz|nupkg)$/i;

/** The format of an archive, told by the ending of a path; undefined for any other file. */
export function archiveFormat(path: string): "tar" | "zip" | undefined {
  if (TAR_NAME.test(path)) return "tar";
  return ZIP_NAME.test(path) ? "zip" : undefined;
}

const LFS = /^lfs:(https?:\/\/.+)$/i;

/** The Git LFS server that a URL such as `lfs:https://host/o/r.git/info/lfs` names; undefined for any other URL. */
export function lfsEndpointIn(url: string): URL | undefined {
  const endpoint = LFS.exec(url)?.[1];
  return endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
}

const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i;
const LONGEST_PACKAGE_NAME = 214;

/** Whether a text is a name that npm packages have or had, with its scope. */
export function isPackageName(name: string): boolean {
  return name.length <= LONGEST_PACKAGE_NAME && PACKAGE_NAME.test(name);
}

// semver.org, "Is there a suggested regular expression": an exact version, without a leading v.
const EXACT_VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*))*)?(?:\+[0-9a-z-]+(?:\.[0-9a-z-]+)*)?$/i;

/** Whether a text is one version, neither a range nor a tag. */
export function isExactVersion(version: string): boolean {
  return EXACT_VERSION.test(version);
}

/** The package that an `npm:` URL leads into. */
export function parseNpmName(url: string): string | undefined {
  return /^npm:((?:@[^/@]+\/)?[^/@]+)/i.exec(url)?.[1];
}
