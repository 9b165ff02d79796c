/** The lines that reports point at. */
import { describe, expect, it } from "vitest";
import { loadPlaces, readPlaces } from "../../src/manifest/places.js";
import { makeTree } from "../helpers/tree.js";

const url = "https://127.0.0.1/x";
const TEXT = [
  "{",
  '  "version": 1, // a comment',
  '  "assets": [',
  `    { "type": "model", "id": "alone", "url": "${url}", "localPath": "m/alone.bin" },`,
  '    { "id": "listed", "type": "model", "path": "m/listed", "files": [',
  `      { "url": "${url}", "path": "a.bin" },`,
  `      { "url": "${url}",`,
  '        "path": "b.bin" },',
  "    ] },",
  '    { "id": "table", "type": "model", "destination": "m/table/", "files": {',
  `      "a.bin": { "url": "${url}" },`,
  `      "b.bin": { "url": "${url}" }`,
  "    } }",
  "  ]",
  "}",
].join("\r\n");

describe("the places in a manifest", () => {
  it("are those of an asset's id, or of the file where it has several", () => {
    const places = readPlaces(TEXT, "/");
    expect(places("m/alone.bin")).toEqual({ line: 4, column: 30 });
    expect(places("m/listed/a.bin")?.line).toBe(6);
    expect(places("m/listed/b.bin")?.line).toBe(8);
    expect(places("m/table/a.bin")).toEqual({ line: 11, column: 7 });
    expect(places("m/table/b.bin")).toEqual({ line: 12, column: 7 });
    expect(places("other")).toBeUndefined();
  });

  it("count a byte order mark for no column", () => {
    const tree = makeTree();
    const file = tree.write("m.json", `\ufeff{"assets":[{"id":"a","type":"model","url":"${url}","localPath":"x"}]}`);
    expect(loadPlaces({ file, base: tree.root })("x")).toEqual({ line: 1, column: 18 });
  });

  it.each(["", "null", "[]", '{"assets":7}', '{"assets":[7,{"id":1}]}', "{{{", '{"assets":[{"id":"a"'])(
    "are none in %j, and that is no failure",
    (text) => expect(readPlaces(text, "/")("x")).toBeUndefined(),
  );

  it("are none in a file that is gone or is no text", () => {
    const tree = makeTree();
    const file = tree.write("m.json", Buffer.from([0xff, 0xfe, 0x00]));
    expect(loadPlaces({ file, base: tree.root })("x")).toBeUndefined();
    expect(loadPlaces({ file: tree.path("gone"), base: tree.root })("x")).toBeUndefined();
  });
});
