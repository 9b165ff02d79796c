/** The library as other programs use it. */
import { describe, expect, expectTypeOf, it } from "vitest";
import { type AssetEvent, type AssetManager, createAssetManager } from "../src/index.js";
import { createMockAssetManager } from "../src/testing.js";
import { startFaultServer } from "./helpers/fault-server.js";
import { makeTree } from "./helpers/tree.js";

/** A project with a one-file model and a two-file dataset, and a manager of it. */
async function project() {
  const tree = makeTree();
  const server = await startFaultServer();
  const serve = (path: string, body: string) => ({ url: server.serve(path, { body }), body });
  tree.manifestFor({
    "models/one.bin": { ...serve("/one.bin", "one"), id: "one", required: true },
    "data/two/a.csv": { ...serve("/a.csv", "a,b"), id: "two", type: "dataset" },
    "data/two/deep/b.csv": { ...serve("/b.csv", "c,d"), id: "two", type: "dataset" },
  });
  return { tree, server, manager: createAssetManager({ cwd: tree.root }) };
}

describe("the asset manager", () => {
  it("fetches an asset when its path is asked for, and not a second time", async () => {
    const { tree, server, manager } = await project();
    expect(await manager.getAssetPath("one")).toBe(tree.path("models/one.bin"));
    expect(await manager.getAssetPath("one")).toBe(tree.path("models/one.bin"));
    expect(tree.read("models/one.bin").toString()).toBe("one");
    expect(server.requests).toHaveLength(1);
  });

  it("answers the common folder of several files, and the path of one by its name, fetching only that one", async () => {
    const { tree, manager } = await project();
    expect(await manager.getAssetPath("two", { file: "b.csv" })).toBe(tree.path("data/two/deep/b.csv"));
    expect([tree.exists("data/two/deep/b.csv"), tree.exists("data/two/a.csv")]).toEqual([true, false]);
    expect(await manager.getAssetPath("two")).toBe(tree.path("data/two"));
    expect(tree.exists("data/two/a.csv")).toBe(true);
    await expect(manager.getAssetPath("two", { file: "c.csv" })).rejects.toThrow('has no file "c.csv"');
  });

  it("says how an asset stands without fetching it", async () => {
    const { tree, server, manager } = await project();
    expect(await manager.checkAsset("one")).toMatchObject({ exists: false, valid: false });
    tree.write("models/one.bin", "eno");
    expect(await manager.checkAsset("one")).toMatchObject({
      exists: true,
      valid: false,
      path: tree.path("models/one.bin"),
    });
    tree.write("models/one.bin", "one");
    expect(await manager.checkAsset("one")).toMatchObject({ exists: true, valid: true });
    expect(server.requests).toHaveLength(0);
  });

  it("fetches what is required, and nothing else", async () => {
    const { tree, manager } = await project();
    const report = await manager.downloadRequiredAssets();
    expect(report.outcomes.map(({ path }) => path)).toEqual(["models/one.bin"]);
    expect(tree.exists("data")).toBe(false);
  });

  it("takes a manifest in which nothing is required for nothing to do, not for everything", async () => {
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: "https://example.invalid/a", body: "a" } });
    const report = await createAssetManager({ cwd: tree.root }).downloadRequiredAssets();
    expect(report.totals.files).toBe(0);
  });

  it("throws what stands in the way, with its code and hint, when an asset cannot be had", async () => {
    const { tree, manager } = await project();
    tree.write("models/one.bin", "mine");
    await expect(manager.downloadAsset("one")).rejects.toMatchObject({ code: "CONFLICT", exitCode: 6 });
    expect(tree.read("models/one.bin").toString()).toBe("mine");
    await expect(manager.downloadAsset("one", { force: true })).resolves.toMatchObject({ ok: true });
  });

  it("names the nearest id for one that is not there, and takes no pattern for an id", async () => {
    const { manager } = await project();
    await expect(manager.getAssetPath("onee")).rejects.toMatchObject({ code: "UNKNOWN_ID" });
    await expect(manager.getAssetPath("onee")).rejects.toThrow("Did you mean one?");
    await expect(manager.checkAsset("o*")).rejects.toMatchObject({ code: "UNKNOWN_ID" });
  });

  it("tells every event to every listener until it is unregistered", async () => {
    const { manager } = await project();
    const seen: AssetEvent["type"][] = [];
    const stop = manager.onProgress(({ type }) => seen.push(type));
    await manager.downloadAsset("one");
    expect(seen).toEqual(expect.arrayContaining(["plan", "transfer:start", "transfer:progress", "outcome"]));
    const told = seen.length;
    stop();
    await manager.downloadAsset("two");
    expect(seen).toHaveLength(told);
  });

  it("can be aborted, and goes on later", async () => {
    const { tree, manager } = await project();
    const abort = new AbortController();
    abort.abort();
    await expect(manager.downloadAsset("two", { signal: abort.signal })).rejects.toMatchObject({ code: "ABORTED" });
    expect(tree.exists("data/two/a.csv")).toBe(false);
    await manager.downloadAsset("two");
    expect((await manager.verifyAssets()).totals.byStatus).toEqual({ missing: 1, valid: 2 });
  });

  it("says that checking and verifying were aborted, and calls no file bad for it", async () => {
    const { tree, manager } = await project();
    tree.write("models/one.bin", "one");
    const signal = AbortSignal.abort();
    await expect(manager.verifyAssets({ signal })).rejects.toMatchObject({ code: "ABORTED" });
    await expect(manager.checkAsset("one", { signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("takes the ledger's word when it is asked to, and asks for more than the selected files", async () => {
    const { tree, manager } = await project();
    await manager.downloadAsset("one");
    const quick = { selection: { ids: ["one"] }, quick: true };
    expect((await manager.verifyAssets(quick)).totals).toMatchObject({ proven: 0, remembered: 1 });
    expect((await manager.verifyAssets({ ...quick, maxAgeMs: 0 })).totals).toMatchObject({ proven: 1, remembered: 0 });
    tree.write("models/old.bin", "old");
    const report = await manager.verifyAssets({ ...quick, require: ["*.csv"], extra: true });
    expect(report).toMatchObject({ ok: false, extra: [{ path: "models/old.bin" }], totals: { findings: 3 } });
    await expect(manager.verifyAssets({ require: ["x".repeat(5000)] })).rejects.toMatchObject({ code: "USAGE" });
  });

  it("mends what is damaged, says what it would cost first, and keeps what was there if that is wished", async () => {
    const { tree, server, manager } = await project();
    await manager.downloadAsset("one");
    tree.write("models/one.bin", "eno");
    const asked = server.requests.length;
    const dry = await manager.repairAssets({ selection: { ids: ["one"] }, dryRun: true });
    expect(dry).toMatchObject({ ok: false, damages: [{ path: "models/one.bin", toFetch: 3 }] });
    expect([server.requests.length, tree.read("models/one.bin").toString()]).toEqual([asked, "eno"]);
    const report = await manager.repairAssets({ selection: { ids: ["one"] }, backup: true });
    expect(report).toMatchObject({ ok: true, totals: { damaged: 1, repaired: 1, received: 3 } });
    expect(["", ".orig"].map((end) => tree.read(`models/one.bin${end}`).toString())).toEqual(["one", "eno"]);
    await expect(manager.repairAssets({ selection: { ids: ["three"] } })).rejects.toMatchObject({ code: "UNKNOWN_ID" });
  });

  it("gives caches a key that changes with what is selected", async () => {
    const { manager } = await project();
    const [all, again, one] = [manager.cacheKey(), manager.cacheKey({}), manager.cacheKey({ ids: ["one"] })];
    expect(await all).toMatch(/^assets-[0-9a-f]{64}$/);
    expect(await again).toBe(await all);
    expect(await one).not.toBe(await all);
  });

  it("goes on although a listener throws", async () => {
    const { tree, manager } = await project();
    const thrown: unknown[] = [];
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => thrown.push(error));
    const stop = manager.onProgress(() => {
      stop();
      throw new Error("mine");
    });
    await manager.downloadAsset("one");
    for (const listener of before) process.on("uncaughtException", listener);
    expect(tree.exists("models/one.bin")).toBe(true);
    expect(thrown).toMatchObject([{ message: "mine" }]);
  });

  it("lists what there is and how it stands", async () => {
    const { manager } = await project();
    await manager.downloadAsset("one");
    expect((await manager.listAssets()).map(({ id, state, proven }) => [id, state, proven])).toEqual([
      ["one", "ready", true],
      ["two", "missing", false],
    ]);
    expect(await manager.listAssets({ types: ["dataset"] })).toHaveLength(1);
  });

  it("reads a manifest that was mended after a failed call", async () => {
    const tree = makeTree();
    const manager = createAssetManager({ cwd: tree.root, manifest: "m.json" });
    await expect(manager.initialize()).rejects.toMatchObject({ code: "MANIFEST_NOT_FOUND" });
    tree.write("m.json", '{ "version": 1, "assets": [] }');
    await manager.initialize();
    expect(await manager.listAssets()).toEqual([]);
  });
});

describe("the mock asset manager", () => {
  it("has the interface of the real one", () => {
    expectTypeOf(createMockAssetManager).returns.toEqualTypeOf<AssetManager>();
    const real = Object.keys(createAssetManager()).sort();
    expect(Object.keys(createMockAssetManager({})).sort()).toEqual(real);
  });

  it("answers the given paths without looking at them, and refuses other ids", async () => {
    const mock = createMockAssetManager({ one: "/nowhere/one.bin", constructor: "/c" });
    await mock.initialize();
    expect(await mock.getAssetPath("one")).toBe("/nowhere/one.bin");
    expect(await mock.getAssetPath("constructor")).toBe("/c");
    expect(await mock.checkAsset("one")).toMatchObject({ exists: true, valid: true });
    expect((await mock.downloadAsset("one")).outcomes[0]).toMatchObject({ asset: "one", status: "present" });
    expect((await mock.verifyAssets()).ok).toBe(true);
    expect((await mock.repairAssets()).totals).toMatchObject({ files: 2, right: 2, damaged: 0 });
    expect((await mock.listAssets()).map(({ id }) => id)).toEqual(["one", "constructor"]);
    await expect(mock.getAssetPath("two")).rejects.toMatchObject({ code: "UNKNOWN_ID" });
  });
});
