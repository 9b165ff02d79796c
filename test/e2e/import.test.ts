/** Importing through the real program: repositories of Git LFS, lists, conflicts, nothing written unasked. */
import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assets, MANIFEST, manifestOf } from "../helpers/authoring.js";
import { runBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { git, hasGit, hasLfs } from "../helpers/git.js";
import { lfsRepository } from "../helpers/lfs-repository.js";
import { startLfsServer } from "../helpers/lfs-server.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const SMALL = { size: 3_000, seed: 1 };
const LARGE = { size: 300_000, seed: 2 };

describe("assets import lfs", () => {
  it.skipIf(!hasLfs)(
    "takes a repository of git-lfs over, whose files then come from its server, and are proven",
    async () => {
      const server = await startLfsServer();
      const bodies = { "models/a/x.bin": SMALL, "models/a/y.bin": LARGE, "z ü.bin": "short" };
      const tree = makeTree();
      await git(tree.root, ["init", "-q", "-b", "main"]);
      await git(tree.root, ["lfs", "install", "--local"]);
      await git(tree.root, ["lfs", "track", "*.bin"]);
      for (const [path, body] of Object.entries(bodies)) {
        tree.write(path, bytesOf(body));
        server.add(body);
      }
      tree.write("notes.txt", "no pointer, but of the size of one: ".repeat(4));
      await git(tree.root, ["add", "-A"]);
      await git(tree.root, ["commit", "-qm", "x"]);
      await git(tree.root, ["remote", "add", "origin", `${server.origin}/o/r`]);

      const imported = await assets(tree, ["import", "lfs"]);
      expect(imported).toMatchObject({ code: 0, stderr: "" });
      expect(imported.stdout).toMatch(/3 files in 2 assets/);
      expect(manifestOf(tree).assets).toMatchObject([
        {
          id: "models/a",
          type: "model",
          path: "models/a",
          files: [
            { path: "x.bin", size: SMALL.size, sha256: sha256Of(SMALL), url: `lfs:${server.endpoint}` },
            { path: "y.bin", size: LARGE.size, sha256: sha256Of(LARGE) },
          ],
        },
        { id: "z-ü.bin", files: [{ path: "z ü.bin", sha256: sha256Of("short") }] },
      ]);
      expect((await assets(tree, ["verify"])).code).toBe(0);

      for (const path of Object.keys(bodies)) tree.remove(path);
      tree.remove(".git/lfs");
      expect(await assets(tree, ["download", "--all"])).toMatchObject({ code: 0 });
      for (const [path, body] of Object.entries(bodies)) expect(tree.sha256(path)).toBe(sha256Of(body));
      expect(server.batches).toHaveLength(1);
      expect((await assets(tree, ["import", "lfs"])).stdout).toMatch(
        /0 files added, 3 there already\. Nothing has changed/,
      );
    },
  );

  it.skipIf(!hasGit)(
    "reads the commit that is asked for, one folder of it, and pins the plain address on GitHub",
    async () => {
      const { tree, oids } = await lfsRepository({ "m/a.bin": SMALL, "n/b.bin": LARGE });
      tree.write(".gitattributes", "*.bin filter=lfs\n");
      tree.remove(".git");
      await git(tree.root, ["init", "-q", "-b", "main"]);
      await git(tree.root, ["remote", "add", "origin", "git@github.com:o/r.git"]);
      await git(tree.root, ["add", "-A"]);
      await git(tree.root, ["commit", "-qm", "x"]);
      await git(tree.root, ["tag", "v1"]);
      await git(tree.root, ["rm", "-qr", "m"]);
      await git(tree.root, ["commit", "-qm", "gone"]);
      const commit = (await git(tree.root, ["rev-parse", "v1"])).trim();
      mkdirSync(tree.path("m"));
      const { code } = await assets(tree, ["import", "lfs", "m", "--rev", "v1", "--tag", "llm"]);
      expect(code).toBe(0);
      expect(manifestOf(tree).assets).toEqual([
        {
          id: "m",
          type: "model",
          tags: ["llm"],
          path: "m",
          files: [
            {
              path: "a.bin",
              size: SMALL.size,
              sha256: oids["m/a.bin"],
              url: `https://media.githubusercontent.com/media/o/r/${commit}/m/a.bin`,
              fallbackUrls: ["lfs:https://github.com/o/r.git/info/lfs"],
            },
          ],
        },
      ]);
      const unknown = await assets(tree, ["import", "lfs", "--rev", "--output=/tmp/x"]);
      expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/no commit --output/) });
    },
  );

  it("reads the pointers of the working tree where git is not installed, and never writes a login down", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": SMALL });
    tree.write(".git/config", `[remote "origin"]\n\turl = ${server.origin.replace("//", "//me:secret-word@")}/o/r\n`);
    expect(await runBin(["import", "lfs"], { cwd: tree.root, env: { PATH: "" } })).toMatchObject({ code: 0 });
    expect(tree.read(MANIFEST).toString()).toContain(`"lfs:${server.endpoint}"`);
    expect(tree.read(MANIFEST).toString()).not.toContain("secret-word");
  });

  it("outside of a repository says so", async () => {
    expect(await assets(makeTree(), ["import", "lfs"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no git repository/),
    });
  });
});

describe("assets import of a list", () => {
  const sums = (tree: Tree, ...files: [string, Parameters<typeof bytesOf>[0]][]) =>
    tree.write("SHA256SUMS", files.map(([path, body]) => `${sha256Of(body)}  ${path}\n`).join(""));

  it("shows a dry run as a diff and writes nothing, then writes just that", async () => {
    const tree = makeTree();
    const before = '{\n  // ours\n  "version": 1,\n  "assets": [],\n}\n';
    tree.write(MANIFEST, before);
    sums(tree, ["a.bin", SMALL]);
    const words = [
      "import",
      "sums",
      "SHA256SUMS",
      "--base-url",
      "https://x.example/v1",
      "--path",
      "data",
      "--id",
      "set",
    ];
    const dry = await assets(tree, [...words, "--dry-run"]);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain(`+          "sha256": "${sha256Of(SMALL)}"`);
    expect(dry.stdout).toContain("   // ours\n");
    expect(tree.read(MANIFEST).toString()).toBe(before);

    expect((await assets(tree, words)).code).toBe(0);
    const after = tree.read(MANIFEST).toString();
    expect(after).toContain("// ours");
    for (const line of dry.stdout.split("\n").filter((one) => one.startsWith("+ ")))
      expect(after).toContain(line.slice(1));
  });

  it("names both sides of a conflict, keeps the pin, writes the rest, and ends with 1", async () => {
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: "https://x.example/a.bin", body: SMALL, id: "mine" } });
    sums(tree, ["a.bin", LARGE], ["b.bin", SMALL]);
    const run = await assets(tree, ["import", "sums", "SHA256SUMS", "--base-url", "https://x.example/", "--json"]);
    expect(run.code).toBe(1);
    const report = JSON.parse(run.stdout);
    expect(report).toMatchObject({
      ok: false,
      added: [{ asset: "x.example", path: "b.bin" }],
      conflicts: [{ asset: "x.example", with: "mine", path: "a.bin" }],
    });
    const told = await assets(tree, ["import", "sums", "SHA256SUMS", "--base-url", "https://x.example/"]);
    expect(told.stdout).toMatch(
      /If what is imported is right: assets remove mine, and the same import again\. No file is deleted/,
    );
    expect(report.conflicts[0].reason).toContain(sha256Of(SMALL).slice(0, 12));
    expect(report.conflicts[0].reason).toContain(sha256Of(LARGE).slice(0, 12));
    expect(manifestOf(tree).assets[0].files[0].sha256).toBe(sha256Of(SMALL));
  });

  it("from the web has its files beside it, which download then fetches", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const list = `${sha256Of(SMALL)}  sub/a.bin\n`;
    const url = server.serve("/v1/SHA256SUMS", { body: list });
    server.serve("/v1/sub/a.bin", { body: SMALL });
    expect((await assets(tree, ["import", "sums", url])).code).toBe(0);
    expect((await assets(tree, ["download", "--all"])).code).toBe(0);
    expect(tree.sha256("sub/a.bin")).toBe(sha256Of(SMALL));
  });

  it("loses no asset when several import at once, none of which finds a manifest", async () => {
    const tree = makeTree();
    const names = ["a", "b", "c", "d"];
    for (const name of names) tree.write(`${name}.sums`, `${sha256Of(name)}  ${name}.bin\n`);
    const args = (name: string) => ["import", "sums", `${name}.sums`, "--base-url", "https://x.example/"];
    const runs = await Promise.all(names.map((name) => runBin(args(name), { cwd: tree.root })));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(
      manifestOf(tree)
        .assets.map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual(names.map((name) => `${name}.sums`));
  });

  it("comes from standard input, and in the dry run of a script leaves the script alone", async () => {
    const tree = makeTree();
    const input = `M = {'m': ("https://x.example/m.bin", "${sha256Of(SMALL)}")}`;
    const { code, stdout } = await assets(tree, ["import", "json", "-", "--dry-run"], { input });
    expect(code).toBe(0);
    expect(stdout).toContain(sha256Of(SMALL));
    expect(tree.files()).toEqual([]);
  });

  it("takes what it can from a hostile list, and leaves the rest outside", async () => {
    const tree = makeTree();
    tree.write(
      "r.txt",
      `../up ${"1".repeat(64)}\n/etc/x ${"1".repeat(64)}\ngood ${"1".repeat(64)}\n\u001b[31mred ${"1".repeat(64)}\n`,
    );
    const run = await assets(tree, ["import", "pooch", "r.txt", "--base-url", "https://x.example"]);
    expect(run.code).toBe(1);
    expect(run.stdout).not.toContain("\u001b[31mred");
    expect(manifestOf(tree).assets[0].files).toHaveLength(1);
  });

  it("ends with 1 where something stated is lost, and tells that apart from what is to be known", async () => {
    const tree = makeTree();
    const url = (name: string) => `"https://x.example/${name}"`;
    tree.write(
      "m.py",
      `BASE = ${url("v1/")}\nM = {"a": {"url": ${url("a.bin")}, "gpu": 1}}\nM["b.bin"] = BASE + "b.bin"\n`,
    );
    const run = await assets(tree, ["import", "json", "m.py"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/To be known:\n {2}line 1: https:.*v1\/ is not read/);
    expect(run.stdout).toMatch(/Left out:\n {2}a: gpu\n/);
    expect(run.stdout).toMatch(/1 entry that cannot be taken over:\n {2}line 3: b.bin: BASE is no literal/);
    expect(manifestOf(tree).assets).toMatchObject([{ id: "a", files: [{ path: "a.bin" }] }]);
  });

  it.each([
    [["import", "sums", "SHA256SUMS"], /--base-url/],
    [["import", "sums", "none", "--base-url", "x"], /There is no file none/],
    [["import", "pooch", "SHA256SUMS", "--base-url", "https://x.example/{version}/"], /\{version\} in it/],
    [["import", "json", "SHA256SUMS", "--id", "a b"], /--id/],
    [["import", "nothing"], /unknown command/],
    [["import"], /Usage: assets import/],
  ])("%j is wrong usage, said in one line", async (args, message) => {
    const tree = makeTree();
    tree.write("SHA256SUMS", "");
    const run = await assets(tree, args);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(message);
  });

  it("that names nothing is no success", async () => {
    const tree = makeTree();
    tree.write("empty", "# nothing\n");
    const run = await assets(tree, ["import", "aria2", "empty"]);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/nothing in it to import/) });
  });

  it("leaves a manifest that is none as it is", async () => {
    const tree = makeTree();
    tree.write(MANIFEST, '{"version": 1, "assets": [{}]}');
    sums(tree, ["a", SMALL]);
    expect((await assets(tree, ["import", "sums", "SHA256SUMS", "--base-url", "https://x.example"])).code).toBe(3);
    expect(tree.read(MANIFEST).toString()).toBe('{"version": 1, "assets": [{}]}');
  });
});
