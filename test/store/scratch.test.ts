/** Folders of one process under `.assets/`: whose are removed, and whose are left alone. */
import { existsSync, readdirSync, symlinkSync, utimesSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { makeScratch } from "../../src/store/scratch.js";
import { self } from "../../src/this-process.js";
import { makeTree } from "../helpers/tree.js";

/** More than any system gives out. */
const NOBODY = 2 ** 30;
const HOUR_S = 3600;

function treeWith(name: string, owner: object | undefined, agoS = 0) {
  const tree = makeTree();
  const file = tree.write(`.assets/clones/${name}/owner.json`, owner === undefined ? "" : JSON.stringify(owner));
  tree.write(`.assets/clones/${name}/deep/er/file`, "x");
  const at = Date.now() / 1000 - agoS;
  utimesSync(file, at, at);
  return { tree, folder: tree.path(`.assets/clones/${name}`) };
}

const owner = (more: object = {}) => ({ ...self, token: "t", ...more });
const elsewhere = { place: "another machine", host: "far", pid: process.pid };

describe("a folder of one process", () => {
  it("is there for it alone, ignored by git, and gone when it is removed, twice too", async () => {
    const tree = makeTree();
    const [one, two] = [await makeScratch(tree.root, "clones"), await makeScratch(tree.root, "clones")];
    expect(one.folder).not.toBe(two.folder);
    expect(tree.read(".assets/.gitignore").toString()).toBe("*\n");
    expect(existsSync(one.folder) && existsSync(two.folder)).toBe(true);
    await Promise.all([one.remove(), one.remove(), two.remove()]);
    expect(readdirSync(tree.path(".assets/clones"))).toEqual([]);
  });

  it.each([
    ["a process that is no more", `${NOBODY}-1-0123abcd`, owner({ pid: NOBODY }), 0, false],
    ["an earlier process of the same id", `${process.pid}-1-0123abcd`, owner({ startedAt: 1 }), 0, false],
    ["a process that is there", `${process.ppid}-1-0123abcd`, owner({ pid: process.ppid }), HOUR_S, true],
    ["a process elsewhere that is silent", "7-1-0123abcd", owner(elsewhere), HOUR_S, false],
    ["a process elsewhere that was heard of", "7-1-0123abcd", owner(elsewhere), 60, true],
    ["nobody knows whom, for long", "7-1-0123abcd", undefined, HOUR_S, false],
    ["nobody knows whom, by another name", "something of mine", undefined, HOUR_S, true],
  ])("of %s is looked at by the next one", async (_, name, whose, agoS, stays) => {
    const { tree, folder } = treeWith(name, whose, agoS);
    const own = await makeScratch(tree.root, "clones");
    expect(existsSync(folder)).toBe(stays);
    expect(hostname()).toBe(self.host);
    await own.remove();
  });

  it.skipIf(process.platform === "win32")("is no link, and nothing that a link leads to is removed", async () => {
    const [tree, mine] = [makeTree(), makeTree()];
    mine.write("kept", "x");
    tree.write(".assets/clones/.keep", "");
    symlinkSync(mine.root, tree.path(`.assets/clones/${NOBODY}-1-0123abcd`));
    const { folder } = treeWith(`${NOBODY}-2-0123abcd`, owner({ pid: NOBODY }));
    symlinkSync(mine.root, `${folder}/deep/link`);
    symlinkSync(folder, tree.path(".assets/clones/9-9-0123abcd"));
    await (await makeScratch(tree.root, "clones")).remove();
    expect(mine.exists("kept")).toBe(true);
    const linked = makeTree();
    linked.write(".assets/.gitignore", "*");
    symlinkSync(mine.root, linked.path(".assets/clones"));
    await expect(makeScratch(linked.root, "clones")).rejects.toMatchObject({ code: "UNSAFE_PATH" });
  });
});
