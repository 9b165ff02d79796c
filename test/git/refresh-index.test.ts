/** Git's index after pointers became files: told of them where that changes nothing that is staged, and of nothing else. */
import { chmodSync } from "node:fs";
import process from "node:process";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { refreshIndex } from "../../src/git/refresh-index.js";
import { GIT_ENV, git, hasGit } from "../helpers/git.js";
import { makeTree } from "../helpers/tree.js";

const POINTER = "the pointer\n";

/** A repository in which `x.bin` is committed as a pointer, and a filter makes a pointer of any content. */
async function repository(attributes: string) {
  const tree = makeTree();
  await git(tree.root, ["init", "-q", "-b", "main"]);
  tree.write(".gitattributes", attributes);
  tree.write("x.bin", POINTER);
  await git(tree.root, ["add", "."]);
  await git(tree.root, ["commit", "-q", "-m", "first"]);
  await git(tree.root, ["config", "filter.lfs.clean", "cat >/dev/null; printf 'the pointer\\n'"]);
  tree.write("x.bin", "content that is longer than the pointer");
  return tree;
}

const facts = async (root: string) => [
  await git(root, ["diff", "--cached", "--name-only"]),
  await git(root, ["status", "--porcelain"]),
];
const file = { path: "x.bin", pointer: POINTER, executable: undefined };

beforeEach(() => {
  for (const [name, value] of Object.entries(GIT_ENV)) vi.stubEnv(name, value);
  return () => {
    vi.unstubAllEnvs();
  };
});

describe.skipIf(!hasGit || process.platform === "win32")("the index", () => {
  it("takes a file that the filter turns into what is staged", async () => {
    const { root } = await repository("*.bin filter=lfs\n");
    expect(await facts(root)).toEqual(["", " M x.bin\n"]);
    await refreshIndex(root, [file]);
    expect(await facts(root)).toEqual(["", ""]);
  });

  it("does not stage content where no filter applies", async () => {
    const { root } = await repository("");
    await refreshIndex(root, [file]);
    expect(await facts(root)).toEqual(["", " M x.bin\n"]);
  });

  it("does not stage content where the filter fails", async () => {
    const { root } = await repository("*.bin filter=lfs\n");
    await git(root, ["config", "filter.lfs.clean", "exit 1"]);
    await refreshIndex(root, [file]);
    expect(await git(root, ["diff", "--cached", "--name-only"])).toBe("");
  });

  it("does not stage a pointer that is another one than is staged", async () => {
    const { root } = await repository("*.bin filter=lfs\n");
    await refreshIndex(root, [{ ...file, pointer: "another pointer\n" }]);
    expect(await facts(root)).toEqual(["", " M x.bin\n"]);
  });

  it("does not stage a change of the mode, and adds no file that is not tracked", async () => {
    const tree = await repository("*.bin filter=lfs\n");
    chmodSync(tree.path("x.bin"), 0o755);
    tree.write("new.bin", "content");
    await refreshIndex(tree.root, [
      { ...file, executable: true },
      { ...file, path: "new.bin" },
    ]);
    expect(await git(tree.root, ["diff", "--cached", "--name-only"])).toBe("");
    expect(await git(tree.root, ["ls-files"])).toBe(".gitattributes\nx.bin\n");
  });

  it("is left alone outside a repository", async () => {
    await expect(refreshIndex(makeTree().root, [file])).resolves.toBeUndefined();
  });
});
