/** Writes values into a JSON text with comments, or takes some out: comments, order and layout of all the rest stay. */
import { createScanner, findNodeAtLocation, type Node, parseTree, type SyntaxKind } from "jsonc-parser";
import {
  behind,
  breakBefore,
  endOf,
  first,
  type Item,
  type Layout,
  layoutOf,
  rendered,
  restOfLine,
  type Splice,
} from "./edit-layout.js";
import type { JsonPath } from "./issues.js";

/** One change of a text. Paths are those of the text before any of them; one that leads nowhere changes nothing. */
export type Edit =
  /**
   * Gives the object at `at` a key: in place of its old value, else behind the first key of `after` that is there or
   * comes with the same edits, else as the last one.
   */
  | { do: "set"; at: JsonPath; key: string; value: unknown; after?: readonly string[] }
  /** Puts another value in the place of the one at `at`. */
  | { do: "replace"; at: JsonPath; value: unknown }
  /** Gives the array at `at` another element, as its last. */
  | { do: "append"; at: JsonPath; value: unknown }
  /**
   * Takes the element or member at `at` out, with the comment on its own line. Comments above it stay: they may be about
   * more than it. With `keep`, every comment stays, those in it and on its line as lines in its place.
   */
  | { do: "remove"; at: JsonPath; keep?: "comments" };

type Removal = Extract<Edit, { do: "remove" }>;
type Writing = Exclude<Edit, Removal>;
type Setting = Extract<Edit, { do: "set" }>;

/** Whether a comment stands in the member or element at a place of a valid text. */
export function holdsComment(source: string, at: JsonPath): boolean {
  const text = source.replace(/^\ufeff/, "");
  const root = parse(text);
  const node = root && removable(root, at);
  return node !== undefined && commentsIn(text, node.offset, endOf(node)).length > 0;
}

/** What leaves with the value at a path. */
function removable(root: Node, at: JsonPath): Node | undefined {
  const found = findNodeAtLocation(root, [...at]);
  return found?.parent?.type === "property" ? found.parent : found;
}

/** The comments of a stretch that begins and ends outside of any. */
function commentsIn(text: string, from: number, to: number): string[] {
  const scanner = createScanner(text.slice(from, to));
  const comments: string[] = [];
  for (let kind = scanner.scan(); kind !== END; kind = scanner.scan()) {
    if (kind === LINE_COMMENT || kind === BLOCK_COMMENT) comments.push(scanner.getTokenValue().trim());
  }
  return comments;
}

/** A comma, as the scanner numbers it. */
const COMMA: SyntaxKind.CommaToken = 5;
const LINE_COMMENT: SyntaxKind.LineCommentTrivia = 12;
const BLOCK_COMMENT: SyntaxKind.BlockCommentTrivia = 13;
const END: SyntaxKind.EOF = 17;

/** The text of a valid document with all edits made. A byte order mark stays. */
export function withEdits(source: string, edits: readonly Edit[]): string {
  const mark = source.startsWith("\ufeff") ? "\ufeff" : "";
  const removals = edits.filter((edit) => edit.do === "remove");
  const writings = edits.filter((edit) => edit.do !== "remove");
  // What is written moves no path: elements come last, and members have names.
  return mark + withoutAll(withAll(source.slice(mark.length), writings), removals);
}

function withAll(text: string, edits: readonly Writing[]): string {
  const root = edits.length === 0 ? undefined : parse(text);
  if (root === undefined) return text;
  const layout = layoutOf(text, root);
  const splices: Splice[] = [];
  const elements = new Map<Node, unknown[]>();
  const members = new Map<Node, Setting[]>();
  for (const edit of edits) {
    const node = findNodeAtLocation(root, [...edit.at]);
    if (node === undefined) continue;
    if (edit.do === "replace") splices.push(replaced(text, node, edit.value, layout));
    else if (edit.do === "set" && node.type === "object") push(members, node, edit);
    else if (edit.do === "append" && node.type === "array") push(elements, node, edit.value);
  }
  for (const [array, values] of elements) {
    const items = values.map((value) => ({ value }));
    const last = array.children?.at(-1);
    splices.push(...(last ? putBehind(text, last, items, layout) : first(text, array, items, layout)));
  }
  for (const [object, own] of members) splices.push(...withMembers(text, object, own, layout));
  return applied(text, splices);
}

function push<K, T>(lists: Map<K, T[]>, key: K, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function withMembers(text: string, object: Node, edits: readonly Setting[], layout: Layout): Splice[] {
  const properties = object.children ?? [];
  const there = new Map(properties.map((property) => [property.children?.[0]?.value as string, property]));
  const coming = new Map(edits.map((edit) => [edit.key, edit]));
  const anchorOf = ({ key, after = [] }: Setting, passed = new Set<string>()): Node | undefined => {
    passed.add(key);
    for (const name of after) {
      const old = there.get(name);
      if (old !== undefined) return old;
      const other = passed.has(name) ? undefined : coming.get(name);
      if (other !== undefined) return anchorOf(other, passed);
    }
    return properties.at(-1);
  };
  const splices: Splice[] = [];
  const added = new Map<Node | undefined, Item[]>();
  for (const [key, edit] of coming) {
    const old = there.get(key)?.children?.[1];
    if (old !== undefined) splices.push(replaced(text, old, edit.value, layout));
    else push(added, anchorOf(edit), { key, value: edit.value });
  }
  for (const [anchor, items] of added) {
    splices.push(...(anchor ? putBehind(text, anchor, items, layout) : first(text, object, items, layout)));
  }
  return splices;
}

function replaced(text: string, node: Node, value: unknown, layout: Layout): Splice {
  const lead = breakBefore(text, node.parent?.type === "property" ? node.parent : node);
  return { offset: node.offset, length: node.length, words: rendered({ value }, lead, layout) };
}

function putBehind(text: string, anchor: Node, items: readonly Item[], layout: Layout) {
  return behind(text, anchor, commaAfter(text, endOf(anchor)), items, layout);
}

function withoutAll(text: string, edits: readonly Removal[]): string {
  const root = edits.length === 0 ? undefined : parse(text);
  if (root === undefined) return text;
  const gone = new Map<Node, Removal>();
  for (const edit of edits) {
    const node = removable(root, edit.at);
    if (node?.parent !== undefined) gone.set(node, edit);
  }
  const outermost = [...gone.keys()].filter((node) => !isInside(node, gone));
  const containers = new Set(outermost.map(({ parent }) => parent as Node));
  return applied(
    text,
    [...containers].flatMap(({ children = [] }) => removedFrom(text, children, gone)),
  );
}

function isInside({ parent }: Node, gone: ReadonlyMap<Node, Removal>): boolean {
  return parent !== undefined && (gone.has(parent) || isInside(parent, gone));
}

/** Takes some of the members of one container out, and the comma that would then be the last, if the last had none. */
function removedFrom(text: string, children: readonly Node[], gone: ReadonlyMap<Node, Removal>): Splice[] {
  const splices: Splice[] = [];
  const lastKept = children.findLastIndex((child) => !gone.has(child));
  const last = children[lastKept];
  const isOpenEnd = lastKept < children.length - 1 && commaAfter(text, endOf(children.at(-1) as Node)) === undefined;
  const loose = isOpenEnd && last ? commaAfter(text, endOf(last)) : undefined;
  for (const [index, node] of children.entries()) {
    if (!gone.has(node)) continue;
    const end = endOf(node);
    const comma = commaAfter(text, end);
    const tail = comma === undefined ? end : comma + 1;
    const before = breakBefore(text, node);
    const rest = before === "" ? undefined : restOfLine(text, tail);
    // What shares a line with others leaves the line break, which may end a comment.
    const start = rest === undefined ? node.offset : node.offset - before.length;
    const gap = loose === undefined || index !== lastKept + 1 ? undefined : text.slice(loose + 1, start);
    const isBeside = rest === undefined && gap !== undefined && /^[^\S\r\n]*$/.test(gap);
    if (loose !== undefined && gap !== undefined) {
      splices.push({ offset: loose, length: isBeside ? 1 + gap.length : 1, words: "" });
    }
    // The space behind the last one is that of the bracket.
    const isSpaced = loose !== undefined && comma === undefined;
    const more = rest ?? (isSpaced ? "" : (/^[^\S\r\n]*/.exec(text.slice(tail))?.[0] ?? ""));
    const until = tail + more.length;
    const kept = gone.get(node)?.keep === undefined ? [] : commentsIn(text, node.offset, until);
    const alone = rest === undefined ? "" : before;
    const words = kept.map((each) => (alone === "" && each.startsWith("//") ? `${each}\n` : `${alone}${each}`));
    splices.push({ offset: start, length: until - start, words: words.join("") });
  }
  return splices;
}

function parse(text: string): Node | undefined {
  return parseTree(text, [], { allowTrailingComma: true });
}

/** The offset of the comma that follows, comments passed over. */
function commaAfter(text: string, from: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  return scanner.scan() === COMMA ? scanner.getTokenOffset() : undefined;
}

function applied(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  // Those at one place stay in their order, as sorting is stable.
  for (const { offset, length, words } of [...splices].sort((a, b) => a.offset - b.offset)) {
    parts.push(text.slice(at, offset), words);
    at = offset + length;
  }
  return parts.join("") + text.slice(at);
}
