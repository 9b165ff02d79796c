/** `findPointers` on real trees. */
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, test } from "vitest";
import { type FindPointersOptions, findPointers } from "../../src/commands/lfs.js";
import { AssetsError } from "../../src/errors.js";
import { formatPointer } from "../../src/lfs-pointer.js";
import { selectAssets } from "../../src/manifest/select.js";
import type { Asset, Manifest } from "../../src/manifest/types.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const OTHER = "ab".repeat(32);
const POINTER = formatPointer({ oid: OID, size: 12345 });
const MALFORMED = POINTER.replace("12345", "many");
const onWindows = process.platform === "win32";

/** Searches the whole tree as from its root. */
function search(tree: Tree, options: Partial<FindPointersOptions> = {}) {
  return findPointers({ paths: [tree.root], cwd: tree.root, ...options });
}

async function pathsIn(tree: Tree, options?: Partial<FindPointersOptions>): Promise<string[]> {
  return (await search(tree, options)).pointers.map(({ path }) => path);
}

/** A manifest of assets given as id -> path -> SHA-256. */
function manifestOf(tree: Tree, assets: Record<string, Record<string, string | undefined>>): Manifest {
  return {
    file: tree.manifest,
    base: tree.root,
    root: tree.root,
    version: 1,
    assets: Object.entries(assets).map(
      ([id, files]): Asset => ({
        id,
        type: "model",
        tags: [],
        required: false,
        files: Object.entries(files).map(([path, sha256]) => ({
          asset: id,
          path,
          urls: ["https://x/"],
          ...(sha256 && { sha256 }),
        })),
      }),
    ),
  };
}

async function fixFor(tree: Tree, path: string, assets: Record<string, Record<string, string | undefined>>) {
  const report = await search(tree, { manifest: manifestOf(tree, assets) });
  const { fix, pinned } = report.pointers.find((pointer) => pointer.path === path) ?? {};
  return { fix, pinned };
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
    const names = ["-dash", "[a]{b}(c)!", 'it\'s "quoted"', " space ", "ünï-日本", "..two", "*", "#hash", "~"];
    if (!onWindows) names.push("line\nfeed", "fol\nder/in\nner", "back\\slash", ".\\x", "\u001b[2J", "\u2028");
    const tree = makeTree();
    for (const name of names) tree.write(name, POINTER);
    tree.write("fol\nder/.git/x", POINTER);
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
    expect(await pathsIn(tree, { paths: [], cwd, manifest: manifestOf(tree, {}) })).toHaveLength(2);
  });
});

test("an abort ends the search with the signal's reason", async () => {
  const tree = makeTree();
  tree.write("x", POINTER);
  const reason = new AssetsError("ABORTED", "stopped");
  await expect(search(tree, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

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
    const { pointers } = await search(tree, { program, manifest: manifestOf(tree, { a: { x: OID } }) });
    expect(pointers[0]?.fix).toBe("npx assets --manifest m.json download a");
  });
});

describe("a pointer that the manifest does not know", () => {
  it("is pulled from its own repository", async () => {
    const tree = makeTree();
    mkdirSync(tree.path(".git"));
    tree.write("m/x.bin", POINTER);
    writeFileSync(tree.write("clone/.git", "gitdir: elsewhere\n"), "gitdir: elsewhere\n");
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
    mkdirSync(tree.path(".git"));
    for (const name of ["a/x", "a/[x]", "clone/y"]) tree.write(name, MALFORMED);
    mkdirSync(tree.path("clone/.git"));
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
    mkdirSync(tree.path("repo/.git"), { recursive: true });
    tree.write("repo/node_modules/p/x", POINTER);
    const fixes = (await search(tree)).pointers.map(({ fix }) => fix);
    expect(fixes).toEqual([
      expect.stringMatching(/^# Installed like this with a package/),
      `# Not in a git repository: pin SHA-256 ${OID} in a manifest, then download it.`,
      expect.stringMatching(/^# Not in a git repository: fetch the file again/),
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
    const manifest = manifestOf(tree, { a: { [`m/${name}`]: OID, other: OTHER } });
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
      const damaged = join(tree.path("clone"), names[0] ?? "");
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
