/** What lists are called in the manifest whose user does not say it. */
import { describe, expect, it } from "vitest";
import { keptApart, listId } from "../../src/interchange/list-id.js";
import { readManifest } from "../../src/manifest/read.js";
import { assets, manifestOf } from "../helpers/authoring.js";
import { makeTree } from "../helpers/tree.js";

const PIN = "a".repeat(64);

describe("the id of a list", () => {
  it.each([
    ["SHA256SUMS", "https://h.example/sets/birds/", "birds"],
    ["p/SHA256SUMS.txt", "https://h.example/", "h.example"],
    ["sha256sum.txt", "https://127.0.0.1:8080", "127.0.0.1"],
    ["CHECKSUMS", "https://h.example/a%20b/?file=", "a-b"],
    ["checksums.txt", "data/sets/", "sets"],
    ["MD5SUMS.asc", "npm:pack@1.0.0", "pack@1.0.0"],
    ["registry.txt", "hf:org/name", "name"],
    ["-", "https://h.example/v1/", "v1"],
    ["https://h.example/v1/SHA512SUMS", "https://h.example/v1/", "v1"],
    ["SHA256SUMS", "./", "SHA256SUMS"],
    ["registry.txt", undefined, "registry"],
    ["-", undefined, "imported"],
    ["lists/birds.sha256", "https://h.example/v1/", "birds"],
    ["https://h.example/birds.meta4?x=1", "https://h.example/", "birds"],
  ])("%s with its files below %s is %s", (name, base, id) => {
    expect(listId(name, base)).toBe(id);
  });
});

describe("an id that nobody asked for", () => {
  const urls = { set: "https://p.example/v1/a", "set-2": "https://q.example/deep/b", set2: "data/c" };
  const manifest = readManifest(
    JSON.stringify({
      version: 1,
      assets: Object.entries(urls).map(([id, url]) => ({ id, type: "dataset", files: [{ path: `${id}.bin`, url }] })),
    }),
    { file: "/p/assets.manifest.json" },
  ).manifest;

  it.each([
    ["set", "https://p.example/v1", "https://p.example/v1/new", "set"],
    ["set", "https://q.example/", "https://q.example/new", "set-2"],
    ["set", "https://p.example/v10", "https://p.example/v10/new", "set-3"],
    ["set", undefined, "https://q.example/deep/new", "set-2"],
    ["SET", undefined, "https://r.example/new", "SET-3"],
    ["set2", "data", "data/new", "set2"],
    ["other", "https://r.example/", "https://r.example/new", "other"],
  ])("of %s with files below %s, such as %s, is %s", (id, base, url, becomes) => {
    const asset = { id, type: "dataset", files: [{ path: "new", url }] };
    const others = { id: "beside", type: "model", files: [] };
    if (manifest === undefined) throw new Error("the manifest of this test is none");
    expect(keptApart([others, asset], { id, base }, manifest)).toEqual([others, { ...asset, id: becomes }]);
  });

  it("keeps lists of the same name apart by where their files lie, and finds each again", async () => {
    const tree = makeTree();
    const bases = { p: "https://p.example/", q: "https://q.example/set/", r: "https://r.example/set/" };
    const all = async (file: string) => {
      for (const [folder, base] of Object.entries(bases)) {
        tree.write(`${folder}/SHA256SUMS`, `${PIN}  ${folder}-${file}.bin\n`);
        expect(await assets(tree, ["import", "sums", `${folder}/SHA256SUMS`, "--base-url", base])).toMatchObject({
          code: 0,
        });
      }
    };
    await all("1");
    await all("2");
    const brief = manifestOf(tree).assets.map(({ id, files }: { id: string; files: { path: string }[] }) => [
      id,
      files.map(({ path }) => path),
    ]);
    expect(brief).toEqual([
      ["p.example", ["p-1.bin", "p-2.bin"]],
      ["set", ["q-1.bin", "q-2.bin"]],
      ["set-2", ["r-1.bin", "r-2.bin"]],
    ]);
    tree.write("s/SHA256SUMS", `${PIN}  s.bin\n`);
    const asked = ["import", "sums", "s/SHA256SUMS", "--base-url", "https://s.example/", "--id", "set"];
    expect(await assets(tree, asked)).toMatchObject({ code: 0 });
    expect(manifestOf(tree).assets).toHaveLength(3);
  });
});
