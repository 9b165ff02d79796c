/** Unfinished downloads that nobody comes back for. */
import { mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { expect, it } from "vitest";
import { createOrphans, sweepArchives } from "../../src/store/orphans.js";
import { run } from "../helpers/run.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const KEY = "0123456789ab";
const DAY_S = 24 * 3600;

function project() {
  const tree = makeTree();
  tree.write("from/a.txt", "aaa");
  tree.manifestFor({ "to/a.bin": { url: "from/a.txt", body: "aaa" } });
  return tree;
}

it("a partial of an earlier pin is removed once the file of the new one is in its place, and that is told", async () => {
  const tree = project();
  tree.write(`to/a.bin.${KEY}.part`, "12345");
  tree.write(`to/a.bin.${KEY}.part.json`, "{}");
  tree.write(`to/a.bin.${KEY}.part.0a1b2c3d`, "678");
  const { events } = await run(tree);
  expect(tree.files().filter((name) => name.startsWith("to/"))).toEqual(["to/a.bin"]);
  const message = expect.stringContaining("8 bytes of an unfinished download");
  expect(events).toContainEqual({ type: "warning", path: "to/a.bin", message });
});

it("it stays when the file cannot be had", async () => {
  const tree = project();
  tree.remove("from/a.txt");
  tree.write(`to/a.bin.${KEY}.part`, "12345");
  expect((await run(tree)).exitCode).not.toBe(0);
  expect(tree.leftovers()).toEqual([`to/a.bin.${KEY}.part`]);
});

it("nothing is removed that has another name, is no regular file, or is itself a file of the manifest", async () => {
  const tree = makeTree();
  const others = [
    `b.bin.${KEY}.part`,
    `a.bin.${KEY}`,
    "a.bin.part",
    "a.bin.0123.part",
    `a.bin.${KEY}.aaaaaaaaaaaa.part`,
  ];
  for (const name of others) tree.write(name, "x");
  const own = tree.write("a.bin.aaaaaaaaaaaa.part", "an asset");
  symlinkSync(tree.path(`a.bin.${KEY}`), tree.path("a.bin.bbbbbbbbbbbb.part"));
  mkdirSync(tree.path("a.bin.cccccccccccc.part"));
  const before = tree.files();
  expect(await createOrphans((path) => path === own).remove(tree.path("a.bin"))).toBe(0);
  expect(tree.files()).toEqual(before);
});

/** Puts an archive in place, last touched so many days ago. */
function leaveArchive(tree: Tree, name: string, days: number, lockDays?: number): void {
  const touch = (path: string, ago: number) => utimesSync(path, Date.now() / 1000, Date.now() / 1000 - ago * DAY_S);
  touch(tree.write(`.assets/archives/${name}`, "x"), days);
  if (lockDays !== undefined) touch(tree.write(`.assets/locks/${name}.lock`, "{}"), lockDays);
}

it("archives are removed a week after the last sign of anybody's interest, and those that are wanted never", async () => {
  const tree = makeTree();
  const name = (digit: string) => digit.repeat(24);
  leaveArchive(tree, name("a"), 8);
  leaveArchive(tree, name("b"), 6);
  leaveArchive(tree, name("c"), 8, 0);
  leaveArchive(tree, name("d"), 30, 20);
  leaveArchive(tree, name("e"), 30);
  leaveArchive(tree, "something-else", 30);
  await sweepArchives(tree.root, new Set([name("e")]));
  const left = tree.files().filter((file) => file.startsWith(".assets/archives/"));
  expect(left).toEqual([name("b"), name("c"), name("e"), "something-else"].map((each) => `.assets/archives/${each}`));
});
