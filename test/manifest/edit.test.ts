/** What of a manifest's text stays when one value at its top is written: everything else. */
import fc from "fast-check";
import { parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { withTopKey } from "../../src/manifest/edit.js";

describe("setting a key at the top of a manifest", () => {
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
      "a version at the end has no line behind it",
      '{\n  "assets": [],\n  "version": 1\n}',
      '{\n  "pieces": "new",\n  "assets": [],\n  "version": 1\n}',
    ],
    ["all on one line stays there", '{"version":1,"assets":[]}', '{"version":1,"pieces": "new", "assets":[]}'],
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
    expect(withTopKey(before, "pieces", "new")).toBe(after);
    expect(withTopKey(after, "pieces", "new")).toBe(after);
  });

  it("changes nothing else of any JSON object", () => {
    // The parser of this test, other than the program's, takes that key for the prototype, however deep it stands.
    const value = fc
      .dictionary(fc.string(), fc.jsonValue())
      .filter((each) => !JSON.stringify(each).includes("__proto__"));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 2, "\t"), (object, indent) => {
        const manifest = { ...object, version: 1, assets: [] };
        const edited = withTopKey(JSON.stringify(manifest, undefined, indent), "pieces", "new");
        expect(parse(edited)).toEqual(JSON.parse(JSON.stringify({ ...manifest, pieces: "new" })));
      }),
    );
  });
});
