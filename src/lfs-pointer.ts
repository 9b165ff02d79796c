/** Reads the text of a Git LFS pointer as git-lfs itself does. */
import { visibleLine } from "./errors.js";

/** Size in bytes from which on a file is never a pointer, whatever it holds. */
export const POINTER_SIZE_LIMIT = 1024;

/** A program that changed the content before git-lfs stored it; `oid` is the digest of what the program was given. */
interface PointerExtension {
  /** 0 to 9: 0 ran first when the content was stored. */
  priority: number;
  name: string;
  /** SHA-256, 64 lower-case hex digits. */
  oid: string;
}

/** What a pointer says. */
export interface Pointer {
  /** URL of the format, as it stands in the file. */
  version: string;
  /** SHA-256 of the object that git-lfs stores, 64 lower-case hex digits. */
  oid: string;
  /** Size of that object in bytes. */
  size: number;
  /** In the order of their priority. */
  extensions: PointerExtension[];
}

/**
 * What some bytes are. `pointer`: just as git-lfs writes it. `non-canonical`: git-lfs reads it, but would write it
 * otherwise. `malformed`: begins like a pointer, but git-lfs does not take it for one. `none`: something else.
 */
export type PointerParse =
  | ({ kind: "pointer" | "non-canonical" } & Pointer)
  | { kind: "malformed"; problem: string }
  | { kind: "none" };

const LATEST = "https://git-lfs.github.com/spec/v1";
/** Compared as plain strings, as the specification demands: `http:` in place of `https:` is another version. */
const VERSIONS: readonly string[] = [LATEST, "https://hawser.github.com/spec/v1", "http://git-media.io/v/2"];
const KEYS = ["version", "oid", "size"] as const;

/** First line of a pointer, or of what was to be one: after a byte order mark, blank lines, a merge conflict's mark. */
const BEGINS_LIKE_ONE =
  /^\ufeff?\s*(?:<{7}[^\n]*\n)?(?:version[\s=:]+["']?https?:\/\/(?:git-lfs\.github\.com|hawser\.github\.com|git-media\.io)\/|oid[\s=:]+sha256:[0-9a-f]{64}|ext-\d+-\w+ sha256:)/i;
/** The form before there were versions: a comment, then the digest alone on the last line. */
const ALPHA_FORM = /^\s*# (?:.*git-media|external).*\n(?:[\s\S]*\n)?[0-9a-f]{64}\s*$/;
const CONFLICT_MARK = /^(?:<{7}|={7}|>{7})(?: |\r?$)/m;
// What Go's `bytes.TrimSpace` takes away: unlike `trim` no byte order mark, but U+0085.
const SPACE = String.raw`[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const OUTER_SPACE = new RegExp(`^${SPACE}+|(?<!${SPACE})${SPACE}+$`, "g");

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const utf16 = new TextDecoder("utf-16le", { ignoreBOM: true });

/**
 * Tells what the whole content of a file is. Never throws.
 *
 * Two answers are not those of git-lfs. The empty file, which counts as its own pointer there, is `none`: nothing is
 * missing from it. A size of more than 2^53 - 1 is malformed: no number here holds it, and no disk such a file.
 */
export function parsePointer(bytes: Uint8Array): PointerParse {
  if (bytes.length === 0 || bytes.length >= POINTER_SIZE_LIMIT) return { kind: "none" };
  const text = utf8.decode(bytes);
  const found = decode(text);
  if (typeof found !== "string") return { kind: formatPointer(found) === text ? "pointer" : "non-canonical", ...found };
  const problem = problemOf(bytes, text, found);
  return problem === undefined ? { kind: "none" } : { kind: "malformed", problem };
}

/**
 * The pointer's text just as git-lfs writes it, always under the latest version; for a size of 0 that is an empty text.
 * The parts are taken as they are.
 */
export function formatPointer(pointer: Pick<Pointer, "oid" | "size"> & Partial<Pointer>): string {
  if (pointer.size === 0) return "";
  const lines = (pointer.extensions ?? [])
    .toSorted((a, b) => a.priority - b.priority)
    .map((extension) => `ext-${extension.priority}-${extension.name} sha256:${extension.oid}\n`);
  return `version ${LATEST}\n${lines.join("")}oid sha256:${pointer.oid}\nsize ${pointer.size}\n`;
}

/** SHA-256 of the file that belongs where the pointer stands: extensions store something else than that file. */
export function contentDigest({ oid, extensions }: Pick<Pointer, "oid" | "extensions">): string {
  return extensions[0]?.oid ?? oid;
}

/** The pointer, or why git-lfs reads none here. */
function decode(text: string): Pointer | string {
  const values: Partial<Record<(typeof KEYS)[number], string>> = {};
  const extensionLines = new Map<string, string>();
  let next = 0;
  for (const raw of text.replace(OUTER_SPACE, "").split("\n")) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (line === "") continue;
    const space = line.indexOf(" ");
    if (space < 0) return `the line ${shown(line)} is not a key, a space and a value`;
    const [name, value] = [line.slice(0, space), line.slice(space + 1)];
    const key = KEYS[next];
    if (key === undefined) return `nothing may follow the size, found ${shown(line)}`;
    if (name === key) {
      values[key] = value;
      next += 1;
    } else if (/^ext-\d-\w/.test(name)) {
      // git-lfs keeps one value of each key, and asks no order of these lines: the last one counts.
      extensionLines.set(name, value);
    } else return `the key ${shown(name)} stands where ${shown(key)} is expected`;
  }
  if (KEYS[next] !== undefined) return `the ${KEYS[next]} is missing`;
  const { version = "", oid = "", size = "" } = values;
  if (!VERSIONS.includes(version)) return `the version is ${shown(version)}, not ${shown(LATEST)}`;
  if (!isOid(oid)) return `the oid is ${shown(oid)}, not sha256: and 64 lower-case hex digits`;
  if (!/^[+-]?\d+$/.test(size) || Number(size) < 0) return `the size is ${shown(size)}, not a number of bytes`;
  if (!Number.isSafeInteger(Number(size))) return `the size ${shown(size)} is more than 2^53 - 1 bytes`;
  const extensions = readExtensions(extensionLines);
  if (typeof extensions === "string") return extensions;
  return { version, oid: oid.slice("sha256:".length), size: Math.abs(Number(size)), extensions };
}

function readExtensions(lines: ReadonlyMap<string, string>): PointerExtension[] | string {
  const extensions: PointerExtension[] = [];
  for (const [key, value] of lines) {
    const priority = Number(key.charAt("ext-".length));
    if (!isOid(value)) return `${shown(key)} is ${shown(value)}, not sha256: and 64 lower-case hex digits`;
    if (extensions.some((other) => other.priority === priority)) return `two extensions have the priority ${priority}`;
    extensions.push({ priority, name: key.slice("ext-0-".length), oid: value.slice("sha256:".length) });
  }
  return extensions.sort((a, b) => a.priority - b.priority);
}

function isOid(value: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(value);
}

/** What keeps bytes that begin like a pointer from being one; nothing when they do not begin like one. */
function problemOf(bytes: Uint8Array, text: string, found: string): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return BEGINS_LIKE_ONE.test(utf16.decode(bytes)) ? "it is UTF-16 text, a pointer is UTF-8" : undefined;
  }
  if (ALPHA_FORM.test(text)) return "it has the form of the first alpha versions, which git-lfs no longer reads";
  if (!BEGINS_LIKE_ONE.test(text)) return undefined;
  if (text.startsWith("\ufeff")) return "it begins with a byte order mark";
  return CONFLICT_MARK.test(text) ? "it holds the marks of an unresolved merge" : found;
}

/** A text from the file, short and safe to show. */
function shown(text: string): string {
  return `"${visibleLine(text.length > 90 ? `${text.slice(0, 90)}…` : text)}"`;
}
