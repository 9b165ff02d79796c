/** The command line as people meet it: help, mistakes, where things are looked for, what is printed where. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type InProcessOptions, runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const BIN = fileURLToPath(new URL("../../bin/assets.js", import.meta.url));

/** A project whose two files stand ready to be copied. */
function project() {
  const tree = makeTree();
  tree.write("from/a.txt", "aaa");
  tree.write("from/b.txt", "bbb");
  tree.manifestFor({
    "to/a.txt": { url: "from/a.txt", body: "aaa", id: "alpha", type: "model", tags: ["first"], required: true },
    "to/b.txt": { url: "from/b.txt", body: "bbb", id: "beta", type: "dataset" },
  });
  const run = (args: string[], options: Partial<InProcessOptions> = {}) =>
    runInProcess(args, { cwd: tree.root, ...options });
  return { tree, run };
}

/** `assets list --json` of many files, by the real bin: more than a pipe holds. */
async function listMany() {
  const { tree } = project();
  const many = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`f${index}`, { url: "from/a.txt", body: "aaa" }]),
  );
  tree.manifestFor(many);
  const child = spawn(process.execPath, [BIN, "list", "--json"], { cwd: tree.root });
  return { child, closed: new Promise((resolve) => child.once("close", resolve)) };
}

describe("the command line", () => {
  it("shows help with examples, for itself and for each command", async () => {
    const { run } = project();
    const help = await run(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const word of ["list", "download", "verify", "repair", "lfs", "lock", "Examples:", "ASSETS_MANIFEST"]) {
      expect(help.stdout).toContain(word);
    }
    const commands = [
      "list",
      "download",
      "verify",
      "repair",
      "status",
      "path",
      "cache-key",
      "lfs",
      "lock",
      "init",
      "add",
      "lint",
      "audit",
      "info",
      "remove",
      "hash",
      "schema",
    ];
    for (const command of commands) {
      const own = await run([command, "--help"]);
      expect(own.code).toBe(0);
      expect(own.stdout).toContain(`Examples:\n  assets ${command}`);
    }
  });

  it("prints its version", async () => {
    expect((await project().run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [["dwnload"], "download"],
    [["download", "--al"], "--all"],
    [["download", "--all", "--jobs", "many"], "whole number from 1 to 64"],
    [["download", "--all", "--jobs", "0"], "whole number from 1 to 64"],
    [["list", "--sort", "colour"], "size, id"],
    [["download", "--all", "--quiet", "--verbose"], "exclude each other"],
    [["download"], "assets download --all"],
    [["download", "alpa"], "Did you mean alpha?"],
    [["download", "--model", "beta"], "--dataset beta"],
    [["verify", "--tag", "nope"], "nope"],
    [["lfs", "nowhere"], "nowhere"],
    [["lfs", ""], "A path is empty."],
    [["lfs", "hydrate", ""], "A path is empty."],
    [["download", "--all", "--include", ""], "A pattern is empty."],
    [["list", "--exclude", ""], "A pattern is empty."],
    [["verify", "--require", ""], "A pattern is empty."],
    [["verify", "--backup"], "--repair"],
    [["verify", "--repair", "--require-pins"], "pins nothing"],
    [["verify", "--repair", "--output", "tap=a.tap"], "with --json or --ndjson"],
    [["repair", "alpa"], "Did you mean alpha?"],
  ])("answers %j with exit code 2 and what to type instead: %s", async (args, says) => {
    const { code, stdout, stderr } = await project().run(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("    at ");
  });

  it("says where it looked for a manifest and how to write one", async () => {
    const { code, stderr } = await runBin(["list"], { cwd: makeTree().root });
    expect(code).toBe(3);
    expect(stderr).toContain("assets.manifest.json");
    expect(stderr).toContain('"version": 1');
  });

  it("finds the manifest in a parent folder", async () => {
    const { tree, run } = project();
    mkdirSync(tree.path("deep/er"), { recursive: true });
    expect((await run(["list"], { cwd: tree.path("deep/er") })).stdout).toContain("alpha");
  });

  it("takes the manifest and the root from the flag before the environment before the file", async () => {
    const { tree, run } = project();
    const empty = '{ "version": 1, "assets": [] }';
    tree.write("env.json", empty);
    const env = { ASSETS_MANIFEST: tree.write("other/env.json", empty), ASSETS_ROOT: tree.path("env-root") };
    expect((await run(["list"], { env })).stdout).toBe("No assets.\n");
    expect((await run(["list", "--manifest", "assets.manifest.json"], { env })).stdout).toContain("alpha");
    expect((await run(["list", "--config=assets.manifest.json"], { env })).stdout).toContain("alpha");
    const flags = ["--config", "assets.manifest.json"];
    await run(["download", "alpha", ...flags], { env });
    await run(["download", "alpha", ...flags, "--root", "flag-root"], { env });
    expect([tree.exists("env-root/to/a.txt"), tree.exists("flag-root/to/a.txt")]).toEqual([true, true]);
    expect(tree.exists("to")).toBe(false);
  });

  it("takes an empty flag for what it says, and an empty variable for none", async () => {
    const { tree, run } = project();
    tree.write("deep/here.txt", "");
    const cwd = tree.path("deep");
    expect((await run(["download", "alpha", "--root", ""], { cwd })).code).toBe(0);
    expect([tree.exists("deep/to/a.txt"), tree.exists("to")]).toEqual([true, false]);
    expect(await run(["list", "--manifest", ""], { cwd })).toMatchObject({ code: 3 });
    expect(await run(["list"], { cwd, env: { ASSETS_MANIFEST: "", ASSETS_ROOT: "" } })).toMatchObject({ code: 0 });
  });

  it("puts results on stdout, progress and warnings on stderr", async () => {
    const { run } = project();
    const { code, stdout, stderr } = await run(["download", "--all"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^2 files: 2 downloaded/);
    expect(stderr).toContain("to/a.txt");
    expect(stdout + stderr).not.toContain("\u001b");
  });

  it("fetches nothing the second time, and says so", async () => {
    const { run } = project();
    await run(["download", "--all"]);
    const again = await run(["download", "--all"]);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain("Nothing to fetch");
  });

  it("prints nothing on success when it is to be quiet", async () => {
    const { run } = project();
    for (const command of [["download", "--all"], ["verify"]]) {
      expect(await run([...command, "--quiet"])).toMatchObject({ code: 0, stdout: "", stderr: "" });
    }
  });

  it("prints one JSON document when asked, also for an error", async () => {
    const { run } = project();
    const parsed = async (args: string[]) => JSON.parse((await run([...args, "--json"])).stdout);
    expect(await parsed(["list"])).toMatchObject({ schemaVersion: 1, command: "list", totals: { assets: 2 } });
    expect(await parsed(["download", "--all"])).toMatchObject({ command: "download", ok: true, exitCode: 0 });
    expect(await parsed(["verify"])).toMatchObject({ command: "verify", ok: true, totals: { files: 2 } });
    expect(await parsed(["lfs"])).toMatchObject({ command: "lfs", pointers: [] });
    expect(await parsed(["download", "nope"])).toMatchObject({ ok: false, exitCode: 2, error: { code: "UNKNOWN_ID" } });
    expect(await parsed(["download", "--nope"])).toMatchObject({ ok: false, exitCode: 2, error: { code: "USAGE" } });
  });

  it("prints events as they happen when asked: one plan, one outcome per file, then the end", async () => {
    const { run } = project();
    const { stdout } = await run(["download", "--all", "--ndjson"]);
    const types = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type as string);
    expect(types[0]).toBe("start");
    expect(types.at(-1)).toBe("end");
    expect(types.filter((type) => type === "plan")).toHaveLength(1);
    expect(types.filter((type) => type === "outcome")).toHaveLength(2);
  });

  it("selects the same way in every command", async () => {
    const { run } = project();
    for (const pick of [
      ["alpha"],
      ["al*"],
      ["--models"],
      ["--type", "model"],
      ["--tag", "first"],
      ["--required"],
      ["--minimal"],
      ["--asset-id", "alpha"],
      ["--include", "a.txt"],
      ["--exclude", "**/b.txt"],
    ]) {
      const { stdout } = await run(["list", ...pick, "--json"]);
      expect(JSON.parse(stdout).assets.map(({ id }: { id: string }) => id)).toEqual(["alpha"]);
    }
    expect((await run(["verify", "--datasets", "--json"])).stdout).toContain('"asset": "beta"');
  });

  it("does not fail when its reader goes away", async () => {
    const { child, closed } = await listMany();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    expect({ code: await closed, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it("gives all of it to a reader that takes its time", async () => {
    const { child, closed } = await listMany();
    await sleep(500);
    let stdout = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    expect(await closed).toBe(0);
    expect(JSON.parse(stdout).assets).toHaveLength(3000);
  });

  it("verifies with the cable out, and never asks a source", async () => {
    const tree = makeTree();
    const server = await startFaultServer();
    tree.manifestFor({ "a.bin": { url: server.serve("/a.bin", { body: "abc" }), body: "abc" } });
    tree.write("a.bin", "abc");
    expect((await runBin(["verify"], { cwd: tree.root })).code).toBe(0);
    tree.write("a.bin", "abd");
    const found = await runBin(["verify"], { cwd: tree.root });
    expect(found.code).toBe(1);
    expect(found.stdout).toContain("a.bin");
    expect(server.requests).toEqual([]);
  });
});
