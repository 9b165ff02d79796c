/** What of a manifest's text stays when values are written into it or taken out: everything else. */
import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { type Edit, withEdits } from "../../src/manifest/edit.js";
import type { JsonPath } from "../../src/manifest/issues.js";

const without = (text: string, ...at: JsonPath[]) =>
  withEdits(
    text,
    at.map((each) => ({ do: "remove", at: each })),
  );

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
    ['\ufeff{ "assets": [ { "id": "b" }, ] }', '\ufeff{ "assets": [ { "id": "b" }, { "id": "c" }, ] }'],
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

  it.each([
    ['{ "a": 1, "b": 2, "c": 3 }', ["b", "c"], '{ "a": 1 }'],
    ['{ "a": 1, "b": 2, "c": 3 }', ["a", "b"], '{ "c": 3 }'],
    ['{"a":1,"b":2,"c":3,}', ["b", "c"], '{"a":1,}'],
    ['{\n  "a": 1, // one\n  "b": 2, // two\n  "c": 3 // three\n}', ["b", "c"], '{\n  "a": 1 // one\n}'],
    ['{\n  "a": 1,\n  "b": 2\n}', ["a", "b"], "{\n}"],
    ['{\n  "a": 1, "b": 2 // x, y\n}', ["b"], '{\n  "a": 1 // x, y\n}'],
  ])("takes several keys out of %j at once: %j", (before, keys, after) => {
    expect(without(before, ...keys.map((key) => [key]))).toBe(after);
  });

  it("takes for a comma only what is none in a comment", () => {
    const edit: Edit = { do: "set", at: [], key: "b", value: 2 };
    expect(withEdits('{\n  "a": 1 // x, y\n}', [edit])).toBe('{\n  "a": 1, // x, y\n  "b": 2\n}');
    expect(withEdits('{ "a": 1 /* x, y */ }', [edit])).toBe('{ "a": 1, "b": 2 /* x, y */ }');
  });

  it("goes on where a bracket stands behind its comma, in the layout of what is before it", () => {
    const text = '{\n  "assets": [{\n    "id": "a"\n  }]\n}\n';
    expect(withEdits(text, [{ do: "append", at: ["assets"], value: { id: "b", n: 1 } }])).toBe(
      '{\n  "assets": [{\n    "id": "a"\n  }, {\n    "id": "b",\n    "n": 1\n  }]\n}\n',
    );
  });

  it("writes and takes out at once, by the paths of the text as it was", () => {
    const text = '{\n  "url": "x",\n  "md5": "0" // weak\n}';
    const edits: Edit[] = [
      { do: "remove", at: ["md5"] },
      { do: "set", at: [], key: "sha256", value: "1", after: ["url"] },
    ];
    expect(withEdits(text, edits)).toBe('{\n  "url": "x",\n  "sha256": "1"\n}');
  });
});

describe("setting a key at the top of a manifest", () => {
  const set = (text: string) =>
    withEdits(text, [{ do: "set", at: [], key: "pieces", value: "new", after: ["version"] }]);

  it.each([
    [
      "a new one goes behind the version, and comments stay",
      '{\n  // which files\n  "version": 1,\n  "assets": [] // none yet\n}\n',
      '{\n  // which files\n  "version": 1,\n  "pieces": "new",\n  "assets": [] // none yet\n}\n',
    ],
    [
      "a comment stays with what it is about",
      '{\n  "version":  1, // the first // one\n\n  // what there is\n  "assets":[]\n}\n',
      '{\n  "version":  1, // the first // one\n  "pieces": "new",\n\n  // what there is\n  "assets":[]\n}\n',
    ],
    [
      "a version at the end gets a comma",
      '{\n  "assets": [],\n  "version": 1\n}',
      '{\n  "assets": [],\n  "version": 1,\n  "pieces": "new"\n}',
    ],
    ["all on one line stays there", '{"version":1,"assets":[]}', '{"version":1,"pieces":"new","assets":[]}'],
    [
      "an old one is replaced where it stands",
      '{ "version": 1, "pieces": "old", /* here */ "assets": [ ] }',
      '{ "version": 1, "pieces": "new", /* here */ "assets": [ ] }',
    ],
    [
      "trailing commas, tabs and line ends stay",
      '{\r\n\t"version": 1,\r\n\t"assets": [],\r\n}',
      '{\r\n\t"version": 1,\r\n\t"pieces": "new",\r\n\t"assets": [],\r\n}',
    ],
    [
      "a mark at the beginning stays",
      '\ufeff{\n    "version": 1,\n    "assets": []\n}',
      '\ufeff{\n    "version": 1,\n    "pieces": "new",\n    "assets": []\n}',
    ],
    [
      "a key of that name elsewhere is none of ours",
      '{\n  "version": 1,\n  "assets": [{ "x-a": { "pieces": "theirs" } }]\n}',
      '{\n  "version": 1,\n  "pieces": "new",\n  "assets": [{ "x-a": { "pieces": "theirs" } }]\n}',
    ],
  ])("%s", (_, before, after) => {
    expect(set(before)).toBe(after);
    expect(set(after)).toBe(after);
  });
});

describe("the comments of what is edited", () => {
  it.each([
    ["[\n  {} // q\n  , // r\n]", "[\n  {} // q\n  , // r\n  1,\n]"],
    ["[\n  {} /* three */ ,\n]", "[\n  {} /* three */ ,\n  1,\n]"],
    ["[{} /* three */ , ]", "[{} /* three */ , 1, ]"],
    ["[\n  {}\n  ,\n]", "[\n  {}\n  ,\n  1,\n]"],
  ])("stay before what is put behind the comma of %j", (list, after) => {
    const text = withEdits(`{ "assets": ${list} }`, [{ do: "append", at: ["assets"], value: 1 }]);
    expect(text).toBe(`{ "assets": ${after} }`);
  });

  it.each([
    [
      '{\n  "a": [ // one\n    1 /* two */\n  ], // three\n  "b": 2\n}',
      '{\n  // one\n  /* two */\n  // three\n  "b": 2\n}',
    ],
    ['{\n  "b": 2,\n  "a": 1 /* one */ // two\n}', '{\n  "b": 2\n  /* one */\n  // two\n}'],
    ['{ "a": [ // one\n 1 ], "b": 2 }', '{ // one\n"b": 2 }'],
    ['{ "a": 1 /* one */, "b": 2 }', '{ /* one */"b": 2 }'],
  ])("stay where the rest is taken out of %j, if that is wanted", (text, after) => {
    expect(withEdits(text, [{ do: "remove", at: ["a"], keep: "comments" }])).toBe(after);
  });
});
