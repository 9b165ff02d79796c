/** The command that `findPointers` names for each pointer, run where that can be done. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, symlinkSync } from "node:fs";
import process from "node:process";
import { describe, expect, it, test } from "vitest";
import { findPointers } from "../../src/commands/lfs.js";
import { formatPointer } from "../../src/lfs-pointer.js";
import { selectAssets } from "../../src/manifest/select.js";
import { MALFORMED, OID, OTHER, POINTER, pinsOf, search } from "../helpers/pointers.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const onWindows = process.platform === "win32";
async function fixFor(tree: Tree, path: string, assets: Record<string, Record<string, string | undefined>>) {
  const report = await search(tree, { manifest: pinsOf(tree, assets) });
  const { fix, pinned } = report.pointers.find((pointer) => pointer.path === path) ?? {};
  return { fix, pinned };
}

/** As little of a git folder as makes one. */
function gitFolder(tree: Tree, path: string): void {
  tree.write(`${path}/HEAD`, "ref: refs/heads/main\n");
  mkdirSync(tree.path(`${path}/objects`));
}

describe("a pointer that the manifest pins", () => {
  it("in the same place is fixed by a download", async () => {
    const tree = makeTree();
    tree.write("m/x.bin", POINTER);
    expect(await fixFor(tree, "m/x.bin", { a: { "m/x.bin": OID } })).toEqual({
      fix: "assets download a",
      pinned: { asset: "a", path: "m/x.bin", samePath: true, sameDigest: true },
    });
  });

  it("with other bytes is fixed by a download as well, and the difference is told", async () => {
    const tree = makeTree();
    tree.write("m/x.bin", POINTER);
    expect(await fixFor(tree, "m/x.bin", { z: { y: OID }, a: { "m/x.bin": OTHER } })).toEqual({
      fix: "assets download a",
      pinned: { asset: "a", path: "m/x.bin", samePath: true, sameDigest: false },
    });
  });

  it("as one of several files is downloaded alone", async () => {
    const tree = makeTree();
    tree.write("m/x.bin", POINTER);
    const { fix } = await fixFor(tree, "m/x.bin", { a: { "m/x.bin": OID, "m/y.bin": OTHER } });
    expect(fix).toBe("assets download a --include m/x.bin");
  });

  it("in another place is copied from there after the download", async () => {
    const tree = makeTree();
    tree.write("m/x.bin", POINTER);
    expect(await fixFor(tree, "m/x.bin", { a: { "data/y.bin": OID } })).toEqual({
      fix: "assets download a && cp data/y.bin m/x.bin",
      pinned: { asset: "a", path: "data/y.bin", samePath: false, sameDigest: true },
    });
  });

  it.skipIf(onWindows)("in the same place by way of a link is recognised", async () => {
    const tree = makeTree();
    tree.write("data/x.bin", POINTER);
    symlinkSync("data", tree.path("models"));
    const { pinned } = await fixFor(tree, "data/x.bin", { a: { "models/x.bin": OID } });
    expect(pinned).toMatchObject({ path: "models/x.bin", samePath: true });
  });

  it("is matched by the digest from before its extensions", async () => {
    const tree = makeTree();
    tree.write("x", formatPointer({ oid: OTHER, size: 5, extensions: [{ priority: 0, name: "zip", oid: OID }] }));
    expect((await fixFor(tree, "x", { a: { x: OID } })).pinned).toMatchObject({ sameDigest: true });
    expect((await fixFor(tree, "x", { a: { x: OTHER } })).pinned).toMatchObject({ sameDigest: false });
  });

  it("but is malformed is only replaced by force", async () => {
    const tree = makeTree();
    tree.write("x", MALFORMED);
    const { fix } = await fixFor(tree, "x", { a: { x: OID } });
    expect(fix).toBe("assets download a --force");
  });

  it("is fixed by the program as it was called", async () => {
    const tree = makeTree();
    tree.write("x", POINTER);
    const program = "npx assets --manifest m.json";
    const { pointers } = await search(tree, { program, manifest: pinsOf(tree, { a: { x: OID } }) });
    expect(pointers[0]?.fix).toBe("npx assets --manifest m.json download a");
  });
});

describe("a pointer that the manifest does not know", () => {
  it("is pulled from its own repository", async () => {
    const tree = makeTree();
    gitFolder(tree, ".git");
    tree.write("m/x.bin", POINTER);
    gitFolder(tree, "elsewhere");
    tree.write("clone/.git", "gitdir: ../elsewhere\n");
    tree.write("clone/m/y.bin", POINTER);
    const fixes = (await search(tree)).pointers.map(({ fix }) => fix);
    expect(fixes).toEqual([
      "git -C clone lfs pull --include=m/y.bin --exclude=",
      "git lfs pull --include=m/x.bin --exclude=",
    ]);
    const below = await search(tree, { cwd: tree.path("m"), paths: [tree.path("m")] });
    expect(below.pointers[0]?.fix).toBe("git lfs pull --include=m/x.bin --exclude=");
  });

  it("is checked out again when it is malformed", async () => {
    const tree = makeTree();
    gitFolder(tree, ".git");
    for (const name of ["a/x", "a/[x]", "clone/y"]) tree.write(name, MALFORMED);
    gitFolder(tree, "clone/.git");
    const { pointers } = await search(tree, { cwd: tree.path("a") });
    expect(pointers.map(({ fix }) => fix)).toEqual([
      `git -C ${tree.path("clone").replaceAll("\\", "/")} checkout HEAD -- y`,
      "git checkout HEAD -- ':(literal)[x]'",
      "git checkout HEAD -- x",
    ]);
  });

  it("gets a comment where no command can help: without a repository, or in an installed package", async () => {
    const tree = makeTree();
    tree.write("x", POINTER);
    tree.write("y", MALFORMED);
    gitFolder(tree, "repo/.git");
    tree.write("repo/node_modules/p/x", POINTER);
    tree.write("z/x", POINTER);
    tree.write("z/.git", "gitdir: nowhere\n");
    const fixes = (await search(tree)).pointers.map(({ fix }) => fix);
    expect(fixes).toEqual([
      expect.stringMatching(/^# Installed like this with a package/),
      `# Not in a git repository: pin SHA-256 ${OID} in a manifest, then download it.`,
      expect.stringMatching(/^# Not in a git repository: fetch the file again/),
      expect.stringMatching(/^# Not in a git repository: pin/),
    ]);
  });
});

const NASTY = ["it's $HOME", "[a]", "-f", "a;b", "q?{x,y}", "a, b", "*", "(c)", "!d", "#e", "ünï"];

describe.skipIf(onWindows)("the command survives a shell", () => {
  /** The words of each command that a shell makes of a text. */
  function wordsOf(text: string): string[][] {
    const say = '() { printf "%s\\0" "$@"; printf "\\0"; }';
    const { stdout } = spawnSync("sh", ["-c", `assets${say}; cp${say}; ${text}`], { encoding: "utf8" });
    return stdout
      .split("\0\0")
      .slice(0, -1)
      .map((line) => line.split("\0"));
  }

  test.each([...NASTY, "line\nfeed", "back\\slash", '"double"'])("with the name %j", async (name) => {
    const tree = makeTree();
    tree.write(`m/${name}`, POINTER);
    tree.write(name, POINTER);
    const manifest = pinsOf(tree, { a: { [`m/${name}`]: OID, other: OTHER } });
    const { pointers } = await search(tree, { manifest });
    const include = expect.any(String);
    const words = wordsOf(pointers.find(({ path }) => path === name)?.fix ?? "");
    expect(words).toEqual([
      ["download", "a", "--include", include],
      [`m/${name}`, name.replace(/^-/, "./-")],
    ]);
    const selected = selectAssets(manifest, { ids: ["a"], include: [words[0]?.[3] ?? ""] });
    expect(selected.flatMap(({ files }) => files.map(({ path }) => path))).toEqual([`m/${name}`]);
  });
});

const hasGitLfs = spawnSync("git", ["lfs", "version"]).status === 0;

describe.skipIf(!hasGitLfs || onWindows)(
  "in a real clone (needs git-lfs, and a file system that takes any name)",
  () => {
    function git(tree: Tree, folder: string, command: string, ...args: string[]): void {
      const env: NodeJS.ProcessEnv = {
        ...process.env,
        HOME: tree.root,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_LFS_SKIP_SMUDGE: "1",
      };
      delete env.GIT_CONFIG_GLOBAL;
      const done = spawnSync(command, args, { cwd: tree.path(folder), env, encoding: "utf8" });
      if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}${done.stdout}`);
    }

    test("it finds exactly the pointers, and its commands bring the content", async () => {
      const tree = makeTree();
      const run = (folder: string, ...args: string[]) => git(tree, folder, "git", ...args);
      const names = [...NASTY.map((name) => `${name}.bin`), "sub/x.bin", "s u,b/x.bin", " edge "];
      tree.write(".gitconfig", "[user]\nname = n\nemail = n@example.org\n[lfs]\nfetchexclude = *\n");
      run(".", "lfs", "install", "--skip-repo");
      run(".", "init", "-q", "--bare", "origin.git");
      run(".", "init", "-q", "work");
      tree.write("work/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n*edge* filter=lfs -text\n");
      tree.write("work/small.txt", "no pointer");
      for (const name of names) tree.write(`work/${name}`, `content of ${name}`);
      run("work", "add", ".");
      run("work", "commit", "-qm", "all");
      run("work", "remote", "add", "origin", tree.path("origin.git"));
      run("work", "push", "-q", "origin", "HEAD");
      run(".", "clone", "-q", "origin.git", "clone");

      const inClone = { cwd: tree.path("clone"), paths: [tree.path("clone")] };
      const damaged = tree.path(`clone/${names[0]}`);
      appendFileSync(damaged, "one line too many\n");
      const { pointers } = await findPointers(inClone);
      expect(pointers.map(({ path }) => path)).toEqual(names.toSorted());

      for (const { kind, fix } of pointers) if (kind === "malformed") git(tree, "clone", "sh", "-c", fix);
      const again = await findPointers(inClone);
      expect(again.pointers.map(({ kind }) => kind)).toEqual(names.map(() => "pointer"));

      git(tree, "clone", "sh", "-c", again.pointers.map(({ fix }) => fix).join(" && "));
      expect((await findPointers(inClone)).pointers).toEqual([]);
      for (const name of names) expect(tree.read(`clone/${name}`).toString()).toBe(`content of ${name}`);
    }, 30_000);
  },
);
