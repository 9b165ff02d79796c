/** Merging assets into the text of a manifest: what is new is added, nothing that is there is touched. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ImportedAsset, type ImportedFile, mergeEntries } from "../../src/manifest/merge.js";
import { parseJson } from "../../src/manifest/parse.js";
import { checkPath } from "../../src/manifest/paths.js";
import { readManifest } from "../../src/manifest/read.js";

const OPTIONS = { file: "/p/assets.manifest.json" };
const A = "a".repeat(64);
const B = "b".repeat(64);
const C = "c".repeat(32);

const file = (path: string, more: Partial<ImportedFile> = {}): ImportedFile => ({
  path,
  url: "https://x.example/f",
  ...more,
});
const asset = (id: string, files: ImportedFile[], more: Partial<ImportedAsset> = {}): ImportedAsset => ({
  id,
  type: "model",
  ...more,
  files,
});
const merge = (text: string, ...assets: ImportedAsset[]) => mergeEntries(text, assets, OPTIONS);
const manifest = (...assets: object[]) => JSON.stringify({ version: 1, assets }, null, 2);

const COMMENTED = `{
    // why it is there
    "version": 1,
    "assets": [
        { "id": "one", "type": "model", "files": [{ "path": "one.bin", "url": "https://x.example/one" }] }, // the first
        {
            "id": "two", /* second */ "type": "dataset",
            "files": {
                // a table
                "two.csv": { "url": "https://x.example/two", "size": 2 }, // its only one
            },
        },
        // the end
    ],
}
`;

describe("merging into a manifest full of comments", () => {
  it("puts a new asset behind the last one, in its layout, and changes no other character", () => {
    const { text, added } = merge(COMMENTED, asset("three", [file("three.bin", { sha256: A })]));
    expect(added).toEqual([{ asset: "three", path: "three.bin" }]);
    const item = `
        {
            "id": "three",
            "type": "model",
            "files": [
                {
                    "path": "three.bin",
                    "url": "https://x.example/f",
                    "sha256": "${A}"
                }
            ]
        },`;
    expect(text).toBe(COMMENTED.replace("\n        // the end", `${item}\n        // the end`));
  });

  it("adds a file to an asset in the form that it has: a list on one line, a table on several", () => {
    const { text } = merge(COMMENTED, asset("one", [file("new.bin")]), asset("two", [file("new.csv")]));
    expect(text).toBe(
      COMMENTED.replace('one" }] }', 'one" }, { "path": "new.bin", "url": "https://x.example/f" }] }').replace(
        "// its only one",
        `// its only one
                "new.csv": {
                    "url": "https://x.example/f"
                },`,
      ),
    );
  });

  it("writes pins into a file that had none", () => {
    const { text, filled } = merge(
      COMMENTED,
      asset("x", [file("two.csv", { url: "https://x.example/two", size: 2, sha256: A })]),
    );
    expect(filled).toEqual([{ asset: "two", path: "two.csv" }]);
    expect(text).toBe(COMMENTED.replace('"size": 2 }', `"size": 2, "sha256": "${A}" }`));
  });

  it("keeps the line ends of Windows, and a byte order mark", () => {
    const before = `\ufeff${manifest().replaceAll("\n", "\r\n")}`;
    const { text } = merge(before, asset("a", [file("a.bin")]));
    expect(text.startsWith("\ufeff{\r\n")).toBe(true);
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it.each([
    ["an empty list", '{"version":1,"assets":[]}'],
    ["an empty list over lines", '{\n\t"version": 1,\n\t"assets": [\n\t]\n}'],
    ["a list of nothing but a comment", '{\n  "version": 1,\n  "assets": [ // none yet\n  ]\n}'],
    ["a comment that the bracket follows", '{\n  "version": 1,\n  "assets": [ /* none yet */ ]\n}'],
    ["a manifest on one line", '{"version":1,"assets":[{"id":"z","type":"model","files":[{"path":"z","url":"u"}]}]}'],
    [
      "a comma on the next line",
      '{"version":1,"assets":[{"id":"z","type":"model","files":[{"path":"z","url":"u"}]}\n , // x\n]}',
    ],
  ])("reads back as it was meant: %s", (_, before) => {
    const { text } = merge(before, asset("a", [file("a.bin"), file("b.bin")]), asset("b", [file("c.bin")]));
    const ids = readManifest(text, OPTIONS).manifest?.assets.map(({ id }) => id);
    expect(ids?.slice(-2)).toEqual(["a", "b"]);
    for (const comment of before.match(/\/\/.*|\/\*.*?\*\//g) ?? []) expect(text).toContain(comment);
  });
});

describe("what the manifest has already", () => {
  const there = manifest(asset("m", [file("m.bin", { size: 3, sha256: A })]));

  it("is the same under whatever id, path by path, and nothing is written", () => {
    const { text, same, added } = merge(there, asset("other", [file("m.bin", { size: 3, sha256: A })]));
    expect({ text, same, added }).toEqual({ text: there, same: [{ asset: "m", path: "m.bin" }], added: [] });
  });

  it.each([
    ["another SHA-256", { sha256: B }, /sha256 is aaaaaaaaaaaa… in the manifest, and bbbbbbbbbbbb…/],
    [
      "another SHA-256 that begins alike",
      { sha256: `${A.slice(0, 63)}b` },
      /is a{64} in the manifest, and a{63}b in what/,
    ],
    ["another size", { sha256: A, size: 4 }, /size is 3 in the manifest, and 4/],
    ["a digest of another kind from elsewhere, which proves nothing", { url: "y", md5: C }, /nothing tells whether/],
  ])("is a conflict with %s, and stays", (_, pins, reason) => {
    const { text, conflicts } = merge(there, asset("m", [file("m.bin", pins)]));
    expect(text).toBe(there);
    expect(conflicts).toMatchObject([{ asset: "m", path: "m.bin", with: "m", reason: expect.stringMatching(reason) }]);
  });

  it.each<[string, Partial<ImportedFile>, Partial<ImportedFile>, "filled" | "same" | "conflicts"]>([
    ["gets no digest of a list of another source", {}, { url: "https://x.example/other", sha256: A }, "conflicts"],
    [
      "gets one of a list that names its fallback",
      { fallbackUrls: ["https://x.example/b"] },
      { url: "https://x.example/b", sha256: A },
      "filled",
    ],
    ["gets the SHA-256 that stands beside its own MD5", { md5: C }, { url: "y", md5: C, sha256: A, size: 3 }, "filled"],
    [
      "is the same after a lock put a SHA-256 in the place of what was imported",
      { size: 3, sha256: A },
      { size: 3, md5: C },
      "same",
    ],
    [
      "is the same object of DVC at another remote",
      { url: `https://x.example/files/md5/cc/${C.slice(2)}`, sha256: A },
      { url: "y", md5: C },
      "same",
    ],
    ["is a conflict when only its URL is the same", { size: 3, sha256: A }, { size: 4, md5: C }, "conflicts"],
    ["gets no weaker digest beside its SHA-256", { sha256: A }, { sha256: A, md5: C }, "same"],
  ])("%s", (_, has, wants, expected) => {
    const before = manifest(asset("m", [file("m.bin", has)]));
    const merged = merge(before, asset("m", [file("m.bin", wants)]));
    expect(merged[expected]).toHaveLength(1);
    const now = readManifest(merged.text, OPTIONS).manifest?.assets[0]?.files[0];
    expect(now?.sha256).toBe(has.sha256 ?? (expected === "filled" ? A : undefined));
    expect(merge(merged.text, asset("m", [file("m.bin", wants)])).text).toBe(merged.text);
  });

  it.each([
    ["by a path that differs by case alone, though it be the same file", "M.BIN", /^it differs from m\.bin by case/],
    ["by one that needs a folder where it stands", "m.bin/x", /^it needs a folder where the file m\.bin stands/],
  ])("is not joined %s", (_, path, reason) => {
    const { text, conflicts, added } = merge(there, asset("n", [file(path, { sha256: A }), file("fine.bin")]));
    expect(conflicts).toMatchObject([
      { asset: "n", path, with: "m", reason: expect.stringMatching(reason), meets: { keys: [] } },
    ]);
    expect(added).toEqual([{ asset: "n", path: "fine.bin" }]);
    expect(readManifest(text, OPTIONS).manifest).toBeDefined();
  });

  it("is not joined by a file where it needs a folder", () => {
    const { conflicts } = merge(manifest(asset("m", [file("m/a.bin")])), asset("n", [file("M", { sha256: A })]));
    expect(conflicts).toMatchObject([{ path: "M", with: "m", reason: "m/a.bin needs a folder there" }]);
  });

  it("of one id in another folder takes no file from elsewhere", () => {
    const before = manifest(asset("m", [file("m.bin")], { path: "models" }));
    const { conflicts, added } = merge(before, asset("m", [file("x.bin"), file("models/y.bin")]));
    expect(conflicts).toMatchObject([{ path: "x.bin", reason: /elsewhere/ }]);
    expect(added).toEqual([{ asset: "m", path: "models/y.bin" }]);
  });

  it("of many files gets the pins of all of them in no time", () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `f${at}`);
    const before = manifest(
      asset(
        "m",
        names.map((one) => file(one)),
      ),
    );
    const started = performance.now();
    const { filled, text } = merge(
      before,
      asset(
        "m",
        names.map((one) => file(one, { sha256: A })),
      ),
    );
    expect([filled.length, text.split(A).length - 1]).toEqual([5_000, 5_000]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("that is no manifest is an error", () => {
    expect(() => merge('{"version":2,"assets":[]}', asset("a", [file("a")]))).toThrow(/version/);
  });
});

describe("whatever is merged", () => {
  // No manifest takes the names of devices on Windows.
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/).filter((each) => checkPath(each) === undefined);
  const files = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
  const assets = fc.uniqueArray(fc.record({ id: name, files }), { selector: ({ id }) => id, maxLength: 4 }).map((all) =>
    all.map(({ id, files: names }) =>
      asset(
        id,
        names.map((one) => file(`${id}/${one}`, { sha256: A })),
      ),
    ),
  );
  const layout = fc.constantFrom<[number | string | undefined, string]>(
    [2, "\n"],
    ["\t", "\r\n"],
    [undefined, "\n"],
    [4, "\n"],
  );

  it("stands there afterwards beside all that was there, and a second time changes nothing", () => {
    fc.assert(
      fc.property(assets, assets, layout, (before, more, [step, eol]) => {
        const text = JSON.stringify({ version: 1, assets: before }, null, step).replaceAll("\n", eol);
        const merged = merge(text, ...more);
        const paths = (list: readonly ImportedAsset[]) => list.flatMap((one) => one.files.map(({ path }) => path));
        const found = readManifest(merged.text, OPTIONS).manifest?.assets.flatMap((one) =>
          one.files.map(({ path }) => path),
        );
        expect(new Set(found)).toEqual(new Set([...paths(before), ...paths(more)]));
        expect(merge(merged.text, ...more).text).toBe(merged.text);
        expect(parseJson(merged.text).findings).toEqual([]);
        // Nothing was taken away: the old text can be crossed out of the new one.
        let at = 0;
        for (const sign of merged.text) if (sign === text[at]) at++;
        expect(at).toBe(text.length);
      }),
      { numRuns: 150 },
    );
  });
});
