/** Where wanted bytes are looked for, and in which order, in stores laid out as other tools do. */
import { spawnSync } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { createElsewhere } from "../../src/elsewhere/index.js";
import { repositoryAt } from "../../src/git/repository.js";
import { sha256Of } from "../helpers/content.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const SHA = sha256Of("content");
const OBJECT = `lfs/objects/${SHA.slice(0, 2)}/${SHA.slice(2, 4)}/${SHA}`;
const hasGit = spawnSync("git", ["--version"]).status === 0;

function git(folder: string, ...args: string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const { status, stderr } = spawnSync("git", [...identity, "-C", folder, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

/** What lies there, of all places that are told. */
async function foundFrom(tree: Tree, root: string, env: Record<string, string> = {}, files: string[] = []) {
  const pinned = files.map((path) => ({ path, sha256: SHA }));
  const user = { env: { GIT_CONFIG_NOSYSTEM: "1", ...env }, home: tree.path("home") };
  const elsewhere = createElsewhere({ root: tree.path(root), files: pinned, user });
  const told = (await elsewhere())({ sha256: SHA, path: "m/x.bin" });
  return told.filter(({ path }) => path.startsWith(tree.root) && tree.exists(relative(tree.root, path)));
}

const pathsFrom = async (...args: Parameters<typeof foundFrom>) =>
  (await foundFrom(...args)).map(({ path }) => relative(args[0].root, path));

/** A git folder as little as git-lfs needs of it. */
function gitFolder(tree: Tree, path: string): void {
  mkdirSync(tree.path(`${path}/objects`), { recursive: true });
  tree.write(`${path}/HEAD`, "ref: refs/heads/main\n");
}

describe("bytes are looked for", () => {
  it("under other names of the tree, in git-lfs's store, Hugging Face's cache, Ollama's models, other checkouts", async () => {
    const tree = makeTree();
    gitFolder(tree, "repo/.git");
    tree.write("repo/other.bin", "content");
    tree.write(`repo/.git/${OBJECT}`, "content");
    tree.write(`home/.cache/huggingface/hub/models--o--n/blobs/${SHA}`, "content");
    tree.write(`home/.ollama/models/blobs/sha256-${SHA}`, "content");
    tree.write("second/m/x.bin", "content");
    const env = { ASSETS_REFERENCE: [tree.path("none"), tree.path("second")].join(delimiter) };
    expect(await pathsFrom(tree, "repo", env, ["other.bin", "m/x.bin"])).toEqual([
      "repo/other.bin",
      `repo/.git/${OBJECT}`,
      `home/.cache/huggingface/hub/models--o--n/blobs/${SHA}`,
      `home/.ollama/models/blobs/sha256-${SHA}`,
      "second/m/x.bin",
    ]);
  });

  it("where the variables of Hugging Face and Ollama say", async () => {
    const tree = makeTree();
    tree.write(`hub/datasets--o--n/blobs/${SHA}`, "content");
    tree.write(`hf/hub/models--o--n/blobs/${SHA}`, "content");
    tree.write(`ollama/blobs/sha256-${SHA}`, "content");
    const hub = { HF_HUB_CACHE: tree.path("hub"), HF_HOME: tree.path("hf") };
    expect(await pathsFrom(tree, ".", hub)).toEqual([`hub/datasets--o--n/blobs/${SHA}`]);
    const home = { HF_HOME: tree.path("hf"), OLLAMA_MODELS: tree.path("ollama") };
    expect(await pathsFrom(tree, ".", home)).toEqual([
      `hf/hub/models--o--n/blobs/${SHA}`,
      `ollama/blobs/sha256-${SHA}`,
    ]);
  });

  it("in the folder that lfs.storage names, from the git folder on, and with its alternates", async () => {
    const tree = makeTree();
    gitFolder(tree, "repo/.git");
    gitFolder(tree, "source/.git");
    tree.write("repo/.git/config", '[core]\n\tbare = false\n[lfs]\n\tstorage = "../big" ; on the large disk\n');
    tree.write("repo/.git/objects/info/alternates", `# borrowed\n${tree.path("source/.git/objects")}\n`);
    const object = OBJECT.slice("lfs/".length);
    tree.write(`repo/big/${object}`, "content");
    tree.write(`source/.git/${OBJECT}`, "content");
    expect(await pathsFrom(tree, "repo")).toEqual([`repo/big/${object}`, `source/.git/${OBJECT}`]);
  });

  it.skipIf(!hasGit)(
    "from a linked worktree in the main one, its store included, and the other way round",
    async () => {
      const tree = makeTree();
      mkdirSync(tree.path("main"));
      git(tree.path("main"), "init", "-q");
      git(tree.path("main"), "commit", "-q", "--allow-empty", "-m", "first");
      git(tree.path("main"), "worktree", "add", "-q", tree.path("linked"));
      tree.write(`main/.git/${OBJECT}`, "content");
      tree.write("main/m/x.bin", "content");
      expect(await pathsFrom(tree, "linked")).toEqual([`main/.git/${OBJECT}`, "main/m/x.bin"]);
      tree.remove("main/m");
      tree.write("linked/m/x.bin", "content");
      expect(await pathsFrom(tree, "main")).toEqual([`main/.git/${OBJECT}`, "linked/m/x.bin"]);
    },
  );

  it("in another checkout wherever its ledger knows the digest, but nowhere outside it", async () => {
    const tree = makeTree();
    gitFolder(tree, "repo/.git");
    const line = (path: string) => JSON.stringify({ path, sha256: SHA });
    tree.write("second/renamed.bin", "content");
    tree.write("outside.bin", "content");
    const env = { ASSETS_REFERENCE: tree.path("second") };
    tree.write("second/.assets/ledger.ndjson", `not JSON\n${line("renamed.bin")}\n`);
    expect(await pathsFrom(tree, "repo", env)).toEqual(["second/renamed.bin"]);
    tree.write("second/.assets/ledger.ndjson", line("../outside.bin"));
    expect(await pathsFrom(tree, "repo", env)).toEqual([]);
  });

  it("of a submodule's file in the stores of both repositories, and under its way from either top", async () => {
    const tree = makeTree();
    gitFolder(tree, "repo/.git");
    gitFolder(tree, "repo/.git/modules/m");
    tree.write("repo/m/.git", "gitdir: ../.git/modules/m\n");
    tree.write(`repo/.git/modules/m/${OBJECT}`, "content");
    tree.write(`repo/.git/${OBJECT}`, "content");
    for (const path of ["module/x.bin", "whole/m/x.bin", "x.bin"]) tree.write(path, "content");
    const repository = await repositoryAt(tree.path("repo/m"));
    const references = ["module", "whole"].map((name) => tree.path(name));
    const env = { GIT_CONFIG_NOSYSTEM: "1", ASSETS_REFERENCE: references.join(delimiter) };
    const user = { env, home: tree.path("home") };
    const elsewhere = await createElsewhere({ root: tree.path("repo"), files: [], repository, user })();
    const told = elsewhere({ sha256: SHA, path: "m/x.bin" });
    const there = told.map(({ path }) => relative(tree.root, path)).filter((path) => tree.exists(path));
    expect(there).toEqual([`repo/.git/modules/m/${OBJECT}`, `repo/.git/${OBJECT}`, "module/x.bin", "whole/m/x.bin"]);
  });

  it("without complaint where .git leads nowhere, is a folder of another kind, or there is none", async () => {
    const tree = makeTree();
    tree.write("a/.git", "gitdir: /nowhere/at/all\n");
    tree.write("b/.git/notes.txt", "no git folder");
    writeFileSync(join(realpathSync(tree.root), "c"), "a file");
    for (const root of ["a", "b", "c", "d"]) expect(await pathsFrom(tree, root)).toEqual([]);
  });

  it("but the file itself is no place of its own", async () => {
    const tree = makeTree();
    tree.write("m/x.bin", "content");
    expect(await pathsFrom(tree, ".", {}, ["m/x.bin"])).toEqual([]);
  });
});
