/** Random edits of random documents full of comments: what is not edited is, character by character, as it was. */
import fc from "fast-check";
import { findNodeAtLocation, type Node, type ParseError, parse, parseTree } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { type Edit, withEdits } from "../../src/manifest/edit.js";
import type { JsonPath } from "../../src/manifest/issues.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const OPTIONS = { allowTrailingComma: true };
const COMMENT = /\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g;
const KEYS = ["a", "b", "c", "d", "e", "0"];

const key = fc.constantFrom(...KEYS);
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Json>(1, -2.5, true, null, "x", "two words", ""),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
}));
// Each comment gets a number of its own in the place of the #. They look like all that could be mistaken for something.
const trivia = fc.array(
  fc.constantFrom(
    "",
    "",
    " ",
    "\n",
    "\n    ",
    "\r\n\t",
    " // #, ] }\n  ",
    "/* #, */",
    " /* # // */ ",
    "/* #\n : { */\n",
  ),
  { minLength: 30, maxLength: 30 },
);
const wish = fc.record({
  kind: fc.constantFrom("set", "append", "replace", "remove"),
  pick: fc.nat(),
  key,
  after: fc.subarray(KEYS),
  value,
});
const document = fc.record({
  root: fc.dictionary(key, value, { minKeys: 1, maxKeys: 5 }),
  trivia,
  commas: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
  mark: fc.constantFrom("", "\ufeff"),
});

/** The text of a document, with white space and comments wherever there may be some, and commas behind last members. */
function written({
  root,
  trivia: all,
  commas,
  mark,
}: {
  root: Json;
  trivia: string[];
  commas: boolean[];
  mark: string;
}) {
  let spaces = 0;
  let comments = 0;
  let lists = 0;
  const s = () => (all[spaces++ % all.length] ?? "").replace("#", () => `${comments++}`);
  const list = (items: string[]) => {
    const end = items.length > 0 && commas[lists++ % commas.length] ? `,${s()}` : "";
    return items.join(",") + end;
  };
  const write = (each: Json): string => {
    if (Array.isArray(each)) return `[${s()}${list(each.map((one) => s() + write(one) + s()))}]`;
    if (typeof each !== "object" || each === null) return JSON.stringify(each);
    const members = Object.entries(each).map(
      ([name, one]) => `${s()}${JSON.stringify(name)}${s()}:${s()}${write(one)}${s()}`,
    );
    return `{${s()}${list(members)}}`;
  };
  return `${mark}${s()}${write(root)}${s()}`;
}

function pathsOf(each: Json, at: JsonPath = []): { at: JsonPath; value: Json }[] {
  const children: [string | number, Json][] = Array.isArray(each)
    ? each.map((one, index) => [index, one])
    : typeof each === "object" && each !== null
      ? Object.entries(each)
      : [];
  return [{ at, value: each }, ...children.flatMap(([step, one]) => pathsOf(one, [...at, step]))];
}

const leadsInto = (one: JsonPath, other: JsonPath) => one.every((step, index) => step === other[index]);
const isObject = (each: Json) => typeof each === "object" && each !== null && !Array.isArray(each);

/** Edits that do not contradict each other, and where each has its place. */
function editsFor(
  root: Json,
  wishes: readonly { kind: string; pick: number; key: string; after: string[]; value: Json }[],
) {
  const all = pathsOf(root);
  const edits: { edit: Edit; at: JsonPath; whole: boolean }[] = [];
  for (const { kind, pick, key: name, after, value: to } of wishes) {
    const fit = all.filter(({ at, value: each }) =>
      kind === "set" ? isObject(each) : kind === "append" ? Array.isArray(each) : at.length > 0,
    );
    const place = fit[pick % Math.max(1, fit.length)];
    if (place === undefined) continue;
    const { at } = place;
    const isNew = kind === "set" && !Object.hasOwn(place.value as object, name);
    const next = {
      edit: (kind === "set"
        ? { do: "set", at, key: name, value: to, after }
        : kind === "append"
          ? { do: "append", at, value: to }
          : kind === "replace"
            ? { do: "replace", at, value: to }
            : { do: "remove", at }) as Edit,
      at: kind === "set" && !isNew ? [...at, name] : at,
      whole: kind === "replace" || kind === "remove" || (kind === "set" && !isNew),
    };
    const isApart = edits.every(
      (other) => !(other.whole && leadsInto(other.at, next.at)) && !(next.whole && leadsInto(next.at, other.at)),
    );
    if (isApart) edits.push(next);
  }
  return edits;
}

function expected(root: Json, edits: readonly Edit[]): Json {
  const copy = structuredClone(root);
  const at = (path: JsonPath) => path.reduce((each: Json, step) => (each as Record<string, Json>)[step] as Json, copy);
  const put = (path: JsonPath, to: Json) => {
    (at(path.slice(0, -1)) as Record<string, Json>)[path.at(-1) as string] = to;
  };
  for (const edit of edits) {
    if (edit.do === "set") put([...edit.at, edit.key], edit.value as Json);
    else if (edit.do === "replace") put(edit.at, edit.value as Json);
    else if (edit.do === "append") (at(edit.at) as Json[]).push(edit.value as Json);
  }
  const gone = edits.filter((edit) => edit.do === "remove").map((edit) => edit.at);
  // The deepest first, and in each array the last, so that the paths of the others stay.
  const indexOf = (path: JsonPath) => (typeof path.at(-1) === "number" ? (path.at(-1) as number) : -1);
  const order = (one: JsonPath, other: JsonPath) => other.length - one.length || indexOf(other) - indexOf(one);
  for (const path of [...gone].sort(order)) {
    const parent = at(path.slice(0, -1));
    if (Array.isArray(parent)) parent.splice(path.at(-1) as number, 1);
    else delete (parent as Record<string, Json>)[path.at(-1) as string];
  }
  return copy;
}

/** Where something stands once others before it are gone. */
function movedTo(path: JsonPath, gone: readonly JsonPath[]): JsonPath {
  return path.map((step, index) => {
    if (typeof step !== "number") return step;
    const before = path.slice(0, index);
    const earlier = gone.filter(
      (other) => other.length === index + 1 && leadsInto(before, other) && (other[index] as number) < step,
    );
    return step - earlier.length;
  });
}

/** The comments that may go with what is taken out or replaced: those in it, up to its comma, and on the line behind it. */
function mayGo(text: string, node: Node, isRemoved: boolean): [number, number] {
  const own = isRemoved && node.parent?.type === "property" ? node.parent : node;
  const end = own.offset + own.length;
  if (!isRemoved) return [own.offset, end];
  const comma = /^(?:\s|\/\/[^\r\n]*(?=[\r\n])|\/\*[\s\S]*?\*\/)*?,/.exec(text.slice(end))?.[0].length ?? 0;
  const line = text.indexOf("\n", end + comma);
  return [own.offset, line === -1 ? text.length : line];
}

describe("edits of a document", () => {
  it("have their meaning in every layout, and leave every comment and everything beside them as it was", () => {
    fc.assert(
      fc.property(document, fc.array(wish, { minLength: 1, maxLength: 5 }), (made, wishes) => {
        const source = written(made);
        const text = source.slice(made.mark.length);
        const chosen = editsFor(made.root, wishes);
        const edits = chosen.map(({ edit }) => edit);
        const result = withEdits(source, edits);
        expect(result.startsWith(made.mark)).toBe(true);
        const after = result.slice(made.mark.length);

        const errors: ParseError[] = [];
        expect(parse(after, errors, OPTIONS)).toEqual(expected(made.root, edits));
        expect(errors).toEqual([]);

        const [tree, now] = [parseTree(text, [], OPTIONS) as Node, parseTree(after, [], OPTIONS) as Node];
        const gone = edits.flatMap((edit) => (edit.do === "remove" ? [edit.at] : []));
        const spans = chosen
          .filter(({ whole }) => whole)
          .map(({ at, edit }) => mayGo(text, findNodeAtLocation(tree, [...at]) as Node, edit.do === "remove"));
        const kept = [...text.matchAll(COMMENT)]
          .filter(({ index }) => !spans.some(([from, to]) => index >= from && index < to))
          .map(([words]) => words);
        const there = new Set([...after.matchAll(COMMENT)].map(([words]) => words));
        expect(kept.filter((words) => !there.has(words))).toEqual([]);

        // Whatever no edit leads into or comes from above is, to the character, what it was.
        for (const { at } of pathsOf(made.root)) {
          if (chosen.some((one) => leadsInto(at, one.at) || (one.whole && leadsInto(one.at, at)))) continue;
          const before = findNodeAtLocation(tree, [...at]) as Node;
          const found = findNodeAtLocation(now, [...movedTo(at, gone)]) as Node;
          expect(after.slice(found.offset, found.offset + found.length)).toBe(
            text.slice(before.offset, before.offset + before.length),
          );
        }

        // Where nothing is taken out, the old text can be crossed out of the new one but for space between empty brackets.
        if (chosen.some(({ whole }) => whole)) return;
        const signs = text.replace(/\s+/g, "");
        let crossed = 0;
        for (const sign of after) if (sign === signs[crossed]) crossed++;
        expect(crossed).toBe(signs.length);
      }),
      { numRuns: 1500 },
    );
  });

  it("that say nothing change nothing, however odd the text is", () => {
    fc.assert(
      fc.property(document, (made) => {
        const source = written(made);
        const nowhere: Edit[] = [
          { do: "set", at: ["nowhere"], key: "a", value: 1 },
          { do: "replace", at: ["nowhere"], value: 1 },
          { do: "append", at: [], value: 1 },
          { do: "remove", at: ["nowhere"] },
          { do: "remove", at: [] },
        ];
        expect(withEdits(source, nowhere)).toBe(source);
        expect(withEdits(source, [])).toBe(source);
      }),
    );
  });
});
