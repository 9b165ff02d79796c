/** How pointers are held against the files of a manifest. */
import { describe, expect, it } from "vitest";
import { groupPointers } from "../../src/commands/hydrate-groups.js";
import { searchPointers } from "../../src/commands/pointers.js";
import { formatPointer } from "../../src/lfs-pointer.js";
import type { AssetFile } from "../../src/manifest/types.js";
import { sha256Of } from "../helpers/content.js";
import { pinsOf } from "../helpers/pointers.js";
import { makeTree } from "../helpers/tree.js";

describe("pointers below a manifest", () => {
  it("have its URLs for their bytes, wherever it has them, and each file is looked at only a few times", async () => {
    const tree = makeTree();
    const digests = Array.from({ length: 300 }, (_, index) => sha256Of(`body ${index}`));
    for (const [index, oid] of digests.entries()) tree.write(`f/${index}`, formatPointer({ oid, size: 9 }));
    const pinned = pinsOf(tree, { model: Object.fromEntries(digests.map((oid, index) => [`g/${index}`, oid])) });
    let reads = 0;
    const counted = (file: AssetFile) =>
      new Proxy(file, {
        get(from, key, self) {
          reads++;
          return Reflect.get(from, key, self);
        },
      });
    const assets = pinned.assets.map((asset) => ({ ...asset, files: asset.files.map(counted) }));
    const { found } = await searchPointers([tree.root], tree.root, undefined);
    const { groups } = await groupPointers(found, { cwd: tree.root, manifest: { ...pinned, assets } });
    expect(groups.map(({ items }) => items.map(({ file }) => [file.asset, file.urls]))).toEqual([
      digests.map(() => ["model", ["https://x/"]]),
    ]);
    expect(reads).toBeLessThan(20 * digests.length);
  });
});
