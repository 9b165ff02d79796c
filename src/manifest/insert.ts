/** Puts values into the objects and arrays of a JSON text with comments, in the layout of what stands there. */
import { createScanner, type Node, type SyntaxKind } from "jsonc-parser";

/** Values that go behind the last one of an object (with keys) or of an array. */
export interface Insertion {
  /** Of the tree that was parsed of the very text. */
  readonly into: Node;
  readonly items: readonly { readonly key?: string; readonly value: unknown }[];
}

/** A comma, as the scanner numbers it. */
const COMMA: SyntaxKind.CommaToken = 5;
/** What may stand on a line behind a value: its comma was looked at before. */
const REST_OF_LINE = /^[^\S\r\n]*(?:\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/[^\S\r\n]*)?(?=\r?\n)/;

/** The text with all of them put in; each object or array is named once at most. All other characters stay. */
export function insertInto(text: string, insertions: readonly Insertion[]): string {
  const layout = layoutOf(text);
  const joined = new Map<Node, Insertion["items"][number][]>();
  for (const { into, items } of insertions) joined.set(into, [...(joined.get(into) ?? []), ...items]);
  const edits = [...joined].flatMap(([into, items]) => editsFor(text, into, items, layout));
  const parts: string[] = [];
  let from = 0;
  for (const { at, words } of edits.sort((a, b) => a.at - b.at || a.order - b.order)) {
    parts.push(text.slice(from, at), words);
    from = at;
  }
  return [...parts, text.slice(from)].join("");
}

interface Layout {
  /** One step of indentation. */
  readonly step: string;
  readonly eol: string;
}

interface Edit {
  at: number;
  /** Of several at one place, the least stands first. */
  order: number;
  words: string;
}

function layoutOf(text: string): Layout {
  const [, eol = "\n", step = "  "] = /(\r?\n)([^\S\r\n]+)\S/.exec(text) ?? [];
  return { step, eol };
}

function editsFor(text: string, into: Node, items: Insertion["items"], layout: Layout): Edit[] {
  if (items.length === 0) return [];
  const last = into.children?.at(-1);
  const close = into.offset + into.length - 1;
  if (last === undefined) {
    const outer = lineIndent(text, into.offset);
    const inner = `${layout.eol}${outer}${layout.step}`;
    const words = items.map((item) => inner + rendered(item, outer + layout.step, layout)).join(",");
    // Whatever stands between the brackets is white space and comments, the last of which may need its line's end.
    const kept = text.slice(into.offset + 1, close);
    const end = kept.trim() === "" ? into.offset + 1 : into.offset + 1 + kept.trimEnd().length;
    return [
      { at: end, order: 0, words: kept.trim() === "" && kept !== "" ? words : `${words}${endOf(kept, outer, layout)}` },
    ];
  }
  const end = last.offset + last.length;
  const comma = commaAfter(text, end);
  const isTrailing = comma !== undefined;
  const before = text.slice(text.lastIndexOf("\n", last.offset - 1) + 1, last.offset);
  const indent = /\S/.test(before) || before.length === last.offset ? undefined : before;
  if (indent === undefined) {
    const isLong = text.slice(last.offset, end).includes("\n");
    const write = (item: Insertion["items"][number]) =>
      isLong ? rendered(item, lineIndent(text, end), layout) : compact(item);
    const words = items.map((item) => ` ${write(item)}`).join(",");
    return [{ at: comma ?? end, order: 0, words: `,${words}` }];
  }
  const after = comma === undefined ? end : comma + 1;
  const rest = REST_OF_LINE.exec(text.slice(after))?.[0].length ?? 0;
  const words = items.map((item) => `${layout.eol}${indent}${rendered(item, indent, layout)}`).join(",");
  return [
    ...(isTrailing ? [] : [{ at: end, order: 0, words: "," }]),
    { at: after + rest, order: 1, words: isTrailing ? `${words},` : words },
  ];
}

/** The line end before a closing bracket, where none stands. */
function endOf(kept: string, outer: string, { eol }: Layout): string {
  return /\n[^\S\r\n]*$/.test(kept) && kept.trim() !== "" ? "" : `${eol}${outer}`;
}

/** Where a comma follows, behind white space and comments. */
function commaAfter(text: string, at: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(at);
  return scanner.scan() === COMMA ? scanner.getTokenOffset() : undefined;
}

function lineIndent(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^[^\S\r\n]*/.exec(line)?.[0] ?? "";
}

function rendered({ key, value }: Insertion["items"][number], indent: string, { step, eol }: Layout): string {
  const words = JSON.stringify(value, null, step).replaceAll("\n", `${eol}${indent}`);
  return key === undefined ? words : `${JSON.stringify(key)}: ${words}`;
}

/** On one line, as what stands before it. */
function compact({ key, value }: Insertion["items"][number]): string {
  const spaced = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(spaced).join(", ")}]`;
    if (typeof one !== "object" || one === null) return JSON.stringify(one);
    const members = Object.entries(one).filter(([, member]) => member !== undefined);
    return members.length === 0
      ? "{}"
      : `{ ${members.map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`).join(", ")} }`;
  };
  return key === undefined ? spaced(value) : `${JSON.stringify(key)}: ${spaced(value)}`;
}
