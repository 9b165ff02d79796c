/** Copies of files that lie elsewhere: proven, and without a trace where they are not the wanted ones. */
import { readdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Adoption, adopt } from "../../src/store/adopt.js";
import { sha256Of } from "../helpers/content.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 3_000_000, seed: 9 };

/** A tree with the file, and how to copy it. */
function prepare(options: Partial<Adoption> = {}, parent?: string) {
  const source = makeTree();
  const tree = makeTree(parent);
  const told: number[] = [];
  const adoption: Adoption = {
    from: source.write("file", BODY),
    partial: tree.path("x.part"),
    sha256: sha256Of(BODY),
    size: BODY.size,
    withPieces: false,
    signal: new AbortController().signal,
    makeFolder: async () => {},
    onStart: (size) => told.push(size),
    onProgress: (bytes) => told.push(bytes),
    ...options,
  };
  return { source, tree, told, adoption };
}

describe("a copy", () => {
  it("is a complete partial, told as it grows, over whatever was begun", async () => {
    const { tree, told, adoption } = prepare();
    tree.write("x.part", "begun");
    tree.write("x.part.json", "{}");
    const partial = (await adopt(adoption))?.partial;
    expect([partial?.front, tree.sha256("x.part"), tree.files()]).toEqual([BODY.size, adoption.sha256, ["x.part"]]);
    expect([told[0], told.at(-1)]).toEqual([BODY.size, BODY.size]);
    await partial?.close();
  });

  it("is made of a file of any size where none is pinned", async () => {
    const { adoption } = prepare({ size: undefined });
    const partial = (await adopt(adoption))?.partial;
    expect(partial?.front).toBe(BODY.size);
    await partial?.close();
  });

  it("is not made of other bytes, another size, or nothing, and what was begun stays", async () => {
    for (const change of [{ sha256: sha256Of("x") }, { size: 7 }, { from: "/nowhere/at/all" }]) {
      const { tree, adoption } = prepare(change);
      tree.write("x.part", "begun");
      expect(await adopt(adoption)).toBeUndefined();
      expect([tree.read("x.part").toString(), tree.files()]).toEqual(["begun", ["x.part"]]);
    }
  });

  it("leaves nothing when it is aborted", async () => {
    const controller = new AbortController();
    const stopped = new Error("stopped");
    const { tree, adoption } = prepare({ signal: controller.signal, onProgress: () => controller.abort(stopped) });
    await expect(adopt(adoption)).rejects.toBe(stopped);
    expect(readdirSync(tree.root)).toEqual([]);
  });

  it("never goes through a link that stands in the partial's place", async () => {
    const { tree, source, adoption } = prepare();
    source.write("victim", "mine");
    symlinkSync(source.path("victim"), tree.path("x.part"));
    await (await adopt(adoption))?.partial.close();
    expect([source.read("victim").toString(), tree.sha256("x.part")]).toEqual(["mine", adoption.sha256]);
  });

  it.skipIf(!canMakeSmallDisk())("that the disk has no room for is given up, and what was begun stays", async () => {
    const disk = makeSmallDisk(2_000_000);
    const { tree, adoption } = prepare({}, disk.path);
    tree.write("x.part", "begun");
    expect(await adopt(adoption)).toBeUndefined();
    expect(tree.files()).toEqual(["x.part"]);
  });
});
