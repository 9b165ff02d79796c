/** How new values are laid out in a JSON text with comments: as what stands beside them is. */
import type { Node } from "jsonc-parser";

/** How a document is written. */
export interface Layout {
  /** One step of indentation. */
  readonly step: string;
  readonly eol: string;
  /** What stands behind a colon or a comma that ends no line. */
  readonly gap: string;
}

/** A value, and its key if it goes into an object. */
export interface Item {
  readonly key?: string;
  readonly value: unknown;
}

/** Words in place of a stretch of a text. */
export interface Splice {
  readonly offset: number;
  readonly length: number;
  readonly words: string;
}

/** The rest of a line on which nothing but perhaps comments stands. */
const REST_OF_LINE = /(?:[^\S\r\n]|\/\*(?:(?!\*\/)[^\r\n])*\*\/)*(?:\/\/[^\r\n]*)?(?=\r?\n|$)/y;

/** Reads it off: steps are as deep as the first key of the document. */
export function layoutOf(text: string, root: Node): Layout {
  const [key] = root.children ?? [];
  const lead = key ? breakBefore(text, key) : "";
  return {
    step: lead.replace(/^\r?\n/, "") || "  ",
    eol: /\r?\n/.exec(text)?.[0] ?? "",
    gap: /":\s/.test(text) || text.includes("\n") ? " " : "",
  };
}

/** Puts items behind a node that is there, each on a line of its own if that node begins a line. `comma` follows it. */
export function behind(
  text: string,
  anchor: Node,
  comma: number | undefined,
  items: readonly Item[],
  layout: Layout,
): Splice[] {
  const lead = breakBefore(text, anchor);
  const end = endOf(anchor);
  // Long ones that begin no line, as in `[{`, go on where they end.
  const isLong = lead === "" && text.slice(anchor.offset, end).includes("\n");
  const inner = isLong ? `${layout.eol}${indentAt(text, end)}` : lead;
  const words = items.map((item) => rendered(item, inner, layout));
  const isNear = comma === undefined || text.slice(end, comma).trim() === "";
  const rest = restOfLine(text, comma === undefined ? end : comma + 1);
  if (lead === "" || rest === undefined) {
    // What stands before the comma is about the anchor.
    if (!isNear) {
      const told = words.map((each) => `${lead || layout.gap}${each},`);
      return [{ offset: comma + 1, length: 0, words: told.join("") }];
    }
    const glue = `,${lead || layout.gap}`;
    return [{ offset: end, length: 0, words: words.map((each) => glue + each).join("") }];
  }
  // The comment at the end of its line is about the anchor, and stays on that line.
  if (comma !== undefined) {
    return [{ offset: comma + 1 + rest.length, length: 0, words: words.map((each) => `${lead}${each},`).join("") }];
  }
  return [
    { offset: end, length: 0, words: "," },
    { offset: end + rest.length, length: 0, words: words.map((each) => `${lead}${each}`).join(",") },
  ];
}

/** Puts the first items into an object or array, which may hold comments. */
export function first(text: string, container: Node, items: readonly Item[], layout: Layout): Splice[] {
  const { step, eol, gap } = layout;
  const start = container.offset + 1;
  const inner = text.slice(start, endOf(container) - 1);
  const kept = inner.trimEnd();
  if (eol === "") {
    const words = items.map((item) => rendered(item, "", layout)).join(`,${gap}`);
    // Before a comment, which may have no end but the line's.
    if (kept !== "") return [{ offset: start, length: 0, words }];
    return [{ offset: start, length: inner.length, words: inner === "" ? words : ` ${words} ` }];
  }
  const outer = `${eol}${indentAt(text, container.offset)}`;
  const lead = `${outer}${step}`;
  const words = items.map((item) => lead + rendered(item, lead, layout)).join(",");
  return [{ offset: start + kept.length, length: inner.length - kept.length, words: `${words}${outer}` }];
}

/** An item as it reads behind a line break with indent; on one line where there is none. */
export function rendered({ key, value }: Item, lead: string, { step, gap }: Layout): string {
  const words = lead === "" ? onOneLine(value, gap) : JSON.stringify(value, null, step).replaceAll("\n", lead);
  if (key === undefined) return words;
  return `${JSON.stringify(key)}:${lead === "" ? gap : " "}${words}`;
}

function onOneLine(value: unknown, gap: string): string {
  if (typeof value !== "object" || value === null || gap === "") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each) => onOneLine(each, gap)).join(", ")}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return "{}";
  return `{ ${members.map(([key, member]) => `${JSON.stringify(key)}: ${onOneLine(member, gap)}`).join(", ")} }`;
}

/** What stands on the line from there on, if it is but space and comments that end on it. */
export function restOfLine(text: string, from: number): string | undefined {
  REST_OF_LINE.lastIndex = from;
  return REST_OF_LINE.exec(text)?.[0];
}

/** The line break and indent that a node begins with; nothing for one that begins no line. */
export function breakBefore(text: string, { offset }: Pick<Node, "offset">): string {
  let at = offset;
  while (isBlank(text[at - 1])) at--;
  if (text[at - 1] !== "\n") return "";
  return text.slice(at - (text[at - 2] === "\r" ? 2 : 1), offset);
}

/** Where a node ends. */
export function endOf({ offset, length }: Node): number {
  return offset + length;
}

function indentAt(text: string, offset: number): string {
  const line = text.lastIndexOf("\n", offset - 1) + 1;
  let at = line;
  while (isBlank(text[at])) at++;
  return text.slice(line, at);
}

function isBlank(sign: string | undefined): boolean {
  return sign === " " || sign === "\t";
}
