/** `assets lfs hydrate` through the real program, with a real server and real repositories. */
import { chmodSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { GIT_ENV, git, hasLfs } from "../helpers/git.js";
import { errorOf, hydrate } from "../helpers/hydrate.js";
import { runInProcess } from "../helpers/in-process.js";
import { lfsRepository } from "../helpers/lfs-repository.js";
import { startLfsServer } from "../helpers/lfs-server.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 200_000, seed: 1 };
const onWindows = process.platform === "win32";

describe("with no git installed", () => {
  it("pointers become the files that the server has, all asked for at once, their modes kept", async () => {
    const bodies = { "a.bin": BODY, "deep/b.bin": "small", "run.sh": "#!/bin/sh\n" };
    const { server, tree, oids } = await lfsRepository(bodies);
    chmodSync(tree.path("run.sh"), 0o755);
    const { code, stdout } = await hydrate(tree);
    expect(code).toBe(0);
    expect(stdout).toContain("3 downloaded and verified");
    for (const [path, oid] of Object.entries(oids)) expect([path, tree.sha256(path)]).toEqual([path, oid]);
    if (!onWindows) expect(statSync(tree.path("run.sh")).mode & 0o777).toBe(0o755);
    expect(server.batches.map(({ path, objects }) => [path, objects.length])).toEqual([
      ["/o/r.git/info/lfs/objects/batch", 3],
    ]);
    expect(server.batches[0]?.body).toMatchObject({
      operation: "download",
      transfers: ["basic"],
      ref: { name: "refs/heads/main" },
      hash_algo: "sha256",
    });
    expect(tree.leftovers()).toEqual([]);
  });

  it("only those below the paths that are named", async () => {
    const { tree, server } = await lfsRepository({ "a/x.bin": "one", "b/x.bin": "two" });
    expect((await hydrate(tree, ["b"])).code).toBe(0);
    expect([tree.read("b/x.bin").toString(), server.downloads.length]).toEqual(["two", 1]);
    expect(tree.read("a/x.bin").toString()).toContain("oid sha256:");
  });

  it("from git-lfs's own store, Hugging Face's cache or another checkout, without asking the server", async () => {
    const { tree, server, oids } = await lfsRepository({ "a.bin": BODY, "b.bin": "bee", "c.bin": "sea" });
    const [a = "", b = ""] = [oids["a.bin"], oids["b.bin"]];
    tree.write(`.git/lfs/objects/${a.slice(0, 2)}/${a.slice(2, 4)}/${a}`, BODY);
    tree.write(`.git/hub/models--o--n/blobs/${b}`, "bee");
    const second = makeTree();
    second.write("c.bin", "sea");
    const env = { HF_HUB_CACHE: tree.path(".git/hub"), ASSETS_REFERENCE: second.root };
    const { code, stdout } = await hydrate(tree, ["--offline"], env);
    expect([code, server.batches]).toEqual([0, []]);
    expect(stdout).toContain("3 copied from elsewhere on this machine");
    expect(tree.read("c.bin").toString()).toBe("sea");
  });

  it("from the store of the submodule that they lie in, below a manifest of the repository around it", async () => {
    const { tree, server, oids } = await lfsRepository({ "sub/a.bin": BODY, "b.bin": "bee" });
    const [a = "", b = ""] = [oids["sub/a.bin"], oids["b.bin"]];
    tree.manifestFor({ "c.bin": { url: `${server.origin}/c`, body: "sea" } });
    tree.write("sub/.git", "gitdir: ../.git/modules/sub\n");
    tree.write(".git/modules/sub/HEAD", "ref: refs/heads/main\n");
    mkdirSync(tree.path(".git/modules/sub/objects"));
    tree.write(`.git/modules/sub/lfs/objects/${a.slice(0, 2)}/${a.slice(2, 4)}/${a}`, BODY);
    tree.write(`.git/lfs/objects/${b.slice(0, 2)}/${b.slice(2, 4)}/${b}`, "bee");
    expect((await hydrate(tree, ["--offline"])).code).toBe(0);
    expect([tree.sha256("sub/a.bin"), tree.sha256("b.bin")]).toEqual([a, b]);
  });

  it("from the URLs that a manifest has for the same bytes, before the server is asked", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY });
    const { oid } = server.add(BODY);
    tree.manifestFor({ "elsewhere.bin": { url: `${server.origin}/objects/${oid}`, body: BODY } });
    expect((await hydrate(tree)).code).toBe(0);
    expect([tree.sha256("a.bin"), server.batches, tree.exists("elsewhere.bin")]).toEqual([oid, [], false]);
  });

  it("from a remote that is a folder, also with --no-reuse, and without the ending of its name", async () => {
    const { tree, oids } = await lfsRepository({ "a.bin": BODY });
    const remote = makeTree();
    const { "a.bin": a = "" } = oids;
    remote.write("r.git/HEAD", "ref: refs/heads/main\n");
    mkdirSync(remote.path("r.git/objects"));
    tree.write(".git/config", `[remote "origin"]\n\turl = ${remote.path("r").split("\\").join("/")}\n`);
    const missing = await errorOf(tree);
    expect(missing.message).toBe(
      `Its content is nowhere on this machine, and its remote, ${remote.path("r")}, does not have it.`,
    );
    remote.write(`r.git/lfs/objects/${a.slice(0, 2)}/${a.slice(2, 4)}/${a}`, BODY);
    expect([(await hydrate(tree, ["--no-reuse"])).code, tree.sha256("a.bin")]).toEqual([0, a]);
  });

  it("and it is said when the remote is no repository, or this machine was not searched", async () => {
    const { tree } = await lfsRepository({ "a.bin": BODY });
    tree.write(".git/config", '[remote "origin"]\n\turl = ../nowhere/at/all\n');
    expect((await errorOf(tree)).message).toMatch(/nowhere on this machine, and its remote, .*, is no repository/);
    const error = await errorOf(tree, { ASSETS_NO_REUSE: "1" });
    expect(error.message).toContain("This machine was not searched");
    expect(error.hint).toContain("without --no-reuse");
  });

  it("of the same bytes one is fetched, and the other copied", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY, "b.bin": BODY });
    const { stdout } = await hydrate(tree, ["--json"]);
    expect(JSON.parse(stdout).totals).toMatchObject({ downloaded: 1, reused: 1 });
    expect(server.downloads).toHaveLength(1);
  });

  it("by hundreds, a hundred at a time", async () => {
    const bodies = Object.fromEntries(Array.from({ length: 230 }, (_, index) => [`f/${index}`, `body ${index}`]));
    const { tree, server } = await lfsRepository(bodies);
    expect((await hydrate(tree)).code).toBe(0);
    expect(server.batches.map(({ objects }) => objects.length).sort()).toEqual([100, 100, 30]);
    expect(tree.read("f/229").toString()).toBe("body 229");
  });

  it("in smaller batches where the server wants them", async () => {
    const bodies = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f/${index}`, `body ${index}`]));
    const { tree, server } = await lfsRepository(bodies, { most: 12 });
    expect((await hydrate(tree)).code).toBe(0);
    expect(server.downloads).toHaveLength(40);
  });

  it("nothing is written by a dry run, which says what would be done", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY });
    const before = tree.files();
    const { code, stdout } = await hydrate(tree, ["--dry-run"]);
    expect([code, server.batches, tree.files()]).toEqual([0, [], before]);
    expect(stdout).toMatch(/replace +200 kB +a\.bin/);
  });

  it("and a tree without pointers is left alone", async () => {
    const { tree } = await lfsRepository({});
    expect(await hydrate(tree)).toMatchObject({ code: 0, stdout: expect.stringContaining("No Git LFS pointers") });
  });

  it("paths are told from the folder that the command runs in", async () => {
    const { tree } = await lfsRepository({ "a/b/x.bin": "one", "y.bin": "two" });
    const { stdout } = await runInProcess(["lfs", "hydrate", "--json", ".."], {
      cwd: tree.path("a"),
      env: { PATH: "" },
    });
    const paths = JSON.parse(stdout).outcomes.map(({ path }: { path: string }) => path);
    expect(paths).toEqual([tree.path("y.bin").split("\\").join("/"), "b/x.bin"]);
  });
});

describe("what comes of a pointer that cannot be turned into its file", () => {
  it("is told of what the pointer states, where no manifest pins anything", async () => {
    const { tree, server, oids } = await lfsRepository({ "a.bin": BODY, "b.bin": "b" });
    const entry = (oid: string) => {
      const href = `${server.origin}/${oid === oids["a.bin"] ? "short" : "other"}`;
      return { oid, size: oid === oids["a.bin"] ? 200_000 : 1, actions: { download: { href } } };
    };
    server.behaviour = { entry };
    server.files.set("/short", Buffer.alloc(3000)).set("/other", "x");
    const { stdout } = await hydrate(tree, ["--json", "--retries", "0"]);
    const [a, b] = JSON.parse(stdout).outcomes;
    expect(a.error).toMatchObject({
      code: "SIZE_MISMATCH",
      message: `${server.origin}/short announces 3000 bytes where 200000 are expected.`,
    });
    expect(b.error).toMatchObject({
      code: "DIGEST_MISMATCH",
      hint: "It is not what the pointer states. Where another checkout has it: ASSETS_REFERENCE=FOLDER assets lfs hydrate",
    });
    expect(stdout).not.toMatch(/manifest pins|publisher/);
  });

  it.skipIf(onWindows)("is told by the path that was typed, and where a link leads to", async () => {
    const [tree, outside] = [makeTree(), makeTree()];
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 30021\n`;
    outside.write("deep/a.bin", pointer);
    symlinkSync(outside.root, tree.path("linked"));
    const { code, stdout, stderr } = await hydrate(tree, ["--json", "linked"]);
    const [outcome] = JSON.parse(stdout).outcomes;
    expect([code, outcome.path]).toEqual([4, "linked/deep/a.bin"]);
    expect(outcome.error.message).toBe(
      `Its content is nowhere on this machine, and it lies behind a link, in ${outside.root}, which belongs to no git repository that could name a server.`,
    );
    expect(stderr).toContain("failed linked/deep/a.bin");
  });
});

describe.skipIf(!hasLfs)("in a repository that git-lfs made", () => {
  const PATHS = ["a.bin", "deep/folder/b.bin", "name with space.bin"];

  /** A clone with pointers in it, and the folder that it was cloned from. */
  async function clone() {
    const tree = makeTree();
    const [source, target] = [tree.path("source"), tree.path("clone")];
    mkdirSync(source);
    await git(source, ["init", "-q", "-b", "main"]);
    await git(source, ["lfs", "install", "--local"]);
    await git(source, ["lfs", "track", "*.bin"]);
    PATHS.forEach((path, index) => {
      tree.write(`source/${path}`, { size: 50_000 + index, seed: index });
    });
    chmodSync(tree.path("source/a.bin"), 0o755);
    await git(source, ["add", "."]);
    await git(source, ["commit", "-q", "-m", "files"]);
    await git(tree.root, ["clone", "-q", source, target], { GIT_LFS_SKIP_SMUDGE: "1" });
    await git(target, ["lfs", "install", "--local", "--skip-smudge"]);
    return { tree, target };
  }
  const run = (cwd: string, args: string[] = []) =>
    runInProcess(["lfs", "hydrate", ...args], { cwd, env: { ...GIT_ENV, PATH: process.env.PATH ?? "" } });

  it("puts there what `git lfs pull` puts there, and `git status` shows no change", async () => {
    const { tree, target } = await clone();
    const server = await startLfsServer();
    PATHS.forEach((_, index) => {
      server.add({ size: 50_000 + index, seed: index });
    });
    await git(target, ["config", "lfs.url", server.endpoint]);
    expect(tree.read("clone/a.bin").toString()).toContain("oid sha256:");
    expect((await run(target)).code).toBe(0);
    const facts = () => PATHS.map((path) => [tree.sha256(`clone/${path}`), statSync(tree.path(`clone/${path}`)).mode]);
    const ours = facts();
    expect(await git(target, ["status", "--porcelain"])).toBe("");
    expect(await git(target, ["diff-files", "--name-only"])).toBe("");
    for (const path of PATHS) tree.remove(`clone/${path}`);
    await git(target, ["checkout", "--", "."]);
    await git(target, ["-c", "filter.lfs.smudge=git-lfs smudge -- %f", "lfs", "pull"]);
    expect(facts()).toEqual(ours);
    expect(server.downloads).toHaveLength(PATHS.length);
  });

  it("takes the objects of a remote that is a folder, as git-lfs does", async () => {
    const { tree, target } = await clone();
    expect((await run(target)).code).toBe(0);
    expect(tree.sha256("clone/a.bin")).toBe(tree.sha256("source/a.bin"));
    expect(await git(target, ["status", "--porcelain"])).toBe("");
  });

  it("takes the objects of the main worktree in a linked one", async () => {
    const { tree, target } = await clone();
    await git(target, ["lfs", "fetch"]);
    await git(target, ["worktree", "add", "-q", tree.path("linked")], { GIT_LFS_SKIP_SMUDGE: "1" });
    await git(target, ["remote", "remove", "origin"]);
    expect((await run(tree.path("linked"), ["--offline"])).code).toBe(0);
    expect(tree.sha256("linked/a.bin")).toBe(tree.sha256("source/a.bin"));
    expect(await git(tree.path("linked"), ["status", "--porcelain"])).toBe("");
  });

  it.skipIf(onWindows)("works on the repository that it runs in, from a hook of another one too", async () => {
    const { tree, target } = await clone();
    const server = await startLfsServer();
    for (const [index] of PATHS.entries()) server.add({ size: 50_000 + index, seed: index });
    await git(target, ["config", "lfs.url", server.endpoint]);
    // In a linked worktree git tells hooks where its folder and its index are.
    const other = tree.path("other");
    await git(tree.root, ["init", "-q", other]);
    await git(other, ["config", "lfs.url", `${server.origin}/other`]);
    await git(other, ["commit", "-q", "--allow-empty", "-m", "first"]);
    await git(other, ["worktree", "add", "-q", tree.path("linked")]);
    const bin = fileURLToPath(new URL("../../bin/assets.js", import.meta.url));
    const command = `env > '${tree.path("env")}'; cd '${target}' && '${process.execPath}' '${bin}' lfs hydrate`;
    tree.write("other/.git/hooks/post-commit", `#!/bin/sh\n${command} > '${tree.path("said")}' 2>&1\n`);
    chmodSync(tree.path("other/.git/hooks/post-commit"), 0o755);
    await git(tree.path("linked"), ["commit", "-q", "--allow-empty", "-m", "second"]);
    expect(tree.read("env").toString()).toMatch(/^GIT_DIR=.*other/m);
    expect(tree.read("said").toString()).toContain(`${PATHS.length} downloaded and verified`);
    expect(await git(target, ["status", "--porcelain"])).toBe("");
  });

  it("says so where git has no filter, and would call the files changed", async () => {
    const { target } = await clone();
    await git(target, ["lfs", "uninstall", "--local"]);
    expect((await run(target)).stderr).toContain("git lfs install");
  });
});
