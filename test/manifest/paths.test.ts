/** Path rules as properties: whatever passes stays inside the root and exists on every system. */
import { posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkFolder,
  checkPath,
  checkTarget,
  examinePath,
  foldPath,
  joinPath,
  normaliseFolder,
  withoutDot,
} from "../../src/manifest/paths.js";

/** Pieces that a hostile path is made of, in any order. */
const piece = fc.constantFrom(
  "..",
  ".",
  "/",
  "//",
  "\\",
  "a",
  "B",
  "model.bin",
  " ",
  "C:",
  "c:",
  "NUL",
  "con.txt",
  "com¹",
  ".git",
  "git~1",
  ".assets",
  "~",
  "\0",
  "\u202e",
  "\u200c",
  "\ud800",
  ":",
  "*",
  "é",
  "e\u0301",
  "😀",
  ".part",
  ".0123456789ab.part",
  "-",
  "$",
  "%",
);
const path = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.array(piece, { maxLength: 8 }).map((all) => all.join("")),
);

/** Paths of ordinary names. */
const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/).filter((text) => checkPath(text) === undefined);
const ordinary = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join("/"));

describe("a path that passes", () => {
  test("stays below the root, by the rules of POSIX and of Windows", () => {
    fc.assert(
      fc.property(path, (text) => {
        fc.pre(checkPath(text) === undefined);
        for (const [rules, root] of [
          [posix, "/data/root"],
          [win32, "C:\\data\\root"],
        ] as const) {
          expect(rules.isAbsolute(text)).toBe(false);
          const target = rules.resolve(rules.join(root, text));
          expect(target.startsWith(root + rules.sep)).toBe(true);
          expect(rules.relative(root, target).split(rules.sep).join("/")).toBe(text);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("stays below a folder that passes, and below the root with it", () => {
    fc.assert(
      fc.property(path, path, (folder, text) => {
        fc.pre(checkFolder(folder) === undefined && checkPath(withoutDot(text)) === undefined);
        const joined = joinPath(normaliseFolder(folder), withoutDot(text));
        fc.pre(checkTarget(joined) === undefined);
        expect(checkPath(joined)).toBeUndefined();
        expect(posix.resolve("/data/root", joined)).toBe(posix.join("/data/root", joined));
      }),
      { numRuns: 1000 },
    );
  });

  test("has no character that a terminal obeys, and none that Windows refuses", () => {
    fc.assert(
      fc.property(path, (text) => {
        fc.pre(checkPath(text) === undefined);
        expect(text).not.toMatch(/[\p{Cc}\p{Surrogate}\u2028-\u202e\u2066-\u2069<>:"|?*\\]/u);
        for (const segment of text.split("/")) expect(segment).toMatch(/^[^ ](?:.*[^. ])?$|^[^. ]$/su);
      }),
      { numRuns: 1000 },
    );
  });

  test("is never refused for its ordinary names", () => {
    fc.assert(fc.property(ordinary, (text) => checkTarget(text) === undefined && checkPath(text) === undefined));
  });

  test.each([
    "models/small-llms/model.Q4_K_M.gguf",
    "a@b=c,d+e(f)[g]{h}'i&j;k#l%m!n",
    "..a/b..c/...d",
    "console/auxiliary.txt/nulls/com10",
    ".gitignore",
    ".github/x",
    "a/.assets/x",
    "模型/ファイル.bin",
    "x.part",
    "x.0123456789.part",
    "assets.json",
    "-",
    "a$b/$web",
    "a".repeat(255),
  ])("%s is an ordinary path", (text) => {
    expect(checkPath(text)).toBeUndefined();
    expect(checkTarget(text)).toBeUndefined();
  });
});

describe("folders", () => {
  test.each([
    [".", ""],
    ["./", ""],
    ["./a/", "a"],
    ["a/b", "a/b"],
    ["././a", "a"],
  ])("%s is the folder %j", (text, folder) => {
    expect(checkFolder(text)).toBeUndefined();
    expect(normaliseFolder(text)).toBe(folder);
  });

  test.each(["", "/", "..", "./..", "a//", "a/..", "a/./", "//", ".//", "././/"])("%j is no folder", (text) => {
    expect(checkFolder(text)).toBeDefined();
  });
});

describe("foldPath", () => {
  test.each([
    ["A/b", "a/B"],
    ["\u00e9", "E\u0301"],
    ["\u212a", "k"],
    ["\u017f", "S"],
    ["ς", "Σ"],
    ["a\u200cb", "AB"],
  ])("%j and %j may be one file", (one, other) => {
    expect(foldPath(one)).toBe(foldPath(other));
  });

  test("folding again changes nothing", () => {
    fc.assert(fc.property(path, (text) => foldPath(foldPath(text)) === foldPath(text)));
  });

  test("different ordinary paths stay different", () => {
    fc.assert(
      fc.property(
        ordinary,
        ordinary,
        (one, other) => (foldPath(one) === foldPath(other)) === (one.toLowerCase() === other.toLowerCase()),
      ),
    );
  });
});

describe("a path that is plain at a glance", () => {
  const segment = fc.oneof(
    fc.constantFrom(
      "a",
      "Model-1.bin",
      "con",
      "CON.txt",
      "com1",
      "nul.x",
      "config",
      "assets.manifest.json",
      "assets.x",
    ),
    fc.constantFrom(
      "a.0123456789ab.part",
      "x.part",
      ".git",
      "git~1",
      "a.",
      "a..b",
      "-a",
      "_a",
      "a b",
      "é",
      "",
      "..",
      ".",
    ),
    fc.stringMatching(/^[\w.-]{1,12}$/),
  );
  const any = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/"));

  test("is judged as it is at leisure", () => {
    fc.assert(
      fc.property(any, (text) => {
        expect(checkPath(text)).toEqual(examinePath(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test("is judged at once however it goes on", () => {
    const begun = performance.now();
    expect(checkPath(`${"a.".repeat(120)}!`)).toEqual(examinePath(`${"a.".repeat(120)}!`));
    expect(checkPath(`${"a/".repeat(120)}!`)).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(100);
  });
});
