/** What of a manifest's text stays when values are written into it or taken out: everything else. */
import fc from "fast-check";
import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { type Edit, withEdits, without } from "../../src/manifest/edit-values.js";

const COMMENTED = `// ours
{
  "version": 1, // the format
  "assets": [
    // the small one
    {
      "id": "a",   // a name
      "url": "x", /* primary */
      "localPath": "a.bin" // where to
    }, // end of a
    /* the other */
    { "id": "b", "files": [ { "path": "b", "url": "y" } ] } // end of b
    // more to come
  ] // all
}
`;

describe("edits of a manifest's text", () => {
  it("puts new keys on lines behind the one they follow, and leaves its comment with it", () => {
    const text = withEdits(COMMENTED, [
      { do: "set", at: ["assets", 0], key: "size", value: 3, after: ["localPath", "path"] },
      { do: "set", at: ["assets", 0], key: "sha256", value: "ab", after: ["size"] },
    ]);
    expect(text).toBe(
      COMMENTED.replace('"a.bin" // where to\n', '"a.bin", // where to\n      "size": 3,\n      "sha256": "ab"\n'),
    );
  });

  it("stays on one line where the object does", () => {
    const edit: Edit = { do: "set", at: ["assets", 1, "files", 0], key: "size", value: 3, after: ["path"] };
    expect(withEdits(COMMENTED, [edit])).toBe(COMMENTED.replace('"path": "b",', '"path": "b", "size": 3,'));
  });

  it("replaces a value, and nothing beside it", () => {
    const edits: Edit[] = [
      { do: "set", at: ["assets", 0], key: "url", value: "z" },
      { do: "replace", at: ["assets", 1, "files", 0, "url"], value: "w" },
    ];
    expect(withEdits(COMMENTED, edits)).toBe(COMMENTED.replace('"x"', '"z"').replace('"y"', '"w"'));
  });

  it("adds an element behind the last, in the file's own indent, and leaves the comments where they are", () => {
    const text = withEdits(COMMENTED, [{ do: "append", at: ["assets"], value: { id: "c", tags: ["t"] } }]);
    const added = ',\n    {\n      "id": "c",\n      "tags": [\n        "t"\n      ]\n    }';
    expect(text).toBe(
      COMMENTED.replace(" } // end of b\n", " }, // end of b\n").replace(
        "// end of b\n",
        `// end of b${added.slice(1)}\n`,
      ),
    );
    expect(parse(text).assets).toHaveLength(3);
  });

  it.each([
    ['{"version":1,"assets":[]}', '{"version":1,"assets":[{"id":"c"}]}'],
    ['{\n\t"assets": []\n}\n', '{\n\t"assets": [\n\t\t{\n\t\t\t"id": "c"\n\t\t}\n\t]\n}\n'],
    [
      '{\r\n  "assets": [\r\n    // none yet\r\n  ]\r\n}',
      '{\r\n  "assets": [\r\n    // none yet\r\n    {\r\n      "id": "c"\r\n    }\r\n  ]\r\n}',
    ],
    ['\ufeff{ "assets": [ { "id": "b" }, ] }', '\ufeff{ "assets": [ { "id": "b" }, {"id":"c"}, ] }'],
    [
      '{\n  "assets": [\n    { "id": "b" },\n  ],\n}',
      '{\n  "assets": [\n    { "id": "b" },\n    {\n      "id": "c"\n    },\n  ],\n}',
    ],
  ])("adds an element to %j", (before, after) => {
    expect(withEdits(before, [{ do: "append", at: ["assets"], value: { id: "c" } }])).toBe(after);
  });

  it("takes an element out with its lines, the first and the last too, and keeps the comments above", () => {
    const first = without(COMMENTED, ["assets", 0]);
    expect(first).toBe(COMMENTED.replace(/\n {4}\{\n {6}"id": "a"[\s\S]*?\/\/ end of a/, ""));
    const last = without(COMMENTED, ["assets", 1]);
    expect(last).toBe(COMMENTED.replace(/\n {4}\{ "id": "b".*end of b/, "").replace("}, // end of a", "} // end of a"));
  });

  it("takes a key out of an object, on a line of its own or not", () => {
    expect(without('{\n  "a": 1, // one\n  "b": 2\n}', ["a"])).toBe('{\n  "b": 2\n}');
    expect(without('{\n  "a": 1, // one\n  "b": 2\n}', ["b"])).toBe('{\n  "a": 1 // one\n}');
    expect(without('{ "a": 1, "b": 2 }', ["a"])).toBe('{ "b": 2 }');
    expect(without('{ "a": 1, "b": 2 }', ["b"])).toBe('{ "a": 1 }');
  });

  it("leaves a text alone in which a path leads nowhere", () => {
    expect(withEdits(COMMENTED, [{ do: "set", at: ["assets", 7], key: "size", value: 1 }])).toBe(COMMENTED);
    expect(without(COMMENTED, ["assets", 7])).toBe(COMMENTED);
  });

  it("means what it says in every layout, and loses no comment", () => {
    const space = fc.constantFrom("", " ", "\n", "\n    ", " // n\n  ", " /* c */ ", "\r\n\t");
    const layout = fc.array(space, { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(layout, fc.boolean(), (s, trailing) => {
        const t = (index: number) => s[index] ?? "";
        const comma = trailing ? "," : "";
        const source = `{${t(0)}"assets"${t(1)}:${t(2)}[${t(3)}{${t(4)}"id": "a"${t(5)},${t(6)}"url": "x"${t(7)}}${t(8)},${t(9)}{"id":"b"}${t(10)}${comma}${t(11)}]}`;
        const edited = withEdits(source, [
          { do: "set", at: ["assets", 0], key: "size", value: 1, after: ["id"] },
          { do: "set", at: ["assets", 0], key: "last", value: [1] },
          { do: "append", at: ["assets"], value: { id: "c" } },
          { do: "append", at: ["assets"], value: { id: "d" } },
        ]);
        const read = (text: string) => parse(text, [], { allowTrailingComma: true });
        const comments = (text: string) => text.match(/\/\/ n|\/\* c \*\//g)?.length ?? 0;
        expect(read(edited).assets).toEqual([
          { id: "a", size: 1, url: "x", last: [1] },
          { id: "b" },
          { id: "c" },
          { id: "d" },
        ]);
        expect(comments(edited)).toBe(comments(source));
        expect(read(without(edited, ["assets", 2])).assets).toHaveLength(3);
        expect(read(without(source, ["assets", 0])).assets).toEqual([{ id: "b" }]);
        expect(read(without(source, ["assets", 1])).assets).toEqual([{ id: "a", url: "x" }]);
      }),
      { numRuns: 500 },
    );
  });
});
