/** What is held against a manifest before it is written, and under which lock. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { refuseChanged, rewriteManifest } from "../../src/commands/write-manifest.js";
import { withEdits } from "../../src/manifest/edit.js";
import type { Manifest } from "../../src/manifest/types.js";
import { entries, MANIFEST } from "../helpers/authoring.js";
import { makeTree } from "../helpers/tree.js";

describe("an asset that is about to be written", () => {
  it("is compared once, however many of its files are named", () => {
    let looks = 0;
    const metadata = {
      toJSON() {
        looks++;
        return "seen";
      },
    };
    const files = Array.from({ length: 5_000 }, (_, index) => ({ asset: "many", path: `f${index}`, urls: ["x:y"] }));
    const asset = { id: "many", type: "dataset", tags: [], required: false, metadata, files };
    const manifest: Manifest = { file: "/m", base: "/", root: "/", version: 1, assets: [asset] };
    refuseChanged(
      manifest,
      manifest,
      files.map((file) => file.asset),
    );
    expect(looks).toBe(2);
  });
});

describe("runs that write one manifest at the same time", () => {
  const entryOf = (id: string) => ({ id, type: "model", url: `https://x.example/${id}`, localPath: id });
  const append = (file: string, root: string, id: string) =>
    rewriteManifest({ file, root }, (text) => withEdits(text, [{ do: "append", at: ["assets"], value: entryOf(id) }]), {
      start: '{ "version": 1, "assets": [] }',
      signal: new AbortController().signal,
    });
  const IDS = ["a", "b", "c", "d"];

  it("lose nothing of each other where each has a root of its own", async () => {
    const tree = makeTree();
    tree.write(MANIFEST, '{ "version": 1, "assets": [] }');
    await Promise.all(IDS.map((id) => append(tree.path(MANIFEST), tree.path(`root-${id}`), id)));
    expect(
      entries(tree)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(IDS);
    expect(tree.files().filter((path) => path.endsWith(".new"))).toEqual([]);
  });

  it("lose nothing of each other where each takes another way to it", async () => {
    const tree = makeTree();
    tree.write(MANIFEST, '{ "version": 1, "assets": [] }');
    mkdirSync(tree.path("links"));
    for (const id of ["a", "b", "c"]) symlinkSync(tree.root, tree.path(`links/${id}`), "junction");
    const files = [...["a", "b", "c"].map((id) => tree.path(join("links", id, MANIFEST))), tree.path(MANIFEST)];
    await Promise.all(IDS.map((id, index) => append(files[index] ?? "", join(files[index] ?? "", ".."), id)));
    expect(
      entries(tree)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(IDS);
  });
});
