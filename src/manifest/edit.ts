/** Edits the text of a manifest as a careful person would: comments, order and layout of all the rest stay. */
import { type Node, parseTree } from "jsonc-parser";

/** The rest of a property's line when nothing else stands on it: its comma, and perhaps a comment. */
const END_OF_LINE = /^[^\S\r\n]*,[^\S\r\n]*(?:\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/[^\S\r\n]*)?(?=\r?\n)/;

/**
 * The text of a valid manifest with one key at its top set: in place of its old value, else on a line behind the
 * version's, else before the assets. All other characters stay as they are.
 */
export function withTopKey(source: string, key: string, value: string): string {
  const start = source.startsWith("\ufeff") ? 1 : 0;
  const text = source.slice(start);
  const properties = parseTree(text, [], { allowTrailingComma: true })?.children ?? [];
  const find = (name: string) => properties.find(({ children }) => children?.[0]?.value === name);
  const put = (at: number, length: number, words: string) =>
    source.slice(0, start + at) + words + source.slice(start + at + length);

  const old = find(key)?.children?.[1];
  if (old) return put(old.offset, old.length, JSON.stringify(value));
  const words = `${JSON.stringify(key)}: ${JSON.stringify(value)},`;
  const version = find("version");
  const [rest] = version ? (END_OF_LINE.exec(text.slice(endOf(version))) ?? []) : [];
  if (version && rest !== undefined)
    return put(endOf(version) + rest.length, 0, `${breakBefore(text, version)}${words}`);
  const assets = find("assets");
  return assets ? put(assets.offset, 0, `${words}${breakBefore(text, assets) || " "}`) : source;
}

function endOf({ offset, length }: Node): number {
  return offset + length;
}

/** The line break and indent that a property begins with; nothing for one that begins no line. */
function breakBefore(text: string, { offset }: Node): string {
  return /\r?\n[^\S\r\n]*$/.exec(text.slice(0, offset))?.[0] ?? "";
}
