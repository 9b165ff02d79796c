/** What is noted of files that are being added: kept by runs at once, and rid of what killed ones left. */
import { describe, expect, it } from "vitest";
import { forgetAdding, noteAdding, recallAdding } from "../../src/store/adding-memory.js";
import { makeTree } from "../helpers/tree.js";

describe("the notes of files that are being added", () => {
  it("are all there when several are written at once, until each is forgotten", async () => {
    const { root } = makeTree();
    const files = ["a", "b", "c", "d"].map((path) => ({ path, url: `https://x.example/${path}` }));
    await Promise.all(files.map((file) => noteAdding(root, [file])));
    const before = await recallAdding(root);
    expect(files.filter(({ path, url }) => before(path, url))).toEqual(files);
    await Promise.all(files.slice(1).map(({ path }) => forgetAdding(root, [path])));
    const after = await recallAdding(root);
    expect(files.filter(({ path, url }) => after(path, url))).toEqual(files.slice(0, 1));
  });

  it("are written without what a killed run left of writing them, and nothing else goes", async () => {
    const tree = makeTree();
    tree.write(".assets/adding.json.0123abcd.new", "half");
    tree.write(".assets/other.json.0123abcd.new", "of somebody else");
    await noteAdding(tree.root, [{ path: "a", url: "https://x.example/a" }]);
    expect(tree.exists(".assets/adding.json.0123abcd.new")).toBe(false);
    expect(tree.exists(".assets/other.json.0123abcd.new")).toBe(true);
    expect(tree.exists(".assets/adding.json")).toBe(true);
  });
});
