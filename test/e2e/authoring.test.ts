/** Beginning a manifest, taking assets out of it, and what helps with writing one by hand, with the real program. */
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { startBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const runIn = (tree: Tree) => (args: string[]) => runInProcess(args, { cwd: tree.root });
const hasPipes = spawnSync("mkfifo", ["--version"]).status !== null && process.platform !== "win32";
const hasGit = spawnSync("git", ["--version"]).status === 0;

function repository(): Tree {
  const tree = makeTree();
  // What makes a folder a repository, without git.
  tree.write(".git/HEAD", "ref: refs/heads/main\n");
  tree.write(".git/objects/.keep", "");
  tree.write(".git/refs/.keep", "");
  return tree;
}

describe("assets init", () => {
  it("begins a manifest that every command takes, ignores what it brings, and adds the scripts", async () => {
    const tree = repository();
    const run = runIn(tree);
    tree.write("package.json", '{\n\t"name": "x",\n\t"scripts": { "test": "true" }\n}\n');
    tree.write(".gitignore", "node_modules/\nmodels\n");
    const done = await run(["init"]);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toContain("assets add URL");
    expect(tree.read("assets.manifest.json").toString()).toContain("// One entry for each");
    expect(tree.read(".gitignore").toString()).toBe(
      "node_modules/\nmodels\n\n# What assets.manifest.json describes\n/.assets/\n/datasets/\n",
    );
    expect(tree.read("package.json").toString()).toBe(
      '{\n\t"name": "x",\n\t"scripts": { "test": "true", "assets:download": "assets download --all", "assets:verify": "assets verify" }\n}\n',
    );
    expect(await run(["list"])).toMatchObject({ code: 0 });
    expect(await run(["verify"])).toMatchObject({ code: 0 });
  });

  it("changes nothing that is there, and nothing at all the second time", async () => {
    const tree = repository();
    const run = runIn(tree);
    const own = '{ "version": 1, "assets": [] }';
    tree.write("assets.manifest.json", own);
    tree.write("package.json", '{ "scripts": { "assets:verify": "mine" } }');
    const first = await run(["init"]);
    expect(first.stdout).toContain("the script assets:verify is there already");
    const state = () =>
      ["assets.manifest.json", ".gitignore", "package.json"].map((name) => tree.read(name).toString());
    const before = state();
    expect(before[0]).toBe(own);
    expect(before[2]).toContain('"mine"');
    expect(await run(["init"])).toMatchObject({ code: 0 });
    expect(state()).toEqual(before);
  });

  it.skipIf(!hasGit)("does not ignore a folder in which git has files", async () => {
    const tree = makeTree();
    tree.write("models/user.py", "class User: pass\n");
    for (const args of [
      ["init", "-q"],
      ["add", "."],
    ])
      spawnSync("git", args, { cwd: tree.root });
    expect((await runIn(tree)(["init"])).stdout).toContain("models/ is not ignored, as git has 1 file in it");
    expect(tree.read(".gitignore").toString()).not.toContain("models");
  });

  it("writes nothing in a dry run, and nothing through links", async () => {
    const tree = repository();
    const run = runIn(tree);
    tree.write("elsewhere.txt", "theirs\n");
    symlinkSync(tree.path("elsewhere.txt"), tree.path(".gitignore"));
    symlinkSync(tree.path("elsewhere.txt"), tree.path("package.json"));
    const before = tree.files();
    expect(await run(["init", "--dry-run"])).toMatchObject({ code: 0 });
    expect(tree.files()).toEqual(before);
    expect((await run(["init"])).stdout).toContain("it is not a regular file");
    expect(tree.read("elsewhere.txt").toString()).toBe("theirs\n");
  });

  it("changes no byte of a .gitignore in another encoding, and leaves a package.json in one alone", async () => {
    const tree = repository();
    const latin = (text: string) => Buffer.from(text, "latin1");
    tree.write(".gitignore", latin("caf\xe9/\n"));
    tree.write("package.json", latin('{ "author": "Ren\xe9" }'));
    const report = JSON.parse((await runIn(tree)(["init", "--json"])).stdout);
    expect(report.steps.map(({ status }: { status: string }) => status)).toEqual(["created", "changed", "skipped"]);
    expect(report.steps[2].what).toContain("UTF-8");
    expect(tree.read(".gitignore").toString("latin1")).toMatch(/^caf\xe9\/\n\n# What .*\n\/\.assets\/\n/);
    expect(tree.read("package.json")).toEqual(latin('{ "author": "Ren\xe9" }'));
  });

  it("leaves a package.json alone that it cannot read, and a folder that is no repository", async () => {
    const tree = makeTree();
    tree.write("package.json", "{ broken");
    const report = JSON.parse((await runIn(tree)(["init", "--json"])).stdout);
    expect(report.steps.map(({ status }: { status: string }) => status)).toEqual(["created", "skipped", "skipped"]);
    expect(tree.read("package.json").toString()).toBe("{ broken");
    expect(tree.exists(".gitignore")).toBe(false);
  });

  it("names the importer for what the repository has already", async () => {
    const tree = repository();
    tree.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    tree.write(".dvc/config", "");
    const { stdout } = await runIn(tree)(["init"]);
    expect(stdout).toContain("assets import lfs");
    expect(stdout).toContain("assets import dvc");
  });
});

const TWO = `{
  "version": 1,
  "assets": [
    // about a
    { "id": "a", "type": "model", "url": "x", "localPath": "m/a.bin", "sha256": "${sha256Of("a")}", "size": 1 }, // here
    {
      "id": "b", "type": "model", "url": "y", "localPath": "m/deep/b.bin", "sha256": "${sha256Of("b")}"
    }
  ]
}
`;

describe("assets remove", () => {
  it("takes the entry out and leaves all else, the file too", async () => {
    const tree = makeTree();
    const text = TWO;
    tree.write("assets.manifest.json", text);
    tree.write("m/a.bin", "a");
    expect(await runIn(tree)(["remove", "a"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("left where"),
    });
    expect(tree.read("assets.manifest.json").toString()).toBe(text.replace(/\n.*"id": "a".*/, ""));
    expect(tree.exists("m/a.bin")).toBe(true);
  });

  it("deletes pinned files with folders that are empty then, by pattern as well", async () => {
    const tree = makeTree();
    tree.write("assets.manifest.json", TWO);
    tree.write("m/deep/b.bin", "b");
    tree.write("m/mine.txt", "mine");
    expect(await runIn(tree)(["remove", "*", "--files"])).toMatchObject({ code: 0 });
    expect(tree.files().filter((name) => name.startsWith("m/"))).toEqual(["m/mine.txt"]);
    expect(tree.exists("m/deep")).toBe(false);
    expect(
      JSON.parse(
        tree
          .read("assets.manifest.json")
          .toString()
          .replace(/\/\/.*/g, ""),
      ).assets,
    ).toEqual([]);
  });

  it("changes nothing when a file is not the pinned one, until it is forced to", async () => {
    const tree = makeTree();
    const run = runIn(tree);
    const text = TWO;
    tree.write("assets.manifest.json", text);
    tree.write("m/a.bin", "my work");
    expect(await run(["remove", "a", "b", "--files"])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("m/a.bin is not proven"),
    });
    expect(tree.read("m/a.bin").toString()).toBe("my work");
    expect(tree.read("assets.manifest.json").toString()).toBe(text);
    expect(await run(["remove", "a", "--files", "--force"])).toMatchObject({ code: 0 });
    expect(tree.exists("m/a.bin")).toBe(false);
  });

  it("names the nearest id for one that is not there, and does nothing in a dry run", async () => {
    const tree = makeTree();
    const run = runIn(tree);
    tree.write("assets.manifest.json", TWO.replace('"id": "a"', '"id": "alpha"'));
    tree.write("m/a.bin", "a");
    expect(await run(["remove", "alpa"])).toMatchObject({ code: 2, stderr: expect.stringContaining("alpha") });
    const before = tree.read("assets.manifest.json");
    expect(await run(["remove", "alpha", "--files", "--dry-run"])).toMatchObject({ code: 0 });
    expect(tree.read("assets.manifest.json").equals(before)).toBe(true);
    expect(tree.exists("m/a.bin")).toBe(true);
    expect(tree.exists(".assets")).toBe(false);
  });

  it("clears away what a run that was killed while it wrote has left beside the manifest", async () => {
    const tree = makeTree();
    tree.write("assets.manifest.json", TWO);
    tree.write("assets.manifest.json.0a1b2c3d.new", "half");
    expect((await runIn(tree)(["remove", "a"])).code).toBe(0);
    expect(tree.files().filter((name) => !name.startsWith(".assets/"))).toEqual(["assets.manifest.json"]);
  });

  it("deletes nothing outside of the root, wherever a folder leads", async () => {
    const tree = makeTree();
    const other = makeTree();
    other.write("a.bin", "a");
    tree.write("assets.manifest.json", TWO);
    symlinkSync(other.root, tree.path("m"));
    expect((await runIn(tree)(["remove", "a", "--files"])).code).toBe(6);
    await runIn(tree)(["remove", "a", "--files", "--force"]);
    expect(other.exists("a.bin")).toBe(true);
  });
});

describe("assets hash", () => {
  it("prints what sha256sum prints, for names with line breaks too, and what verify --sums reads", async () => {
    const tree = makeTree();
    const run = runIn(tree);
    tree.write("a b.bin", "a");
    tree.write("line\nbreak\\.bin", "b");
    const { code, stdout } = await run(["hash", "a b.bin", "line\nbreak\\.bin"]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${sha256Of("a")}  a b.bin\n\\${sha256Of("b")}  line\\nbreak\\\\.bin\n`);
    tree.write("SHA256SUMS", stdout);
    expect(await run(["verify", "--sums", "SHA256SUMS"])).toMatchObject({ code: 0 });
  });

  it("gives git blob ids and sizes, tells pointers, and goes on past what cannot be read", async () => {
    const tree = makeTree();
    const run = runIn(tree);
    tree.write("hello", "hello\n");
    tree.write("p", `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Of("x")}\nsize 1\n`);
    const done = await run(["hash", "--algorithm", "git-blob", "--json", "hello", "gone", "p"]);
    expect(done).toMatchObject({ code: 6, stderr: expect.stringContaining("p is a Git LFS pointer") });
    const { files } = JSON.parse(done.stdout);
    expect(files[0]).toEqual({ path: "hello", digest: "ce013625030ba8dba906f756967f9e9ca394464a", size: 6 });
    expect(files[1].error.code).toBe("LOCAL_IO");
    expect((await run(["hash", "gone"])).stderr).toContain("gone");
  });

  it.skipIf(!hasPipes)(
    "waits for what comes out of a pipe, to its end, and can be stopped while nothing does",
    async () => {
      const tree = makeTree();
      spawnSync("mkfifo", [tree.path("pipe")]);
      const reading = startBin(["hash", "pipe"], { cwd: tree.root });
      const text = "x".repeat(300_000);
      await writeFile(tree.path("pipe"), text);
      expect(await reading.done).toMatchObject({ code: 0, stdout: `${sha256Of(text)}  pipe\n` });
      const waiting = startBin(["hash", "pipe"], { cwd: tree.root });
      // Opening it for writing waits for a reader: the program has come that far.
      const writer = await open(tree.path("pipe"), "w");
      waiting.child.kill("SIGINT");
      const stopped = await waiting.done;
      await writer.close();
      expect(stopped).toMatchObject({ code: 130, stderr: "assets: Stopped before it was finished.\n" });
    },
  );
});

describe("assets schema", () => {
  it("prints a schema by which a manifest with the pins of this program is valid", async () => {
    const tree = makeTree();
    const { code, stdout } = await runIn(tree)(["schema"]);
    expect(code).toBe(0);
    const validate = new Ajv({ unknownFormats: "ignore" }).compile(JSON.parse(stdout));
    const file = { url: "https://h.example/a", localPath: "a", sha256: "a".repeat(64) };
    const manifest = (pinnedAs: string) => ({ version: 1, assets: [{ id: "a", type: "model", ...file, pinnedAs }] });
    expect(validate(manifest("declared"))).toBe(true);
    expect(validate(manifest("guessed"))).toBe(false);
  });
});
