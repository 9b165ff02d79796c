/** Which paths a manifest may name: relative ones that every operating system stores under the same name. */
import { firstUnsafe, firstVariable } from "./characters.js";
import type { Problem } from "./issues.js";

const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 1024;
const INSIDE = "Write a path inside the root; to put everything elsewhere, pass --root DIR.";

/** The tool's own folder, directly under the root. */
const OWN_FOLDERS = new Set([".ASSETS", "ASSETS~1"]);
/** Files that the tool reads: nothing that it downloads may stand in for them. */
const OWN_FILES = new Set(["ASSETS.MANIFEST.JSON", "ASSETS.MANIFEST.SCHEMA.JSON", "ASSETS.PIECES.JSON"]);
/** Unfinished downloads, and what is noted about them. */
const PARTIAL = /\.[0-9A-F]{12}\.PART(?:\.JSON)?$/;
/**
 * What most paths are made of. No segment of one of these has a meaning to anybody: they begin with a letter or digit,
 * but not as a device, and end with one; nor do they look like one of our files.
 */
const PLAIN =
  /^(?!.*\.part)(?:(?!assets\.|con|prn|aux|nul|com\d|lpt\d)[a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9_-]))*(?:\/(?=[a-z0-9])|$))+$/i;
const FORBIDDEN = /[<>:"|?*]/;
// Microsoft, "Naming Files, Paths, and Namespaces": reserved with any extension, the digits also as superscripts.
const DEVICE = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3])$/;
// HFS+ skips these when it compares names.
const IGNORABLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** A path without its leading `./`. */
export function withoutDot(path: string): string {
  return path.startsWith("./") ? path.replace(/^(?:\.\/)+/, "") : path;
}

/** What is wrong with the path of a file, taken by itself and without a leading `./`. */
export function checkPath(path: string): Problem | undefined {
  if (path.length <= MAX_SEGMENT_BYTES && PLAIN.test(path)) return undefined;
  return examinePath(path);
}

/** {@link checkPath} for a path of any kind. */
export function examinePath(path: string): Problem | undefined {
  if (path === "") return { message: "the path is empty", suggestion: "Write the name the file shall have." };
  const unsafe = firstUnsafe(path);
  if (unsafe !== undefined) return { message: `the path has the character ${unsafe}`, suggestion: "Leave it out." };
  if (/^[A-Za-z]:/.test(path)) return { message: "the path names a Windows drive", suggestion: INSIDE };
  if (path.startsWith("/") || path.startsWith("\\\\")) return { message: "the path is absolute", suggestion: INSIDE };
  if (path.includes("\\")) {
    return { message: "the path has a backslash", suggestion: write(path.replaceAll("\\", "/")) };
  }
  if (path === "~" || path.startsWith("~/")) return { message: "~ is not expanded", suggestion: INSIDE };
  const variable = firstVariable(path);
  if (variable !== undefined) return { message: `variables such as ${variable} are not expanded`, suggestion: INSIDE };
  const tooLong = checkLength(path);
  if (tooLong !== undefined) return tooLong;
  if (path.endsWith("/")) return { message: "the path ends with / as a folder", suggestion: "Add the file's name." };
  for (const segment of path.split("/")) {
    const problem = checkSegment(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What is wrong with the path of a folder. The root itself may be written as `.`. */
export function checkFolder(path: string): Problem | undefined {
  if (path === "") return { message: "the path is empty", suggestion: 'Write "." for the root, or leave the key out.' };
  const folder = normaliseFolder(path);
  return folder === "" ? undefined : checkPath(folder);
}

/** What is wrong with the path of a file that may be left to its URL: then it is a folder, and ends with a slash. */
export function checkLocalPath(path: string): Problem | undefined {
  return path.endsWith("/") ? checkFolder(path) : checkPath(withoutDot(path));
}

/** A folder without leading `./` and without its last `/`; empty for the root itself. */
export function normaliseFolder(path: string): string {
  const folder = withoutDot(path);
  if (folder === "" || folder === ".") return "";
  return folder.length > 1 ? folder.replace(/\/$/, "") : folder;
}

/** What is wrong with the complete path of a file under the root, beyond what is wrong with its parts. */
export function checkTarget(path: string): Problem | undefined {
  const first = path.slice(0, `${path}/`.indexOf("/"));
  if (OWN_FOLDERS.has(foldPath(first))) {
    return { message: `the folder ${first} belongs to assets itself`, suggestion: "Write another folder." };
  }
  return checkLength(path);
}

/** The path of a file in a folder; an empty folder is the root. */
export function joinPath(folder: string, path: string): string {
  return folder === "" ? path : `${folder}/${path}`;
}

/**
 * Two paths with equal folds may be one file on some file system: case and Unicode normalisation do not count, nor do
 * characters that HFS+ skips. Full case mapping, so that it errs towards "the same".
 */
export function foldPath(path: string): string {
  if (/^[ -~]*$/.test(path)) return path.toUpperCase();
  return path.replace(IGNORABLE, "").normalize("NFD").toUpperCase().normalize("NFC");
}

function checkLength(path: string): Problem | undefined {
  // No UTF-16 code unit takes more than three bytes.
  if (path.length * 3 <= MAX_PATH_BYTES || Buffer.byteLength(path) <= MAX_PATH_BYTES) return undefined;
  return { message: `the path has more than ${MAX_PATH_BYTES} bytes`, suggestion: "Write a shorter one." };
}

function checkSegment(segment: string): Problem | undefined {
  if (segment === "") return { message: "the path has two slashes in a row", suggestion: "Write one." };
  if (segment === "..") return { message: 'the path climbs out with ".."', suggestion: INSIDE };
  if (segment === ".") return { message: 'the path has "." in it', suggestion: "Leave it out." };
  const forbidden = FORBIDDEN.exec(segment)?.[0];
  if (forbidden !== undefined) {
    return {
      message: `the name has ${forbidden} in it, which Windows cannot store`,
      suggestion: `${write(segment.split(FORBIDDEN).join("_"))} The local name may differ from the one in the URL.`,
    };
  }
  if (/^ |[. ]$/.test(segment)) {
    const trimmed = segment.replace(/^ +|[. ]+$/g, "");
    const message = `the name ${JSON.stringify(segment)} begins with a space, or ends with a space or a dot`;
    return { message, suggestion: trimmed === "" ? "Write another name." : write(trimmed) };
  }
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) {
    return { message: `a name has more than ${MAX_SEGMENT_BYTES} bytes`, suggestion: "Write a shorter one." };
  }
  const folded = foldPath(segment);
  if (DEVICE.test((folded.split(".")[0] ?? "").trimEnd())) {
    return { message: `${segment} is the name of a device on Windows`, suggestion: write(`_${segment}`) };
  }
  if (folded === ".GIT" || folded === "GIT~1") {
    return { message: "nothing is written into a .git folder", suggestion: "Write another folder." };
  }
  if (OWN_FILES.has(folded)) {
    return { message: `${segment} belongs to assets itself`, suggestion: "Write another name." };
  }
  if (PARTIAL.test(folded)) {
    return { message: `${segment} looks like an unfinished download`, suggestion: "Write another name." };
  }
  return undefined;
}

function write(value: string): string {
  return `Write ${JSON.stringify(value)}.`;
}
