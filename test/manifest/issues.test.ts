/** How problems are reported: all of them, each at its place. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { formatIssues, MAX_ISSUES } from "../../src/manifest/issues.js";
import { canonical, document, issuesOf, shorthand } from "./samples.js";

const BROKEN = `{
  // a comment moves lines
  "version": 1,
  "asets": [],
  "assets": [
    {
      "id": "first",
      "type": "Model",
      "files": [
        { "path": "../up", "url": "ftp://x/y", "sha256": "abc" },
        { "path": "ok", "url": "https://x/y", "sizes": 5,
          "size": -1 }
      ]
    },
    { "id": "second", "type": "model", "localPath": "a" },
    {\t"id": "FIRST", "url": "https://x/y", "localPath": "b", "tags": [] }
  ]
}`;

describe("the issues of a manifest", () => {
  test("a file that is named as a property of all objects is reported as any other", () => {
    const asset = { id: "a", type: "model", files: { toString: "", valueOf: 1 } };
    expect(issuesOf(document([asset])).map(({ path, suggestion }) => [path, suggestion])).toEqual([
      ["assets[0].files.toString", undefined],
      ["assets[0].files.valueOf", undefined],
    ]);
  });

  test("every problem of every asset is reported at once, in the order of the text", () => {
    expect(issuesOf(BROKEN).map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
      "4:3 asets",
      "8:15 assets[0].type",
      "10:19 assets[0].files[0].path",
      "10:35 assets[0].files[0].url",
      "10:58 assets[0].files[0].sha256",
      "11:47 assets[0].files[1].sizes",
      "12:19 assets[0].files[1].size",
      "15:5 assets[1]",
      "16:5 assets[2].type",
      "16:13 assets[2].id",
    ]);
  });

  test("lines end with LF, CRLF or CR, and a byte order mark is no column", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const [issue] = issuesOf(`\ufeff{ "version": 1,${end}${end} "asset": 1, "assets": [] }`);
      expect(issue).toMatchObject({ line: 3, column: 2, path: "asset" });
    }
    expect(issuesOf(`\ufeff{ "asset": 1, "version": 1, "assets": [] }`)[0]).toMatchObject({ line: 1, column: 3 });
  });

  test("columns count UTF-16 code units, as editors do", () => {
    expect(issuesOf(`{ "x-😀": 1, "asset": 1, "version": 1, "assets": [] }`)[0]).toMatchObject({ line: 1, column: 14 });
  });

  test("an issue has what was found and what to write", () => {
    expect(issuesOf(document([shorthand({ type: "Datset" })]))).toEqual([
      {
        line: 1,
        column: 41,
        path: "assets[0].type",
        message: "a type is one word in small letters",
        found: '"Datset"',
        suggestion: 'Write "dataset".',
      },
    ]);
  });

  test("two assets that claim one path name each other's lines", () => {
    const text = JSON.stringify({ version: 1, assets: [shorthand(), shorthand({ id: "b" })] }, null, 2);
    const [issue] = issuesOf(text);
    expect(issue).toMatchObject({ line: 14, path: "assets[1].localPath" });
    expect(issue?.message).toBe('this path is that of asset "a" on line 8');
  });

  test("the manifest's own file is no target, whatever it is called", () => {
    const options = { file: resolve("/repo/models/list.json"), root: resolve("/repo") };
    expect(issuesOf(document([shorthand({ localPath: "Models/LIST.json" })]), options)[0]?.message).toContain(
      "the manifest itself",
    );
    expect(issuesOf(document([shorthand({ localPath: "models" })]), options)[0]?.message).toContain(
      "the manifest itself",
    );
    expect(issuesOf(document([shorthand({ localPath: "models/list.json/x" })]), options)[0]?.message).toContain(
      "the manifest itself",
    );
    expect(issuesOf(document([shorthand({ localPath: "models/other.json" })]), options)).toEqual([]);
  });

  test("credentials in a URL are not repeated", () => {
    const [issue] = issuesOf(document([canonical({ url: "ftp://user:hunter2@example.com/x?token=s3cret" })]));
    expect(JSON.stringify(issue)).not.toMatch(/hunter2|s3cret/);
  });

  test("long values are shortened", () => {
    const [issue] = issuesOf(document([shorthand({ id: "😀".repeat(1000) })]));
    expect(issue?.found?.length).toBeLessThan(70);
    expect(issue?.found).not.toMatch(/\p{Surrogate}/u);
  });

  test("a wrong key hides no other problem of its asset, and what only follows from it is not told", () => {
    const file = { path: "a", url: "https://h/a" };
    const issues = issuesOf(document([{ id: "../a", path: "x", destination: "y", files: [file], lisence: "MIT" }]));
    expect(issues.map(({ path }) => path).sort()).toEqual([
      "assets[0].destination",
      "assets[0].id",
      "assets[0].lisence",
      "assets[0].type",
    ]);
    const places = issuesOf(document([{ id: "b", type: "model", url: "ftp://h/b", localPath: "b" }]));
    expect(places.map(({ path }) => path)).toEqual(["assets[0].url"]);
  });

  test("only the first fifty are shown, the rest counted", () => {
    const issues = issuesOf(document(Array(80).fill({ id: 1, type: "model", files: 1 })));
    const text = formatIssues("m.json", issues);
    expect(issues).toHaveLength(160);
    expect(text.split("\n")).toHaveLength(52);
    expect(text).toContain("m.json is not a valid manifest: 160 problems.");
    expect(text).toContain("… and 110 more.");
  });

  test("no more than a thousand are collected", () => {
    const issues = issuesOf(document(Array(5000).fill({})));
    expect(issues).toHaveLength(MAX_ISSUES);
    expect(formatIssues("m.json", issues)).toContain("at least 1000 problems");
  });

  test("an unknown key that is near to none is told where it may stand", () => {
    expect(issuesOf(document([shorthand({ quantisation: "q4" })]))[0]?.suggestion).toContain('"metadata"');
    expect(issuesOf(document([canonical({ quantisation: "q4" })]))[0]?.suggestion).toBe('Begin it with "x-".');
  });

  test.each([
    ["hash", "sha256"],
    ["filename", "localPath"],
    ["mirrors", "fallbackUrls"],
    ["tag", "tags"],
    ["Required", "required"],
  ])("the key %s is taken for %s", (key, meant) => {
    expect(issuesOf(document([shorthand({ [key]: 1 })]))[0]?.suggestion).toContain(`"${meant}"`);
  });
});
