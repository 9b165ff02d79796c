/** What `assets add` cannot add, told by the real program in words that lead on. */
import { chmodSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { COMMIT, gitBlob, startHub } from "../helpers/hub.js";
import { makeTree } from "../helpers/tree.js";

const START = '{ "version": 1, "assets": [] }';

function project() {
  const tree = makeTree();
  tree.write("assets.manifest.json", START);
  const run = (args: string[], env: Record<string, string> = {}) => runBin(["add", ...args], { cwd: tree.root, env });
  const assets = () => JSON.parse(tree.read("assets.manifest.json").toString()).assets;
  return { tree, run, assets };
}

const listed = (paths: readonly string[]) =>
  paths.map((path) => ({ type: "file", path, size: 1, oid: gitBlob("x"), lfs: { oid: "a".repeat(64), size: 1 } }));

describe("assets add", () => {
  it("writes the other sources when a whole repository cannot be had", async () => {
    const hub = await startHub({ repos: {} });
    const server = await startFaultServer();
    const url = server.serve("/a.bin", { body: "a" });
    const { run, assets } = project();
    const done = await run(["hf:o/missing", url, "--json"], { HF_ENDPOINT: hub.url });
    const { files } = JSON.parse(done.stdout);
    expect(done.code).toBe(7);
    expect(files).toMatchObject([
      { url: "hf:o/missing", status: "failed", error: { code: "ACCESS" } },
      { status: "added" },
    ]);
    expect(assets()).toMatchObject([{ url }]);
  });

  it.each([
    ["a name that Windows cannot store", "we#ird%41?.bin", []],
    ["a way out of the folder", "../evil", []],
    ["two names that differ by case", "A.txt", ["a.txt"]],
    ["two names that differ by normalisation", "caf\u00e9.txt", ["cafe\u0301.txt"]],
    ["a file where another needs a folder", "On", ["on/model.bin"]],
  ])("says which pattern leaves out %s, and takes it", async (_, path, others) => {
    const hub = await startHub({ repos: { "o/m": { tree: listed([...others, path, "good.bin"]) } } });
    const { tree, run, assets } = project();
    const refused = await run(["hf:o/m"], { HF_ENDPOINT: hub.url });
    expect([refused.code, refused.stdout]).toEqual([6, expect.stringContaining("cannot be put here")]);
    expect(refused.stdout).not.toMatch(/assets\.manifest\.json:\d|Write /);
    const [, pattern = ""] = /Leave it out: --exclude '?([^'\n]+)/.exec(refused.stdout) ?? [];
    expect(await run(["hf:o/m", "--exclude", pattern], { HF_ENDPOINT: hub.url })).toMatchObject({ code: 0 });
    const files = assets()[0].files ?? assets();
    expect(files).toHaveLength(1 + others.length);
    expect(tree.read("assets.manifest.json").toString()).not.toContain(path);
  });

  it("takes a file once that the list of a repository has twice, and no two that have one name", async () => {
    const [entry, good] = listed(["twice.bin", "good.bin"]) as [object, object];
    const other = { ...entry, size: 2, lfs: { oid: "b".repeat(64), size: 2 } };
    const repos = { "o/twice": { tree: [entry, good, entry] }, "o/two": { tree: [entry, good, other] } };
    const hub = await startHub({ repos });
    const { run, assets } = project();
    const done = await run(["hf:o/twice", "hf:o/two"], { HF_ENDPOINT: hub.url });
    expect([done.code, done.stdout]).toEqual([4, expect.stringContaining("lists two different files twice.bin")]);
    expect(assets()).toMatchObject([
      { id: "o/twice", files: [{ url: `hf:o/twice@${COMMIT}/twice.bin` }, { path: "good.bin" }] },
    ]);
  });

  it.each([
    ["--id", "../x", /id .*\.\.\/x/],
    ["--path", "../x", /climbs out.*\.\.\/x/],
    ["--name", "x\ny", /name/],
  ])(
    "calls a %s that cannot be %j wrong usage, without a place in a text that nobody has",
    async (flag, value, says) => {
      const { run, assets } = project();
      const done = await run(["https://host.example/a.bin", "--sha256", "a".repeat(64), "--offline", flag, value]);
      expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(says)]);
      expect(done.stderr).not.toMatch(/:\d+:\d+|on line|not a valid manifest/);
      expect(assets()).toEqual([]);
    },
  );

  it("leaves a read-only manifest alone before it fetches anything", async () => {
    const { tree, run } = project();
    chmodSync(tree.path("assets.manifest.json"), 0o444);
    const server = await startFaultServer();
    const done = await run([server.serve("/a.bin", { body: "a" })]);
    expect(done).toMatchObject({ code: 6, stderr: expect.stringContaining("it is read-only") });
    expect([tree.read("assets.manifest.json").toString(), tree.files()]).toEqual([START, ["assets.manifest.json"]]);
  });
});
