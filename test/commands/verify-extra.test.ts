/** What `verify` can be asked beside the files it hashes: that some must be there, and that no others are. */
import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type VerifyOptions, verify } from "../../src/commands/verify.js";
import { loadManifest } from "../../src/manifest/load.js";
import { sha256Of } from "../helpers/content.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const url = "https://127.0.0.1/x";
const check = async (tree: Tree, options: Partial<VerifyOptions>) =>
  verify({ manifest: await loadManifest({ cwd: tree.root }), ...options });

/** Two assets in folders of their own, both right. */
function project(): Tree {
  const tree = makeTree();
  tree.manifestFor({
    "models/a/x.onnx": { url, body: "aaa", id: "alpha" },
    "data/b/y.csv": { url, body: "bbb", id: "beta", pin: "size" },
  });
  tree.write("models/a/x.onnx", "aaa");
  tree.write("data/b/y.csv", "bbb");
  return tree;
}

describe("verify --require", () => {
  it("proves what it names, whatever else is selected", async () => {
    const tree = project();
    tree.write("models/a/x.onnx", "abc");
    expect((await check(tree, { selection: { ids: ["beta"] } })).ok).toBe(true);
    const report = await check(tree, { selection: { ids: ["beta"] }, require: ["**/*.onnx"] });
    expect(report).toMatchObject({ ok: false, totals: { files: 2, findings: 1 } });
    expect(report.files.map(({ path, finding }) => [path, finding])).toEqual([
      ["models/a/x.onnx", true],
      ["data/b/y.csv", undefined],
    ]);
  });

  it("counts a pattern that names no file as a finding, and a file without a digest that nothing can prove", async () => {
    const tree = project();
    const report = await check(tree, { require: ["*.gguf", "*.csv", "x.onnx"] });
    expect(report).toMatchObject({ ok: false, unmatched: ["*.gguf"], totals: { findings: 2 } });
    expect(report.files.find(({ finding }) => finding)?.path).toBe("data/b/y.csv");
  });

  it("is content when all that it names is right", async () => {
    expect(await check(project(), { require: ["models/**"] })).toMatchObject({ ok: true, totals: { findings: 0 } });
  });
});

describe("verify --extra", () => {
  it("finds files, links and whole folders that no asset names, and only in the folders of assets", async () => {
    const tree = project();
    tree.write("src/code.js", "not an asset");
    tree.write("models/a/old.onnx", "12345");
    tree.write("models/a/deep/er.txt", "1");
    symlinkSync("/etc", tree.path("models/a/link"));
    const report = await check(tree, { extra: true });
    expect(report.ok).toBe(false);
    expect(report.extra).toEqual([
      { path: "models/a/deep/er.txt", size: 1 },
      { path: "models/a/link", reason: "a link" },
      { path: "models/a/old.onnx", size: 5 },
    ]);
    expect(report.totals.findings).toBe(3);
  });

  it("takes neither our partials nor git's files for extra, and says which partials nobody goes on with", async () => {
    const tree = project();
    tree.write(`models/a/x.onnx.${sha256Of("aaa").slice(0, 12)}.part`, "a");
    tree.write(`models/a/x.onnx.${sha256Of("aaa").slice(0, 12)}.part.json`, "{}");
    tree.write("models/a/x.onnx.0123456789ab.part", "of an earlier pin");
    tree.write("models/a/.gitkeep", "");
    tree.write("models/a/.assets/notes", "");
    const report = await check(tree, { extra: true });
    expect(report).toMatchObject({ ok: true, extra: [], totals: { findings: 0 } });
    expect(report.leftovers).toEqual([{ path: "models/a/x.onnx.0123456789ab.part", size: 17 }]);
  });

  it("looks only where the selected assets are, and leaves out what --exclude names", async () => {
    const tree = project();
    tree.write("models/a/old.onnx", "1");
    tree.write("data/b/README.md", "1");
    expect((await check(tree, { extra: true, selection: { ids: ["alpha"] } })).extra).toHaveLength(1);
    const report = await check(tree, { extra: true, selection: { exclude: ["README.md", "old.*"] } });
    expect(report).toMatchObject({ ok: true, extra: [] });
  });

  it("does not take another asset's files for extra, nor a file at the root for a reason to search all of it", async () => {
    const tree = makeTree();
    tree.manifestFor({
      "a.bin": { url, body: "a", id: "root" },
      "shared/b.bin": { url, body: "b", id: "one" },
      "shared/c.bin": { url, body: "c", id: "two" },
    });
    for (const [path, body] of Object.entries({ "a.bin": "a", "shared/b.bin": "b", "shared/c.bin": "c" })) {
      tree.write(path, body);
    }
    tree.write("package.json", "{}");
    expect(await check(tree, { extra: true, selection: { ids: ["root", "one"] } })).toMatchObject({ ok: true });
  });

  it("follows no folder of assets that leads out of the root", async () => {
    const tree = makeTree();
    const outside = makeTree();
    outside.write("secret", "1");
    mkdirSync(tree.path("models"));
    symlinkSync(outside.root, tree.path("models/a"));
    tree.manifestFor({ "models/a/x.bin": { url, body: "a" } });
    const report = await check(tree, { extra: true });
    expect(report.files[0]?.status).toBe("unreadable");
    expect(JSON.stringify(report)).not.toContain("secret");
  });
});
