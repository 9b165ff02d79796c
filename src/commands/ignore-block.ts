/** The lines of a `.gitignore` that keep git from assets. */
import { plainSize } from "../store/probe-file.js";
import { readWhole, replaceWhole } from "../store/whole-text.js";

/** What became of the file; `lines`: those that were added. */
export type Ignored =
  | { status: "created" | "changed"; lines: string[] }
  | { status: "kept" }
  /** `what`: why it was left alone. */
  | { status: "skipped"; what: string };

const HEAD = "# What assets.manifest.json describes";
const MOST_BYTES = 16 * 2 ** 20;

/**
 * Adds those of the lines that are not there yet, with or without slashes around them: at the end, under a heading of
 * their own. No other byte changes, whatever the encoding. Throws DISK_FULL, LOCAL_IO.
 */
export async function addIgnored(
  file: string,
  wanted: readonly string[],
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<Ignored> {
  const isRegular = await plainSize(file).then(
    (size) => size !== undefined,
    () => undefined,
  );
  // A link may lead to a file of anybody's.
  if (isRegular === false) return { status: "skipped", what: "it is not a regular file" };
  const before = await readWhole(file, MOST_BYTES);
  if (before !== undefined && isUtf16(before)) {
    return { status: "skipped", what: "it is UTF-16, of which git reads no line: save it as UTF-8" };
  }
  const text = characters(before ?? Buffer.alloc(0));
  const lines = missingLines(text, wanted);
  if (lines.length === 0) return { status: "kept" };
  const added = lines.map((line) => characters(Buffer.from(line)));
  if (!dryRun) await replaceWhole(file, Buffer.from(withLines(text, added), "latin1"));
  return { status: before === undefined ? "created" : "changed", lines };
}

/** A character for each byte: what is looked for is ASCII, or compared as bytes. */
function characters(bytes: Buffer): string {
  return bytes.toString("latin1");
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function missingLines(text: string, wanted: readonly string[]): string[] {
  const bare = (line: string) => line.replace(/^[ \t]*\/?|\/?[ \t\r]*$/g, "");
  const there = new Set(text.split("\n").map(bare));
  return wanted.filter((line) => !there.has(bare(characters(Buffer.from(line)))));
}

/** Behind those that are under the heading already. */
function withLines(text: string, lines: readonly string[]): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const all = text.split(eol);
  const head = all.indexOf(HEAD);
  if (head === -1) {
    const gap = text === "" ? "" : text.endsWith(eol) ? eol : `${eol}${eol}`;
    return `${text}${gap}${[HEAD, ...lines, ""].join(eol)}`;
  }
  const blank = all.findIndex((line, index) => index > head && line.trim() === "");
  const end = blank === -1 ? all.length : blank;
  const result = [...all.slice(0, end), ...lines, ...all.slice(end)];
  return `${result.join(eol)}${blank === -1 ? eol : ""}`;
}
