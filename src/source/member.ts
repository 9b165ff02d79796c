/** Reads the `#member=` fragment, by which a URL names one file inside an archive. */
import { AssetsError, visibleLine } from "../errors.js";
import { archiveFormat, MEMBER_FRAGMENT } from "../url-forms.js";
import type { ArchiveMember } from "./source.js";

/**
 * Takes the fragment off a URL, since it is never sent, and tells the member that it names. The archive's format follows
 * from the ending of the URL's path. Throws UNSUPPORTED_URL.
 */
export function parseMember(url: string): { url: string; member?: ArchiveMember } {
  const hash = url.indexOf("#");
  if (hash === -1) return { url };
  const container = url.slice(0, hash);
  const fragment = url.slice(hash);
  if (!fragment.startsWith(MEMBER_FRAGMENT)) return { url: container };
  const path = decodeMemberPath(fragment.slice(MEMBER_FRAGMENT.length), url);
  return { url: container, member: { format: formatOf(container), path, strip: 0 } };
}

/** The path that a percent-encoded text names inside an archive. Throws UNSUPPORTED_URL unless it stays inside. */
export function decodeMemberPath(encoded: string, url: string): string {
  const refuse = (why: string) =>
    new AssetsError("UNSUPPORTED_URL", `${visibleLine(url)} names a path in an archive that ${why}.`, {
      hint: "Write the path as the archive lists it, with / between folders and the characters % # ? percent-encoded.",
    });
  let path: string;
  try {
    path = decodeURIComponent(encoded);
  } catch {
    throw refuse("is not percent-encoded correctly");
  }
  if (path === "") throw refuse("is empty");
  if (path.includes("\\")) throw refuse("contains a backslash");
  if (path.includes("\0")) throw refuse("contains a NUL character");
  const segments = path.split("/");
  if (segments[0] === "") throw refuse("begins with a slash");
  if (segments.includes("..")) throw refuse('contains ".."');
  if (segments.includes("") || segments.includes(".")) throw refuse('contains an empty or "." segment');
  return path;
}

function formatOf(container: string): ArchiveMember["format"] {
  const path = URL.canParse(container) ? new URL(container) : undefined;
  if (path?.protocol === "npm:") {
    throw new AssetsError("UNSUPPORTED_URL", `${visibleLine(container)} takes no #member=.`, {
      hint: "A file of a package is named by its path: npm:<package>@<version>/<path>",
    });
  }
  const name = path?.pathname ?? container;
  const format = archiveFormat(name);
  if (format !== undefined) return format;
  throw new AssetsError("UNSUPPORTED_URL", `${visibleLine(container)} is not known to be an archive.`, {
    hint: "#member= needs a URL whose path ends in .tar, .tar.gz, .tgz or .zip (or .whl, .jar, .npz, .nupkg).",
  });
}
