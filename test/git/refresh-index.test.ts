/** Git's index after pointers became files: told of them where that changes nothing that is staged, and of nothing else. */
import { chmodSync } from "node:fs";
import process from "node:process";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { refreshIndex } from "../../src/git/refresh-index.js";
import { formatPointer } from "../../src/lfs-pointer.js";
import { sha256Of } from "../helpers/content.js";
import { GIT_ENV, git, hasGit } from "../helpers/git.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const CONTENT = "content that is longer than the pointer ".repeat(9);
const pointerOf = (content: string) => formatPointer({ oid: sha256Of(content), size: content.length });

/** A repository in which `x.bin` and `d/y.bin` are committed as pointers, and a filter makes that pointer of any content. */
async function repository(attributes: string) {
  const tree = makeTree();
  await git(tree.root, ["init", "-q", "-b", "main"]);
  tree.write(".gitattributes", attributes);
  for (const path of ["x.bin", "d/y.bin"]) tree.write(path, pointerOf(CONTENT));
  await git(tree.root, ["add", "."]);
  await git(tree.root, ["commit", "-q", "-m", "first"]);
  const clean = pointerOf(CONTENT).replaceAll("\n", "\\n");
  await git(tree.root, ["config", "filter.lfs.clean", `cat >/dev/null; printf '${clean}'`]);
  for (const path of ["x.bin", "d/y.bin"]) tree.write(path, CONTENT);
  return tree;
}

const refresh = ({ root, sha256 }: Tree, paths?: string[]) =>
  refreshIndex(root, { digestOf: async (path) => sha256(path), ...(paths && { paths }) });
const facts = async ({ root }: Tree) => [
  await git(root, ["diff", "--cached", "--name-only"]),
  await git(root, ["diff-files", "--name-only"]),
];

beforeEach(() => {
  for (const [name, value] of Object.entries(GIT_ENV)) vi.stubEnv(name, value);
  return () => {
    vi.unstubAllEnvs();
  };
});

describe.skipIf(!hasGit || process.platform === "win32")("the index", () => {
  it("takes files that have the content of their staged pointers, whoever put it there", async () => {
    const tree = await repository("*.bin filter=lfs\n");
    expect(await facts(tree)).toEqual(["", "d/y.bin\nx.bin\n"]);
    expect(await refresh(tree)).toEqual([]);
    expect(await facts(tree)).toEqual(["", ""]);
  });

  it("is told of the searched places only", async () => {
    const tree = await repository("*.bin filter=lfs\n");
    await refresh(tree, ["d"]);
    expect(await facts(tree)).toEqual(["", "x.bin\n"]);
  });

  it("does not stage what the user changed, though it has the pointer's size", async () => {
    const tree = await repository("*.bin filter=lfs\n");
    tree.write("x.bin", CONTENT.toUpperCase());
    await refresh(tree);
    expect(await facts(tree)).toEqual(["", "x.bin\n"]);
  });

  it("does not stage content where no filter applies", async () => {
    const tree = await repository("");
    expect(await refresh(tree)).toEqual([]);
    expect(await facts(tree)).toEqual(["", "d/y.bin\nx.bin\n"]);
  });

  it("does not stage content where the filter fails, and says so", async () => {
    const tree = await repository("*.bin filter=lfs\n");
    await git(tree.root, ["config", "filter.lfs.clean", "exit 1"]);
    expect(await refresh(tree)).toEqual(["d/y.bin", "x.bin"]);
    expect((await facts(tree))[0]).toBe("");
  });

  it("says which files it could not be told of while another git holds it", async () => {
    const tree = await repository("*.bin filter=lfs\n");
    tree.write(".git/index.lock", "");
    expect(await refresh(tree, ["x.bin"])).toEqual(["x.bin"]);
    tree.remove(".git/index.lock");
    expect(await refresh(tree)).toEqual([]);
    expect(await facts(tree)).toEqual(["", ""]);
  });

  it("does not stage a pointer of an older form, nor content that is staged itself", async () => {
    const tree = makeTree();
    await git(tree.root, ["init", "-q", "-b", "main"]);
    tree.write(".gitattributes", "*.bin filter=lfs\n");
    tree.write("x.bin", pointerOf(CONTENT).replace("git-lfs", "hawser"));
    tree.write("y.bin", Buffer.from([200, 201, 10, 0, 255]));
    await git(tree.root, ["add", "."]);
    await git(tree.root, ["config", "filter.lfs.clean", "cat"]);
    for (const path of ["x.bin", "y.bin"]) tree.write(path, CONTENT);
    expect(await refresh(tree)).toEqual([]);
    expect((await facts(tree))[1]).toBe("x.bin\ny.bin\n");
  });

  it("does not stage a change of the mode, and adds no file that is not tracked", async () => {
    const tree = await repository("*.bin filter=lfs\n");
    chmodSync(tree.path("x.bin"), 0o755);
    tree.write("new.bin", CONTENT);
    await refresh(tree);
    expect(await facts(tree)).toEqual(["", "x.bin\n"]);
    expect(await git(tree.root, ["ls-files"])).toBe(".gitattributes\nd/y.bin\nx.bin\n");
  });

  it("is left alone outside a repository", async () => {
    expect(await refresh(makeTree())).toEqual([]);
  });
});
