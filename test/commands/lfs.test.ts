/** Where `findPointers` finds pointers, and where not, in real trees. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, test } from "vitest";
import type { FindPointersOptions } from "../../src/commands/lfs.js";
import { AssetsError } from "../../src/errors.js";
import { MALFORMED, OID, POINTER, pinsOf, search } from "../helpers/pointers.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const onWindows = process.platform === "win32";
async function pathsIn(tree: Tree, options?: Partial<FindPointersOptions>): Promise<string[]> {
  return (await search(tree, options)).pointers.map(({ path }) => path);
}

describe("what is found", () => {
  it("tells kind, oid, size and what is wrong, sorted by path", async () => {
    const tree = makeTree();
    tree.write("models/b.bin", POINTER);
    tree.write("models/a.bin", POINTER.replaceAll("\n", "\r\n"));
    tree.write("c.bin", MALFORMED);
    tree.write("readme.txt", "a text");
    const report = await search(tree);
    expect(report).toMatchObject({ searched: [tree.root], filesExamined: 4, unreadable: [] });
    expect(report.pointers).toEqual([
      { path: "c.bin", kind: "malformed", problem: expect.stringContaining('"many"'), fix: expect.any(String) },
      { path: "models/a.bin", kind: "non-canonical", oid: OID, size: 12345, fix: expect.any(String) },
      { path: "models/b.bin", kind: "pointer", oid: OID, size: 12345, fix: expect.any(String) },
    ]);
  });

  it("includes ignored, hidden and installed places, but nothing in .git", async () => {
    const tree = makeTree();
    tree.write(".gitignore", "ignored\n");
    for (const folder of ["ignored", ".hidden/deep", "node_modules/p", "a.git"]) tree.write(`${folder}/x`, POINTER);
    for (const folder of [".git/lfs", "sub/.git"]) tree.write(`${folder}/x`, POINTER);
    expect(await pathsIn(tree)).toEqual([".hidden/deep/x", "a.git/x", "ignored/x", "node_modules/p/x"]);
  });

  it("is a pointer with 1,023 bytes, and none with 1,024 or with no byte", async () => {
    const tree = makeTree();
    tree.write("1023", POINTER.padEnd(1023, "\n"));
    tree.write("1024", POINTER.padEnd(1024, "\n"));
    tree.write("0", "");
    expect(await search(tree)).toMatchObject({ filesExamined: 3, pointers: [{ path: "1023" }] });
  });

  it("has names of any kind", async () => {
    const names = ["-dash", "[a]{b}(c)!", "it's", " space", "ünï-日本", "..two", "#hash", "~"];
    if (!onWindows)
      names.push("*", '"', "line\nfeed", "fol\nder/in\nner", "back\\slash", ".\\x", "\u001b[2J", "\u2028");
    const tree = makeTree();
    for (const name of names) tree.write(name, POINTER);
    if (!onWindows) tree.write("fol\nder/.git/x", POINTER);
    expect(await pathsIn(tree)).toEqual(names.sort());
  });

  it.skipIf(onWindows)("follows no link, be it to a file, a folder, itself or nothing", async () => {
    const [tree, outside] = [makeTree(), makeTree()];
    outside.write("x", POINTER);
    tree.write("real/x", POINTER);
    symlinkSync(outside.root, tree.path("out"));
    symlinkSync(tree.root, tree.path("real/loop"));
    symlinkSync("real/x", tree.path("link"));
    symlinkSync("nothing", tree.path("broken"));
    symlinkSync("self", tree.path("self"));
    expect(await search(tree)).toMatchObject({ filesExamined: 1, pointers: [{ path: "real/x" }], unreadable: [] });
  });

  it.skipIf(onWindows)("opens no pipe", async () => {
    const tree = makeTree();
    expect(spawnSync("mkfifo", [tree.path("pipe")]).status).toBe(0);
    expect(await search(tree)).toMatchObject({ filesExamined: 0, pointers: [], unreadable: [] });
    const named = await search(tree, { paths: [tree.path("pipe")] });
    expect(named.unreadable).toEqual([{ path: "pipe", reason: "it is neither a file nor a folder" }]);
  });

  it("does not stop at some thousand files", async () => {
    const tree = makeTree();
    for (let folder = 0; folder < 12; folder += 1) {
      mkdirSync(tree.path(`f${folder}/deep`), { recursive: true });
      for (let file = 0; file < 500; file += 1) writeFileSync(tree.path(`f${folder}/${file}`), "");
      writeFileSync(tree.path(`f${folder}/deep/x`), POINTER);
    }
    const report = await search(tree);
    expect(report.filesExamined).toBe(12 * 501);
    expect(report.pointers).toHaveLength(12);
  });
});

describe("what cannot be read is listed", () => {
  const isRoot = process.getuid?.() === 0;
  test.skipIf(onWindows || isRoot)("a folder or a file without permission (root has every permission)", async () => {
    const tree = makeTree();
    for (const name of ["x", "shut/x", "blind"]) tree.write(name, POINTER);
    chmodSync(tree.path("shut"), 0);
    chmodSync(tree.path("blind"), 0);
    const report = await search(tree);
    const reason = "EACCES: permission denied";
    expect(report).toMatchObject({
      pointers: [{ path: "x" }],
      unreadable: [
        { path: "blind", reason },
        { path: "shut", reason },
      ],
    });
  });

  test.skipIf(process.platform !== "linux")("a name that is not UTF-8 (other systems allow none)", async () => {
    const tree = makeTree();
    const bad = (name: string) => Buffer.concat([Buffer.from(join(tree.root, name)), Buffer.of(0xff)]);
    tree.write("x", POINTER);
    writeFileSync(bad("file"), POINTER);
    mkdirSync(bad("folder"));
    const report = await search(tree);
    const reason = "its name is not UTF-8";
    expect(report.pointers).toHaveLength(1);
    expect(report.unreadable).toEqual([
      { path: "file\ufffd", reason },
      { path: "folder\ufffd", reason },
    ]);
    rmSync(bad("folder"), { recursive: true });
  });
});

describe("the paths given", () => {
  it("must be there", async () => {
    const tree = makeTree();
    tree.write("x", POINTER);
    for (const missing of ["gone", "x/below"]) {
      const error = await search(tree, { paths: [tree.root, tree.path(missing)] }).catch((reason) => reason);
      expect(error).toBeInstanceOf(AssetsError);
      expect(error).toMatchObject({ code: "USAGE", message: expect.stringContaining(tree.path(missing)) });
    }
  });

  it("may be files, folders with glob characters in their names, and links", async () => {
    const tree = makeTree();
    tree.write("[a]*/{b}/x", POINTER);
    tree.write("a/b/x", POINTER);
    tree.write("y", POINTER);
    symlinkSync(tree.path("a"), tree.path("link"), "junction");
    expect(await pathsIn(tree, { paths: [tree.path("y"), tree.path("[a]*"), tree.path("link")] })).toEqual([
      "[a]*/{b}/x",
      "link/b/x",
      "y",
    ]);
  });

  it("are searched once where they overlap", async () => {
    const tree = makeTree();
    tree.write("a/b/x", POINTER);
    const paths = ["a/b", "a", "a/b/x", "a"].map(tree.path);
    const report = await search(tree, { paths });
    expect(report).toMatchObject({ searched: [tree.path("a")], filesExamined: 1, pointers: [{ path: "a/b/x" }] });
  });

  it("may lie inside .git, where the search would not go by itself", async () => {
    const tree = makeTree();
    tree.write(".git/x", POINTER);
    expect(await pathsIn(tree, { paths: [tree.root, tree.path(".git")] })).toEqual([".git/x"]);
  });

  it("are reported absolute outside the current folder", async () => {
    const tree = makeTree();
    tree.write("x", POINTER);
    tree.write("here/..x", POINTER);
    const paths = [tree.path("x"), tree.path("here")];
    const absolute = tree.path("x").replaceAll("\\", "/");
    expect((await pathsIn(tree, { cwd: tree.path("here"), paths })).sort()).toEqual(["..x", absolute].sort());
  });

  it("default to the manifest's root, else to the current folder", async () => {
    const tree = makeTree();
    tree.write("x", POINTER);
    tree.write("sub/y", POINTER);
    const cwd = tree.path("sub");
    expect(await pathsIn(tree, { paths: [], cwd })).toEqual(["y"]);
    expect(await pathsIn(tree, { paths: [], cwd, manifest: pinsOf(tree, {}) })).toHaveLength(2);
  });
});

test("an abort ends the search with the signal's reason", async () => {
  const tree = makeTree();
  tree.write("x", POINTER);
  const reason = new AssetsError("ABORTED", "stopped");
  await expect(search(tree, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
