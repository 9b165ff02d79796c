/** Reads JSON whose only flaw are keys that are there twice: where both have one value, they are one key. */
import { isDeepStrictEqual } from "node:util";
import { type Node, parseTree } from "jsonc-parser";
import { parseJson } from "./parse.js";
import { lineAndColumn } from "./position.js";

/**
 * The value of a text in JSON, with comments and trailing commas; undefined where it is none. `other` makes the value of
 * a key that is there twice with different ones, of the line of the second.
 */
export function parseWithTwins(text: string, other: (line: number) => unknown): { value: unknown } | undefined {
  const { value, findings } = parseJson(text);
  if (findings.length === 0) return { value };
  if (!findings.every(({ message }) => message.startsWith("the key is there twice"))) return undefined;
  const position = lineAndColumn(text);
  const plain = (node: Node | undefined): unknown => {
    if (node?.type === "array") return (node.children ?? []).map(plain);
    if (node?.type !== "object") return node?.value;
    const members = new Map<string, unknown>();
    for (const { children = [], offset } of node.children ?? []) {
      const key = String(children[0]?.value);
      const found = plain(children[1]);
      const isOther = members.has(key) && !isDeepStrictEqual(members.get(key), found);
      members.set(key, isOther ? other(position(offset).line) : found);
    }
    return Object.fromEntries(members);
  };
  return { value: plain(parseTree(text, [], { allowTrailingComma: true })) };
}
