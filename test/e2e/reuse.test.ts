/** Bytes that lie elsewhere on this machine are copied instead of fetched: through the real program. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, statSync, symlinkSync, utimesSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { eventsOf } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 3_000_000, seed: 4 };
const SHA = sha256Of(BODY);
const OBJECT = `.git/lfs/objects/${SHA.slice(0, 2)}/${SHA.slice(2, 4)}/${SHA}`;
const onWindows = process.platform === "win32";

/** A repository whose git-lfs holds the bytes of `m/x.bin`, which a server has as well. */
async function repository(body: Parameters<typeof sha256Of>[0] = BODY) {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.write(".git/HEAD", "ref: refs/heads/main\n");
  mkdirSync(tree.path(".git/objects"));
  tree.manifestFor({ "m/x.bin": { url: server.serve("/x.bin", { body: BODY }), body: BODY } });
  tree.write(OBJECT, body);
  return { server, tree };
}

const download = (tree: Tree, args: string[] = [], env: Record<string, string> = {}) =>
  runInProcess(["download", "--all", ...args], { cwd: tree.root, env });

describe("what git-lfs has already", () => {
  it("is copied without a request, proven, and said to be", async () => {
    const { server, tree } = await repository();
    const { code, stdout, stderr } = await download(tree);
    expect([code, tree.sha256("m/x.bin"), server.requests.length]).toEqual([0, SHA, 0]);
    expect(stdout).toContain("1 copied from elsewhere on this machine");
    expect(stderr).toContain(`from ${tree.path(OBJECT)}`);
    expect(tree.leftovers()).toEqual([]);
  });

  it("is told to programs as `reused`, with where it came from", async () => {
    const { tree } = await repository();
    const { stdout } = await download(tree, ["--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      outcomes: [{ status: "reused", from: tree.path(OBJECT), verified: true, received: 0, size: BODY.size }],
      totals: { reused: 1, downloaded: 0, received: 0 },
    });
  });

  it.each([
    ["--no-reuse", ["--no-reuse"], {}],
    ["ASSETS_NO_REUSE", [], { ASSETS_NO_REUSE: "1" }],
  ])("is not looked at with %s", async (_, args, env) => {
    const { server, tree } = await repository();
    const { code, stdout } = await download(tree, ["--json", ...args], env);
    expect([code, JSON.parse(stdout).totals.downloaded, server.requests.length]).toEqual([0, 1, 1]);
  });

  it("is enough with --offline", async () => {
    const { server, tree } = await repository();
    expect((await download(tree, ["--offline"])).code).toBe(0);
    expect(server.requests).toEqual([]);
    expect((await download(tree, ["--offline", "--force"])).code).toBe(0);
  });

  it("stays as it was, shares no inode with the copy, and its mode is not the copy's", async () => {
    const { tree } = await repository();
    chmodSync(tree.path(OBJECT), 0o444);
    utimesSync(tree.path(OBJECT), 1_000_000, 1_000_000);
    const before = statSync(tree.path(OBJECT));
    expect((await download(tree)).code).toBe(0);
    const [after, copy] = [statSync(tree.path(OBJECT)), statSync(tree.path("m/x.bin"))];
    const facts = ({ ino, nlink, mode, mtimeMs, size }: typeof before) => ({ ino, nlink, mode, mtimeMs, size });
    expect(facts(after)).toEqual(facts(before));
    expect(copy.ino).not.toBe(before.ino);
    if (!onWindows) expect(copy.mode & 0o200).toBe(0o200);
  });

  it("takes the place of a partial that was begun", async () => {
    const { server, tree } = await repository();
    const partial = `m/x.bin.${SHA.slice(0, 12)}.part`;
    tree.write(partial, Buffer.alloc(1_000_000, 7));
    expect((await download(tree)).code).toBe(0);
    expect([tree.sha256("m/x.bin"), server.requests.length, tree.leftovers()]).toEqual([SHA, 0, []]);
  });

  it("does not take the place of a file that the user may have changed", async () => {
    const { tree } = await repository();
    tree.write("m/x.bin", "mine");
    expect((await download(tree)).code).toBe(6);
    expect(tree.read("m/x.bin").toString()).toBe("mine");
  });
});

describe("a place with other bytes under the right name costs nothing but time", () => {
  it.each([
    ["of the same size", { size: BODY.size, seed: 5 }],
    ["of another size", "short"],
    ["without any", ""],
  ])("%s", async (_, body) => {
    const { server, tree } = await repository(body);
    const result = await download(tree, ["--ndjson"]);
    expect([result.code, tree.sha256("m/x.bin"), server.requests.length]).toEqual([0, SHA, 1]);
    const outcome = eventsOf(result).find(({ type }) => type === "outcome");
    expect(outcome).toMatchObject({ outcome: { status: "downloaded", attempts: 1, tried: [] } });
    expect(tree.leftovers()).toEqual([]);
  });

  it("which is a folder, a link to nothing, or a pipe", async () => {
    const { server, tree } = await repository();
    tree.remove(OBJECT);
    mkdirSync(tree.path(OBJECT));
    const pipe = tree.path(`ollama/blobs/sha256-${SHA}`);
    mkdirSync(tree.path("ollama/blobs"), { recursive: true });
    if (!onWindows) expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    mkdirSync(tree.path("hub/models--o--n/blobs"), { recursive: true });
    if (!onWindows) symlinkSync("nothing", tree.path(`hub/models--o--n/blobs/${SHA}`));
    const { code } = await download(tree, [], {
      HF_HUB_CACHE: tree.path("hub"),
      OLLAMA_MODELS: tree.path("ollama"),
    });
    expect([code, server.requests.length]).toEqual([0, 1]);
  });

  it("and the partial of before goes on from where it was", async () => {
    const { server, tree } = await repository({ size: BODY.size, seed: 5 });
    const partial = `m/x.bin.${SHA.slice(0, 12)}.part`;
    const { seeded } = await import("../helpers/content.js");
    tree.write(partial, seeded(BODY.size, BODY.seed).slice(0, 2_000_000));
    expect((await download(tree)).code).toBe(0);
    expect(server.bytesSent("/x.bin")).toBeLessThan(1_100_000);
  });
});

it("the same bytes under two names are fetched once", async () => {
  const server = await startFaultServer();
  const tree = makeTree();
  const [a, b] = ["/a", "/b"].map((path) => server.serve(path, { body: BODY })) as [string, string];
  tree.manifestFor({ "a.bin": { url: a, body: BODY }, "deep/b.bin": { url: b, body: BODY } });
  const { code, stdout } = await download(tree, ["--json"]);
  expect([code, server.requests.length, tree.sha256("a.bin"), tree.sha256("deep/b.bin")]).toEqual([0, 1, SHA, SHA]);
  expect(JSON.parse(stdout).totals).toMatchObject({ downloaded: 1, reused: 1, received: BODY.size });
});

it("of two files with the same bytes, the second is fetched when the first fails", async () => {
  const server = await startFaultServer();
  const tree = makeTree();
  const fine = server.serve("/b", { body: BODY });
  tree.manifestFor({
    "a.bin": { url: fine.replace("/b", "/none"), body: BODY },
    "b.bin": { url: fine, body: BODY },
  });
  const { stdout } = await download(tree, ["--json", "--jobs", "1"]);
  expect(JSON.parse(stdout).totals).toMatchObject({ downloaded: 1, failed: 1 });
});

it("another checkout that ASSETS_REFERENCE names gives its files", async () => {
  const { server, tree } = await repository();
  tree.remove(".git");
  const second = makeTree();
  second.write("m/x.bin", BODY);
  const { code } = await download(tree, [], { ASSETS_REFERENCE: second.root });
  expect([code, server.requests.length]).toEqual([0, 0]);
});

it("a file that the manifest has under a new name is copied from the old one", async () => {
  const server = await startFaultServer();
  const tree = makeTree();
  const url = server.serve("/a", { body: BODY });
  tree.manifestFor({ "old.bin": { url, body: BODY } });
  await download(tree);
  tree.manifestFor({ "sub/new.bin": { url, body: BODY } });
  const { code, stdout } = await download(tree, ["--json"]);
  expect([code, server.requests.length, tree.sha256("sub/new.bin")]).toEqual([0, 1, SHA]);
  expect(JSON.parse(stdout).outcomes[0]).toMatchObject({ status: "reused", from: tree.path("old.bin") });
});
