/** Exporting through the real program, to the very tools that the lists are for. */
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const A = { size: 40_000, seed: 1 };
const B = { size: 50_000, seed: 2 };
const has = (program: string) => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;

/** Runs a program without keeping this process from serving it. */
function run(
  tree: Tree,
  program: string,
  args: string[],
  input = "",
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: tree.root, env: { PATH: process.env.PATH ?? "", HOME: tree.root } });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("close", (code) => resolve({ code, output }));
    // A program that ends without reading its input is no fault.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

async function setUp() {
  const server = await startFaultServer();
  const tree = makeTree();
  const url = [server.serve("/gone", { body: A, fault: "404" }), server.serve("/a?x=1&y=2", { body: A })];
  tree.manifestFor({
    "data/a b.bin": { url, body: A, id: "a" },
    "c.bin": { url: server.serve("/b", { body: B }), body: B, id: "b" },
  });
  const export_ = (...args: string[]) => runInProcess(["export", ...args], { cwd: tree.root });
  return { tree, export_ };
}

describe("assets export", () => {
  it.skipIf(!has("sha256sum"))("writes sums that sha256sum checks, and that find a changed file", async () => {
    const { tree, export_ } = await setUp();
    expect((await export_("sums", "-o", "SHA256SUMS")).code).toBe(0);
    await runInProcess(["download", "--all"], { cwd: tree.root });
    expect(await run(tree, "sha256sum", ["--check", "--strict", "SHA256SUMS"])).toMatchObject({ code: 0 });
    tree.write("c.bin", "changed");
    expect((await run(tree, "sha256sum", ["--check", "SHA256SUMS"])).code).toBe(1);
  });

  const quiet = [
    "--no-conf",
    "--console-log-level=error",
    "--summary-interval=0",
    "--enable-dht=false",
    "--max-tries=1",
  ];
  it.skipIf(!has("aria2c"))("writes a Metalink file by which aria2c fetches and checks", async () => {
    const { tree, export_ } = await setUp();
    tree.write("all.meta4", (await export_("metalink")).stdout);
    await run(tree, "aria2c", [...quiet, "--metalink-preferred-protocol=http", "-M", "all.meta4"]);
    expect([tree.sha256("data/a b.bin"), tree.sha256("c.bin")]).toEqual([sha256Of(A), sha256Of(B)]);
  });

  it.skipIf(!has("aria2c"))("writes an input file by which aria2c fetches and checks", async () => {
    const { tree, export_ } = await setUp();
    const { stdout } = await export_("aria2");
    await run(tree, "aria2c", [...quiet, "-i", "-"], stdout);
    expect([tree.sha256("data/a b.bin"), tree.sha256("c.bin")]).toEqual([sha256Of(A), sha256Of(B)]);
  });

  it.skipIf(!has("aria2c"))("writes digests that aria2c believes: other bytes are refused", async () => {
    const { tree, export_ } = await setUp();
    const wrong = (await export_("aria2", "b")).stdout.replace(sha256Of(B), sha256Of(A));
    expect((await run(tree, "aria2c", [...quiet, "-i", "-"], wrong)).code).not.toBe(0);
  });

  it("of DVC hashes what is here as pinned, names the rest, and comes back the same", async () => {
    const { tree, export_ } = await setUp();
    await runInProcess(["download", "a"], { cwd: tree.root });
    const { code, stdout, stderr } = await export_("dvc");
    expect(code).toBe(1);
    expect(stderr).toMatch(/left out: c\.bin: its MD5 is not known/);
    const other = makeTree();
    other.write("assets.dvc", stdout);
    expect((await runInProcess(["import", "dvc"], { cwd: other.root })).code).toBe(0);
    expect(JSON.parse(other.read("assets.manifest.json").toString()).assets).toMatchObject([
      { id: "a", path: "data", files: [{ path: "a b.bin", size: A.size, sha256: sha256Of(A) }] },
    ]);
  });

  it("of pooch says on standard error which version its quotes take, and leaves nothing out for it", async () => {
    const { export_ } = await setUp();
    expect(await export_("pooch", "b")).toMatchObject({ code: 0, stderr: "" });
    const quoted = await export_("pooch", "a");
    expect(quoted).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^assets: names with blanks.* from 1\.7 on\.\n$/),
    });
    expect(quoted.stdout).toMatch(/^'data\/a b\.bin' /);
  });

  it.each(["metalink", "aria2", "pooch", "dvc", "cyclonedx"])(
    "of %s leaves out URLs with a login, names them, and keeps the others of their files",
    async (format) => {
      const secret = `CANARY-${randomUUID()}`;
      const tree = makeTree();
      const url = [`https://me:${secret}@h.example/a`, `https://h.example/a?X-Amz-Signature=${secret}`];
      tree.manifestFor({
        a: { url: [...url, "https://m.example/a?key=a.bin"], body: A, id: "a" },
        b: { url: `https://me:${secret}@h.example/b`, body: B, id: "b" },
      });
      const text = tree.read("assets.manifest.json").toString();
      tree.write(
        "assets.manifest.json",
        text.replace('"id": "a"', `"id": "a", "homepage": "https://me:${secret}@h.example/"`),
      );
      tree.write("a", bytesOf(A));
      const run = (...args: string[]) => runInProcess(["export", format, ...args], { cwd: tree.root });
      const [done, json] = [await run(), await run("--json")];
      expect(`${done.stdout}${done.stderr}${json.stdout}`).not.toContain(secret);
      expect(done.code).toBe(1);
      expect(done.stdout).toContain("https://m.example/a?key=a.bin");
      expect(done.stdout).not.toContain("h.example/");
      const reason = "it carries a login or a signature";
      expect(done.stderr).toContain(`left out: a: https://h.example/a: ${reason}.\n`);
      expect(done.stderr).toContain(`left out: a: https://h.example/a?X-Amz-Signature=***: ${reason}.\n`);
      expect(done.stderr).toContain(`left out: b: https://h.example/b: ${reason}.\n`);
      expect(done.stderr.includes("its homepage https://h.example/")).toBe(format === "cyclonedx");
      expect(JSON.parse(json.stdout).files).toBe(["pooch", "cyclonedx"].includes(format) ? 2 : 1);
    },
  );

  it("of sums, which say no URLs, is no less complete for a login in one", async () => {
    const tree = makeTree();
    tree.manifestFor({ a: { url: "https://me:word@h.example/a", body: A } });
    const done = await runInProcess(["export", "sums"], { cwd: tree.root });
    expect(done).toMatchObject({ code: 0, stderr: "", stdout: `${sha256Of(A)}  a\n` });
  });

  it("takes a selection, refuses an unknown id, and writes its answer where it is told", async () => {
    const { tree, export_ } = await setUp();
    expect((await export_("sums", "b")).stdout).toBe(`${sha256Of(B)}  c.bin\n`);
    expect((await export_("sums", "bb")).code).toBe(2);
    expect((await export_("pooch", "-o", "no/such/folder/r.txt")).code).toBe(6);
    const run = await export_("cyclonedx", "--output", "bom.json", "--json");
    expect(JSON.parse(run.stdout)).toMatchObject({
      command: "export cyclonedx",
      files: 2,
      output: tree.path("bom.json"),
    });
    expect(JSON.parse(tree.read("bom.json").toString()).bomFormat).toBe("CycloneDX");
  });
});
