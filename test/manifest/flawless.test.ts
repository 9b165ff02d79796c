/** What the quick reader takes on itself, and what it leaves to the careful one. */
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readFlawless } from "../../src/manifest/flawless.js";
import { readManifest } from "../../src/manifest/read.js";
import { canonical, document, FILE, PIN, shorthand } from "./samples.js";

const file = { url: "https://example.com/f", sha256: PIN, size: 3 };

describe("the quick reader", () => {
  test.each([
    ["nothing", document([])],
    ["the shorthand", document([shorthand({ checksum: `sha256:${PIN}`, tags: ["x"], metadata: { a: [1, null] } })])],
    ["a list of files", document([canonical({ size_mb: 1.5, fallbackUrls: ["npm:p@1.2.3/x"] }, { path: "folder" })])],
    ["a table of files", document([{ id: "c", type: "dataset", destination: "x/", files: { "f.bin": file } }])],
    ["keys of others", document([shorthand({ "x-own": { any: "thing" } }), canonical({ "x-b": 1 }, { id: "b" })])],
    ["escapes", document([shorthand({ description: 'a "quoted" word,\n a \\ and \u{1f600}' })])],
    ["a byte order mark", `\ufeff${document([shorthand()])}`],
    [
      "line breaks",
      JSON.stringify(JSON.parse(document([shorthand()], { $schema: "./s.json", root: "data" })), null, 2),
    ],
  ])("reads %s as the careful one does", (_, text) => {
    const manifest = readFlawless(text, { file: FILE });
    expect(manifest).toBeDefined();
    expect({ manifest, issues: [] }).toEqual(readManifest(text, { file: FILE }));
  });

  test("reads the manifest of this repository", async () => {
    const text = await readFile(new URL("../../assets.manifest.json", import.meta.url), "utf8");
    expect(readFlawless(text, { file: FILE })).toEqual(readManifest(text, { file: FILE }).manifest);
  });

  test("takes a root from outside in place of one that would not do", () => {
    const text = document([shorthand()], { root: "/somewhere" });
    expect(readFlawless(text, { file: FILE })).toBeUndefined();
    expect(readFlawless(text, { file: FILE, root: "/data" })?.root).toBe("/data");
  });

  test.each([
    ["comments", `// mine\n${document([shorthand()])}`],
    ["a trailing comma", document([shorthand()]).replace("]", ",]")],
    ["a key that is there twice", document([shorthand()]).replace('"id"', '"id":"b","id"')],
    ["a number twice", '{"version":1,"version":1,"assets":[]}'],
    [
      "a key twice in a place that is never read",
      document([shorthand({ metadata: 0 })]).replace(":0", ':{"a":1,"a":2}'),
    ],
    ["the key __proto__", document([shorthand({ metadata: 0 })]).replace(":0", ':{"__proto__":{}}')],
    ["a number without end", document([shorthand({ metadata: 0 })]).replace(":0", ':{"a":1e999}')],
    ["great depth", document([shorthand({ metadata: 0 })]).replace(":0", `:{"a":${"[".repeat(40)}${"]".repeat(40)}}`)],
    ["millions of parts", document([shorthand({ metadata: { a: Array(600_000).fill([]) } })])],
    ["two assets of one id", document([shorthand(), shorthand({ id: "A", localPath: "b" })])],
    ["two files of one path", document([shorthand(), shorthand({ id: "b" })])],
    ["the manifest's own place", document([shorthand({ localPath: "assets.manifest.json" })])],
    ["no text", ""],
  ])("leaves %s to the careful one", (_, text) => {
    expect(readFlawless(text, { file: FILE })).toBeUndefined();
  });
});
