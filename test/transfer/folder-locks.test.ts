/** The lock that the small files of a folder share. */
import { describe, expect, it, vi } from "vitest";
import { createTargets } from "../../src/store/target.js";
import { createFolderLocks } from "../../src/transfer/folder-locks.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const locksOf = ({ root }: Tree) =>
  createFolderLocks(root, createTargets(root), { timeoutMs: 5_000, signal: new AbortController().signal });

describe("the small files of a folder", () => {
  it("never wait for the lock that their own run is giving back", async () => {
    const locks = locksOf(makeTree());
    const onWait = vi.fn();
    for (let n = 0; n < 20; n++) {
      const place = await locks.take("a/1.bin", onWait);
      const released = place.release();
      const next = await locks.take("a/2.bin", onWait);
      await released;
      await next.release();
    }
    expect(onWait).not.toHaveBeenCalled();
  });

  it("are told to look for what earlier runs left where a folder has any of it, or may have got it since", async () => {
    const tree = makeTree();
    tree.write("left/1.bin.0123456789ab.part", "x");
    tree.write("new/1.bin", "x");
    const locks = locksOf(tree);
    const isClean = async (path: string) => {
      const place = await locks.take(path, () => {});
      await place.release();
      return place.isClean;
    };
    expect([await isClean("left/1.bin"), await isClean("new/2.bin"), await isClean("none/1.bin")]).toEqual([
      false,
      true,
      true,
    ]);
    expect(await isClean("new/3.bin")).toBe(false);
  });
});
