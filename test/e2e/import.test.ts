/** Importing lists through the real program: conflicts, hostile lists, nothing written unasked. */
import { describe, expect, it } from "vitest";
import { assets, MANIFEST, manifestOf } from "../helpers/authoring.js";
import { runBin } from "../helpers/bin.js";
import { type bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const SMALL = { size: 3_000, seed: 1 };
const LARGE = { size: 300_000, seed: 2 };

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

  it("names the keys to take out where other files of the asset would be lost with it, and then fills them in", async () => {
    const tree = makeTree();
    const file = { path: "a.bin", url: "https://x.example/a.bin", size: SMALL.size, sha256: sha256Of(SMALL) };
    const other = { path: "c.bin", url: "https://x.example/c.bin", sha256: sha256Of("c") };
    const manifest = (own: object) =>
      JSON.stringify(
        { version: 1, assets: [{ id: "mine", type: "data", license: "MIT", files: [own, other] }] },
        null,
        2,
      );
    tree.write(MANIFEST, manifest(file));
    sums(tree, ["a.bin", LARGE]);
    const words = ["import", "sums", "SHA256SUMS", "--base-url", "https://x.example/"];
    const told = await assets(tree, words);
    const line = tree
      .read(MANIFEST)
      .toString()
      .split("\n")
      .findIndex((one) => one.includes('"a.bin"'));
    expect(told).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`line ${line}: "size", "sha256" of a.bin\n`),
    });
    expect(told.stdout).not.toContain("assets remove");
    const { size: _, sha256: __, ...rest } = file;
    tree.write(MANIFEST, manifest(rest));
    expect(await assets(tree, words)).toMatchObject({ code: 0 });
    expect(manifestOf(tree).assets).toMatchObject([{ license: "MIT", files: [{ sha256: sha256Of(LARGE) }, other] }]);
  });

  it("without SHA-256 leads to lock, as there is nothing to prove before it, and with it to download", async () => {
    const tree = makeTree();
    tree.write("md5.txt", `${"a".repeat(32)}  a.bin\n`);
    const md5 = await assets(tree, ["import", "sums", "md5.txt", "--base-url", "https://x.example/"]);
    expect(md5.stdout).toContain("To pin and fetch those without a SHA-256: assets lock\n");
    expect(md5.stdout).not.toContain("download");
    sums(tree, ["b.bin", SMALL]);
    const pinned = await assets(tree, ["import", "sums", "SHA256SUMS", "--base-url", "https://x.example/"]);
    expect(pinned.stdout).toContain("To fetch and prove them: assets download --all\n");
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
