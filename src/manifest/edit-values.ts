/** Writes values into the text of a manifest, or takes some out: comments, order and layout of all the rest stay. */
import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";
import type { JsonPath } from "./issues.js";

/** One change of a text. Paths are those of the text before any of them. */
export type Edit =
  /**
   * Gives the object at `at` a key: in place of its old value, else behind the first key of `after` that is there or
   * comes with the same edits, else as the last one.
   */
  | { do: "set"; at: JsonPath; key: string; value: unknown; after?: readonly string[] }
  /** Puts another value in the place of the one at `at`. */
  | { do: "replace"; at: JsonPath; value: unknown }
  /** Gives the array at `at` another element, as its last. */
  | { do: "append"; at: JsonPath; value: unknown };

/** Words in place of a stretch of the text. */
interface Splice {
  offset: number;
  length: number;
  words: string;
}

/** The rest of a line on which nothing but perhaps a comment stands. */
const REST_OF_LINE = /^[^\S\r\n]*(?:\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/[^\S\r\n]*)?(?=\r?\n|$)/;
/** Where the next comma is, if nothing but space and comments stands before it. */
const COMMA = /(?:\s|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*,/y;

/** The text of a valid manifest with all edits made. An edit whose path leads nowhere is left out. */
export function withEdits(source: string, edits: readonly Edit[]): string {
  const { text, root, mark } = parse(source);
  if (root === undefined) return source;
  const unit = unitOf(text, root);
  const splices: Splice[] = [];
  const appends = new Map<Node, unknown[]>();
  for (const edit of edits) {
    const node = findNodeAtLocation(root, [...edit.at]);
    if (node === undefined) continue;
    if (edit.do === "replace") splices.push(replaced(text, node, edit.value, unit));
    else if (edit.do === "append") appends.set(node, [...(appends.get(node) ?? []), edit.value]);
  }
  for (const [array, values] of appends) splices.push(...appended(text, array, values, unit));
  for (const [node, keys] of byObject(root, edits)) splices.push(...withKeys(text, node, keys, unit));
  return mark + applied(text, splices);
}

/**
 * The text without the member of an array, or the key of an object, that a path leads to, with the comment on its own
 * line. Comments above it stay: they may be about more than it.
 */
export function without(source: string, at: JsonPath): string {
  const { text, root, mark } = parse(source);
  const found = root && findNodeAtLocation(root, [...at]);
  const node = found?.parent?.type === "property" ? found.parent : found;
  const siblings = node?.parent?.children ?? [];
  if (node === undefined || siblings.length === 0) return source;
  const end = endOf(node);
  const comma = commaAfter(text, end);
  const tail = comma === undefined ? end : comma + 1;
  const before = breakBefore(text, node);
  const rest = before === "" ? undefined : REST_OF_LINE.exec(text.slice(tail))?.[0];
  // What shares a line with others leaves the line break, which may end a comment.
  const start = rest === undefined ? node.offset : node.offset - before.length;
  const previous = siblings[siblings.indexOf(node) - 1];
  const earlier = comma === undefined && previous ? commaAfter(text, endOf(previous)) : undefined;
  const gap = earlier === undefined ? "" : text.slice(earlier + 1, start);
  const isBeside = rest === undefined && earlier !== undefined && /^[^\S\r\n]*$/.test(gap);
  const blank = isBeside ? "" : (/^[^\S\r\n]*/.exec(text.slice(tail))?.[0] ?? "");
  const stop = tail + (rest ?? blank).length;
  const splices = [{ offset: start, length: stop - start, words: "" }];
  if (earlier !== undefined) splices.push({ offset: earlier, length: isBeside ? 1 + gap.length : 1, words: "" });
  return mark + applied(text, splices);
}

function parse(source: string): { text: string; root: Node | undefined; mark: string } {
  const mark = source.startsWith("\ufeff") ? "\ufeff" : "";
  const text = source.slice(mark.length);
  return { text, root: parseTree(text, [], { allowTrailingComma: true }), mark };
}

/** The keys to set, by the object that gets them. */
function byObject(root: Node, edits: readonly Edit[]): Map<Node, Extract<Edit, { do: "set" }>[]> {
  const objects = new Map<Node, Extract<Edit, { do: "set" }>[]>();
  for (const edit of edits) {
    const node = edit.do === "set" ? findNodeAtLocation(root, [...edit.at]) : undefined;
    if (edit.do !== "set" || node?.type !== "object") continue;
    objects.set(node, [...(objects.get(node) ?? []), edit]);
  }
  return objects;
}

function withKeys(text: string, object: Node, keys: readonly Extract<Edit, { do: "set" }>[], unit: string): Splice[] {
  const properties = object.children ?? [];
  const find = (key: string) => properties.find(({ children }) => children?.[0]?.value === key);
  const anchorOf = ({ key, after = [] }: { key: string; after?: readonly string[] }): Node | undefined => {
    for (const name of after) {
      const there = find(name);
      if (there !== undefined) return there;
      const coming = keys.find((other) => other.key === name && other.key !== key);
      if (coming !== undefined) return anchorOf(coming);
    }
    return properties.at(-1);
  };
  const splices: Splice[] = [];
  const added = new Map<Node | undefined, [string, unknown][]>();
  for (const edit of keys) {
    const old = find(edit.key)?.children?.[1];
    if (old !== undefined) splices.push(replaced(text, old, edit.value, unit));
    else {
      const anchor = anchorOf(edit);
      added.set(anchor, [...(added.get(anchor) ?? []), [edit.key, edit.value]]);
    }
  }
  for (const [anchor, members] of added) {
    const lead = breakBefore(text, anchor ?? object);
    const words = members.map(([key, value]) => `${JSON.stringify(key)}: ${render(value, lead, unit)}`);
    splices.push(...(anchor === undefined ? first(text, object, words, unit) : behind(text, anchor, words)));
  }
  return splices;
}

function replaced(text: string, node: Node, value: unknown, unit: string): Splice {
  const lead = breakBefore(text, node.parent?.type === "property" ? node.parent : node);
  return { offset: node.offset, length: node.length, words: render(value, lead, unit) };
}

function appended(text: string, array: Node, values: readonly unknown[], unit: string): Splice[] {
  const last = array.children?.at(-1);
  if (last === undefined) {
    const lead = lineBreak(text, array);
    const deeper = lead === "" ? "" : `${lead}${unit}`;
    return first(
      text,
      array,
      values.map((value) => render(value, deeper, unit)),
      unit,
    );
  }
  const lead = breakBefore(text, last);
  return behind(
    text,
    last,
    values.map((value) => render(value, lead, unit)),
  );
}

/** Puts members behind one that is there, each on a line if that one begins a line. */
function behind(text: string, anchor: Node, words: readonly string[]): Splice[] {
  const lead = breakBefore(text, anchor);
  const end = endOf(anchor);
  const comma = commaAfter(text, end);
  const isNear = comma === undefined || /^[^\S\r\n]*$/.test(text.slice(end, comma));
  const rest = REST_OF_LINE.exec(text.slice(comma === undefined ? end : comma + 1))?.[0];
  if (lead === "" || !isNear || rest === undefined) {
    const glue = lead === "" ? ", " : `,${lead}`;
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

/** Puts the first members into an object or array, which may hold comments. */
function first(text: string, container: Node, words: readonly string[], unit: string): Splice[] {
  const inner = text.slice(container.offset + 1, endOf(container) - 1);
  const lead = lineBreak(text, container);
  const offset = container.offset + 1 + inner.trimEnd().length;
  const length = inner.length - inner.trimEnd().length;
  if (lead === "") return [{ offset, length, words: words.join(", ") }];
  return [{ offset, length, words: `${words.map((each) => `${lead}${unit}${each}`).join(",")}${lead}` }];
}

/** A value as it reads behind a line break with indent; on one line where there is none. */
function render(value: unknown, lead: string, unit: string): string {
  if (lead === "") return JSON.stringify(value);
  return JSON.stringify(value, null, unit).replaceAll("\n", lead);
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

/** The offset of the comma that follows, comments passed over. */
function commaAfter(text: string, from: number): number | undefined {
  COMMA.lastIndex = from;
  return COMMA.test(text) ? COMMA.lastIndex - 1 : undefined;
}

/** The line break and indent that a node begins with; nothing for one that begins no line. */
function breakBefore(text: string, { offset }: Node): string {
  const start = Math.max(text.lastIndexOf("\n", offset - 1), 0);
  return /\r?\n[^\S\r\n]*$/.exec(text.slice(text[start - 1] === "\r" ? start - 1 : start, offset))?.[0] ?? "";
}

/** The line break and indent of the line on which a node begins; nothing in a text of one line. */
function lineBreak(text: string, { offset }: Node): string {
  const at = text.lastIndexOf("\n", offset - 1);
  if (at === -1) return text.includes("\n", offset) ? "\n" : "";
  const start = text[at - 1] === "\r" ? at - 1 : at;
  return /^\r?\n[^\S\r\n]*/.exec(text.slice(start, offset))?.[0] ?? "\n";
}

/** What one level is indented by: as the first key of the document is. */
function unitOf(text: string, root: Node): string {
  const [key] = root.children ?? [];
  return (key && breakBefore(text, key).replace(/^\r?\n/, "")) || "  ";
}

function applied(text: string, splices: readonly Splice[]): string {
  let result = "";
  let at = 0;
  // Those at one place stay in their order, as sorting is stable.
  for (const { offset, length, words } of [...splices].sort((a, b) => a.offset - b.offset)) {
    result += text.slice(at, offset) + words;
    at = offset + length;
  }
  return result + text.slice(at);
}
