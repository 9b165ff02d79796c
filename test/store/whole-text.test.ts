/** Files that are replaced as a whole. */
import { chmodSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createWhole, removeDrafts, replaceWhole } from "../../src/store/whole-text.js";
import { makeTree } from "../helpers/tree.js";

describe("a file that is replaced as a whole", () => {
  it("keeps its permissions, and leaves no draft", async () => {
    const tree = makeTree();
    tree.write("a.json", "before");
    chmodSync(tree.path("a.json"), 0o640);
    await replaceWhole(tree.path("a.json"), "after");
    expect([tree.read("a.json").toString(), tree.files()]).toEqual(["after", ["a.json"]]);
    expect(statSync(tree.path("a.json")).mode & 0o666).toBe(process.platform === "win32" ? 0o666 : 0o640);
  });

  it("is left alone while it is read-only, which a rename would not ask about", async () => {
    const tree = makeTree();
    tree.write("a.json", "before");
    chmodSync(tree.path("a.json"), 0o444);
    const done = replaceWhole(tree.path("a.json"), "after");
    await expect(done).rejects.toMatchObject({ code: "LOCAL_IO", message: expect.stringContaining("read-only") });
    expect([tree.read("a.json").toString(), tree.files()]).toEqual(["before", ["a.json"]]);
  });

  it("loses the drafts of killed runs and nothing that only looks like them", async () => {
    const tree = makeTree();
    const others = ["a.json", "a.json.new", "a.json.mine.new", "b.json.0a1b2c3d.new", "xa.json.0a1b2c3d.new"];
    for (const name of [...others, "a.json.0a1b2c3d.new", "a.json.ffffffff.new"]) tree.write(name, name);
    await removeDrafts(tree.path("a.json"));
    expect(tree.files()).toEqual(others.sort());
  });

  it("is begun in a folder that is not there yet", async () => {
    const tree = makeTree();
    expect(await createWhole(tree.path("deep/er/a.json"), "text")).toBe(true);
    expect(await createWhole(tree.path("deep/er/a.json"), "other")).toBe(false);
    expect(tree.read("deep/er/a.json").toString()).toBe("text");
  });
});
