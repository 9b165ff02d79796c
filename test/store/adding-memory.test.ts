/** Where files were being fetched from that no manifest named yet. */
import { describe, expect, it } from "vitest";
import { forgetAdding, noteAdding, recallAdding } from "../../src/store/adding-memory.js";
import { makeTree } from "../helpers/tree.js";

describe("what is being added", () => {
  it("is remembered of every run, however many begin or end at once", async () => {
    const { root } = makeTree();
    const paths = ["a", "b", "c", "d", "e"];
    const url = (path: string) => `https://x.example/${path}`;
    await Promise.all(paths.map((path) => noteAdding(root, [{ path, url: url(path) }])));
    const isNoted = await recallAdding(root);
    expect(paths.filter((path) => isNoted(path, url(path)))).toEqual(paths);
    expect(isNoted("a", url("b"))).toBe(false);
    await Promise.all([
      forgetAdding(root, ["a"]),
      forgetAdding(root, ["b"]),
      noteAdding(root, [{ path: "f", url: url("f") }]),
    ]);
    const isLeft = await recallAdding(root);
    expect([...paths, "f"].filter((path) => isLeft(path, url(path)))).toEqual(["c", "d", "e", "f"]);
  });
});
