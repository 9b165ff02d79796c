/** Assets made of listings: what they are called, where they go, what a manifest would refuse. */
import { describe, expect, it } from "vitest";
import { checkWishes, type ImportWishes, toAssets } from "../../src/interchange/assets.js";
import type { Listed, Listing } from "../../src/interchange/listing.js";
import { mergeEntries } from "../../src/manifest/merge.js";

const file = (path: string, more: Partial<Listed> = {}): Listed => ({
  path,
  urls: ["https://x.example/f"],
  place: "line 1",
  ...more,
});
const listing = (...files: Listed[]): Listing => ({ files, refused: [], notes: [] });
const make = (wishes: Partial<ImportWishes>, ...files: Listed[]) =>
  toAssets(listing(...files), { fallbackId: "list", ...wishes });

describe("the assets of a listing", () => {
  it("are one, called as the user says or after the list, with the folder that all files share", () => {
    const { assets } = make({}, file("a/b/x.csv"), file("a/b/c/y.csv"));
    expect(assets).toMatchObject([
      { id: "list", type: "dataset", path: "a/b", files: [{ path: "x.csv" }, { path: "c/y.csv" }] },
    ]);
    expect(make({ id: "mine", folder: "data/", tags: ["t"] }, file("x.csv")).assets).toMatchObject([
      { id: "mine", path: "data", tags: ["t"], files: [{ path: "x.csv" }] },
    ]);
  });

  it("are models where a file is one, unless the user or the list says otherwise", () => {
    expect(make({}, file("m.onnx"), file("readme.md")).assets[0]?.type).toBe("model");
    expect(make({ type: "weights" }, file("m.onnx")).assets[0]?.type).toBe("weights");
  });

  it("are those of the list, below the user's id, or one for each file", () => {
    const files = [file("x", { asset: "one" }), file("y", { asset: "one" }), file("z", { asset: "my model!" })];
    expect(make({}, ...files).assets.map(({ id }) => id)).toEqual(["one", "my-model"]);
    expect(make({ id: "all" }, ...files).assets.map(({ id }) => id)).toEqual(["all/one", "all/my-model"]);
    expect(make({ perFile: true }, file("a/x"), file("a/y")).assets.map(({ id }) => id)).toEqual(["a/x", "a/y"]);
  });

  it.each([
    "../x",
    "a/../../x",
    "/etc/passwd",
    "C:\\x",
    "a\\b",
    "a\0b",
    "nul.txt",
    "a//b",
    "x.",
    ".git/hooks/pre-commit",
    ".assets/x",
    "assets.manifest.json",
    "\u202egnp.exe",
    "",
    "a".repeat(300),
  ])("never hold a path such as %j", (path) => {
    const { assets, refused } = make({}, file(path), file("good"));
    expect(assets[0]?.files.map((one) => one.path)).toEqual(["good"]);
    expect(refused).toHaveLength(1);
  });

  it.each([
    "javascript:alert(1)",
    "ftp://x.example/f",
    "s3://b/f",
    "https://x.example/$HOME",
    "doi:10.5281/zenodo.1/f",
  ])("never hold a URL such as %s: the next one counts, and without one the file is refused", (url) => {
    const { assets, notes } = make({}, file("a", { urls: [url, "https://x.example/a"] }));
    expect(assets[0]?.files[0]?.url).toBe("https://x.example/a");
    expect(notes).toHaveLength(1);
    expect(make({}, file("a", { urls: [url] })).refused).toHaveLength(1);
  });

  it("refuse what a manifest refuses beside it: an empty digest, a text that deceives", () => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(make({}, file("a", { sha256: empty })).refused[0]?.message).toMatch(/empty file/);
    const about = new Map([["one", { name: "a\u202eb" }]]);
    const { refused } = toAssets({ ...listing(file("a", { asset: "one" })), about }, { fallbackId: "l" });
    expect(refused[0]?.message).toMatch(/U\+202E/);
  });

  it("do without a file that is refused, which is named with its line, and keep the others", () => {
    const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const { assets, refused } = make({}, file("a"), file("b", { sha256: empty, size: 3, place: "line 2" }), file("c"));
    expect(assets[0]?.files.map(({ path }) => path)).toEqual(["a", "c"]);
    expect(refused).toEqual([{ place: "line 2", message: expect.stringMatching(/^b: .*empty file/) }]);
  });

  const at = (path: string, line: number, more: Partial<Listed> = {}) => file(path, { place: `line ${line}`, ...more });
  it.each<[string, Listed[], string[], RegExp]>([
    ["by case only", [at("Foo.bin", 1), at("foo.bin", 2)], ["Foo.bin"], /^foo\.bin: .*Foo\.bin \(line 1\) by case/],
    ["by Unicode normalisation only", [at("\u00e9", 1), at("e\u0301", 2)], ["\u00e9"], /normalisation only/],
    [
      "as file and folder",
      [at("a", 1), at("x", 2), at("a/b", 3)],
      ["a", "x"],
      /^a\/b: it needs a folder where a \(line 1\)/,
    ],
    ["as folder and file", [at("a/b/c", 1), at("A", 2)], ["a/b/c"], /^A: it is a file where a\/b\/c \(line 1\) needs/],
  ])("never hold two paths that differ %s: the second is refused, and the rest written", (_, files, kept, message) => {
    const { assets, refused } = make({}, ...files);
    const paths = assets.flatMap((one) => one.files.map(({ path }) => (one.path ? `${one.path}/${path}` : path)));
    expect(paths).toEqual(kept);
    expect(refused.map((one) => one.message)).toEqual([expect.stringMatching(message)]);
    expect(() => mergeEntries('{"version":1,"assets":[]}', assets, { file: "/p/assets.manifest.json" })).not.toThrow();
  });

  it("of a path that two of the list's assets have with other bytes hold neither", () => {
    const pin = (digit: string, asset: string) => file("m.bin", { asset, sha256: digit.repeat(64) });
    const { assets, refused } = make({}, pin("1", "one"), pin("2", "two"));
    expect(assets).toEqual([]);
    expect(refused).toHaveLength(2);
    expect(make({}, pin("1", "one"), pin("1", "two")).refused).toEqual([]);
  });

  it("of a path that two of the list's assets have at other addresses, without a digest, hold the first", () => {
    const from = (url: string, asset: string) => file("m.bin", { asset, urls: [url] });
    const { assets, refused } = make(
      {},
      from("https://x.example/1/m.bin", "one"),
      from("https://x.example/2/m.bin", "two"),
    );
    expect(assets.map(({ id }) => id)).toEqual(["one"]);
    expect(refused[0]?.message).toMatch(/nothing tells whether they are of the same bytes/);
  });

  it("of a thousand files are written and merged in no time", () => {
    const files = Array.from({ length: 5_000 }, (_, at) => file(`d${at % 7}/f${at}`, { asset: `a${at % 50}` }));
    const started = performance.now();
    const { assets } = make({}, ...files);
    const text = '{"version":1,"assets":[]}';
    expect(mergeEntries(text, assets, { file: "/p/assets.manifest.json" }).added).toHaveLength(5_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe("what the user wishes", () => {
  it.each([
    [{ id: "a b" }, /--id/],
    [{ type: "My Type" }, /--type/],
    [{ folder: "../up" }, /--path: the path climbs out/],
    [{ tags: [" "] }, /--tag/],
  ])("is refused before anything is read: %j", (wishes, message) => {
    expect(() => checkWishes({ fallbackId: "x", ...wishes })).toThrow(message);
  });
});
