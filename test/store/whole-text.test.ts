/** Files that are replaced as a whole. */
import { chmodSync, lstatSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createWhole, removeDrafts, replaceWhole } from "../../src/store/whole-text.js";
import { makeTree, type Tree } from "../helpers/tree.js";

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

  it("clears away what was given up of writing it before, and no draft that somebody may still be writing", async () => {
    const tree = makeTree();
    const others = ["a.json.mine.new", "a.json.ffffffff.new", "b.json.0a1b2c3d.new"];
    for (const name of ["a.json", "a.json.0a1b2c3d.new", ...others]) tree.write(name, name);
    const longAgo = Date.now() / 1000 - 120;
    for (const name of tree.files()) if (!name.includes("ffffffff")) utimesSync(tree.path(name), longAgo, longAgo);
    await replaceWhole(tree.path("a.json"), "after");
    expect(tree.files()).toEqual(["a.json", ...others].sort());
  });

  it.each(["new", "there already"])("is never seen half by anybody while it is written, being %s", async (state) => {
    const tree = makeTree();
    const path = tree.path("a.json");
    const [before, after] = ["before", "x".repeat(32 * 2 ** 20)];
    if (state !== "new") tree.write("a.json", before);
    const sizes = new Set<number | undefined>();
    let halves = 0;
    let done = false;
    const writing = (state === "new" ? createWhole(path, after) : replaceWhole(path, after)).finally(() => {
      done = true;
    });
    while (!done) {
      sizes.add(statSync(path, { throwIfNoEntry: false })?.size);
      const [draft] = tree.files().filter((name) => name.endsWith(".new"));
      const written = draft && statSync(tree.path(draft), { throwIfNoEntry: false })?.size;
      if (written && written < after.length) halves++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    // A kill at any of these moments would have left what was seen then.
    expect(halves).toBeGreaterThan(0);
    const kept = state === "new" ? undefined : before.length;
    expect([...sizes].filter((size) => size !== kept && size !== after.length)).toEqual([]);
    expect([statSync(path).size, tree.files()]).toEqual([after.length, ["a.json"]]);
  });

  it.each<[string, (tree: Tree) => void]>([
    ["a file", (tree) => tree.write("a.json", "theirs")],
    ["a folder", (tree) => tree.write("a.json/b", "theirs")],
    ["a link to nothing", (tree) => symlinkSync("none", tree.path("a.json"))],
  ])("is not begun where %s stands, which stays", async (_, stand) => {
    const tree = makeTree();
    stand(tree);
    const before = [tree.files(), lstatSync(tree.path("a.json")).ino];
    expect(await createWhole(tree.path("a.json"), "ours")).toBe(false);
    expect([tree.files(), lstatSync(tree.path("a.json")).ino]).toEqual(before);
    expect(tree.exists("none")).toBe(false);
  });

  it("is begun in a folder that is not there yet", async () => {
    const tree = makeTree();
    expect(await createWhole(tree.path("deep/er/a.json"), "text")).toBe(true);
    expect(await createWhole(tree.path("deep/er/a.json"), "other")).toBe(false);
    expect(tree.read("deep/er/a.json").toString()).toBe("text");
  });
});
