/** What is written down of pieces, and when nothing is. */
import { mkdirSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lockPieces } from "../../src/commands/lock-pieces.js";
import type { AssetEvent } from "../../src/events.js";
import { loadManifest } from "../../src/manifest/load.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { flipped, lockAll } from "../helpers/pieces.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const LARGE = { size: 400_000, seed: 1 };
const OTHER = { size: 600_000, seed: 2 };

/** Two large files, a small one and one without a pin, all of them here. */
function project(): Tree {
  const tree = makeTree();
  tree.manifestFor({
    "large.bin": { url: "x", body: LARGE, id: "large" },
    "other.bin": { url: "x", body: OTHER, id: "other" },
    "small.bin": { url: "x", body: "small", id: "small" },
    "free.bin": { url: "x", pin: "none", id: "free" },
  });
  tree.write("large.bin", LARGE);
  tree.write("other.bin", OTHER);
  tree.write("small.bin", "small");
  tree.write("free.bin", { size: 500_000, seed: 3 });
  return tree;
}

function lockedIn(tree: Tree): { sha256: string; size: number; pieceSize: number }[] {
  return JSON.parse(tree.read("assets.pieces.json").toString()).files;
}

describe("assets lock --pieces", () => {
  it("writes the pieces of pinned files that are worth it, and their digest into the manifest", async () => {
    const tree = project();
    const report = await lockAll(tree);
    expect(report).toMatchObject({ ok: true, written: true, bytes: tree.read("assets.pieces.json").length });
    expect(report.files.map(({ path, status, pieces }) => [path, status, pieces])).toEqual([
      ["large.bin", "locked", 7],
      ["other.bin", "locked", 10],
      ["small.bin", "small", undefined],
      ["free.bin", "unpinned", undefined],
    ]);
    expect(lockedIn(tree).map(({ sha256 }) => sha256)).toEqual([sha256Of(LARGE), sha256Of(OTHER)].sort());
    const { pieces } = await loadManifest({ cwd: tree.root });
    expect(pieces).toBe(tree.sha256("assets.pieces.json"));
  });

  it("keeps every comment and every space of the manifest", async () => {
    const tree = project();
    const text = `// ours\n${tree.read("assets.manifest.json").toString().replace('"version": 1,', '"version":   1, // one\n')}`;
    tree.write("assets.manifest.json", text);
    await lockAll(tree);
    const edited = tree.read("assets.manifest.json").toString();
    const line = /^ {2}"pieces": "sha256:[0-9a-f]{64}",\n/m.exec(edited)?.[0] ?? "none";
    expect(edited.replace(line, "")).toBe(text);
  });

  it("changes nothing the second time", async () => {
    const tree = project();
    await lockAll(tree);
    const stamps = () => ["assets.pieces.json", "assets.manifest.json"].map((name) => statSync(tree.path(name)).ino);
    const before = stamps();
    expect(await lockAll(tree)).toMatchObject({ ok: true, written: false });
    expect(stamps()).toEqual(before);
  });

  it("keeps what it knew when it was stopped between its two writes", async () => {
    const tree = project();
    const text = tree.read("assets.manifest.json").toString();
    await lockAll(tree);
    const before = lockedIn(tree);
    // The pieces are written first: the manifest names none yet, or those from before.
    const older = text.replace('"version": 1,', `"version": 1, "pieces": "sha256:${"0".repeat(64)}",`);
    for (const stopped of [text, older]) {
      tree.write("assets.manifest.json", stopped);
      if (tree.exists("large.bin")) tree.remove("large.bin");
      const report = await lockAll(tree);
      expect(report).toMatchObject({ ok: true, written: true });
      expect(report.files[0]).toMatchObject({ path: "large.bin", status: "kept" });
      expect(lockedIn(tree)).toEqual(before);
      expect((await loadManifest({ cwd: tree.root })).pieces).toBe(tree.sha256("assets.pieces.json"));
    }
  });

  it("keeps nothing of a file that is no file of pieces, and says so", async () => {
    const tree = project();
    tree.write("assets.pieces.json", '{"version": 1, "algorithm": "sha256", "files": [{}]}');
    const told: string[] = [];
    const onEvent = (event: AssetEvent) => event.type === "warning" && told.push(event.message);
    const report = await lockPieces({ manifest: await loadManifest({ cwd: tree.root }), onEvent });
    expect(report).toMatchObject({ ok: true, written: true });
    expect(told).toEqual([expect.stringContaining("is no file of pieces, so nothing of it is kept")]);
  });

  it("keeps what it knew of files that are gone, and of those not selected", async () => {
    const tree = project();
    await lockAll(tree);
    const before = lockedIn(tree);
    tree.remove("large.bin");
    tree.write("other.bin", flipped(bytesOf(OTHER), 3));
    const manifest = await loadManifest({ cwd: tree.root });
    const report = await lockPieces({ manifest });
    expect(report.ok).toBe(true);
    expect(report.files.slice(0, 2).map(({ status }) => status)).toEqual(["kept", "kept"]);
    await lockPieces({ manifest, selection: { ids: ["small"] } });
    expect(lockedIn(tree)).toEqual(before);
  });

  it("keeps the pieces of both when two runs lock different files at once", async () => {
    const tree = project();
    const manifest = await loadManifest({ cwd: tree.root });
    await Promise.all(["large", "other"].map((id) => lockPieces({ manifest, selection: { ids: [id] } })));
    expect(lockedIn(tree).map(({ sha256 }) => sha256)).toEqual([sha256Of(LARGE), sha256Of(OTHER)].sort());
    expect((await loadManifest({ cwd: tree.root })).pieces).toBe(tree.sha256("assets.pieces.json"));
  });

  it("forgets pieces of files that the manifest pins no more", async () => {
    const tree = project();
    await lockAll(tree);
    const manifest = JSON.parse(tree.read("assets.manifest.json").toString());
    manifest.assets.splice(0, 1);
    tree.write("assets.manifest.json", JSON.stringify(manifest));
    await lockAll(tree);
    expect(lockedIn(tree).map(({ sha256 }) => sha256)).toEqual([sha256Of(OTHER)]);
  });

  it("locks no file that is missing or not the pinned one, and says so", async () => {
    const tree = project();
    tree.remove("large.bin");
    tree.write("other.bin", flipped(bytesOf(OTHER), 3));
    const report = await lockAll(tree);
    expect(report.ok).toBe(false);
    expect(report.files.slice(0, 2).map(({ status }) => status)).toEqual(["missing", "differs"]);
    expect(lockedIn(tree)).toEqual([]);
  });

  it("writes nothing in a dry run", async () => {
    const tree = project();
    const before = tree.files();
    const report = await lockPieces({ manifest: await loadManifest({ cwd: tree.root }), dryRun: true });
    expect(report).toMatchObject({ ok: true, dryRun: true, written: false });
    expect(tree.files()).toEqual(before);
  });

  it("writes nothing into a manifest that has become another while it hashed", async () => {
    const tree = project();
    const manifest = await loadManifest({ cwd: tree.root });
    tree.manifestFor({ "large.bin": { url: "x", body: OTHER, id: "large" } });
    const edited = tree.read("assets.manifest.json");
    await expect(lockPieces({ manifest })).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
    expect(tree.read("assets.manifest.json").equals(edited)).toBe(true);
    expect(tree.exists("assets.pieces.json")).toBe(false);
  });

  it("refuses to replace a file of pieces that it cannot read", async () => {
    const tree = project();
    await lockAll(tree);
    tree.remove("assets.pieces.json");
    mkdirSync(tree.path("assets.pieces.json"));
    await expect(lockAll(tree)).rejects.toMatchObject({
      code: "LOCAL_IO",
      message: expect.stringContaining("regular"),
    });
  });

  it("leaves no draft behind where the manifest's folder takes no file", async () => {
    const tree = project();
    tree.write("assets.pieces.json/x", "a folder stands there");
    await expect(lockAll(tree)).rejects.toMatchObject({ code: "LOCAL_IO" });
    expect(tree.files().filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});

describe("the manifest's key for pieces", () => {
  it.each(["sha256:abc", `sha1:${"a".repeat(64)}`, "a".repeat(64), `sha256:${"A".repeat(64)}`])(
    "refuses %s",
    async (pieces) => {
      const tree = makeTree();
      tree.write("assets.manifest.json", JSON.stringify({ version: 1, pieces, assets: [] }));
      await expect(loadManifest({ cwd: tree.root })).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
    },
  );

  it("lets no asset take the place of the file of pieces", async () => {
    const tree = makeTree();
    const asset = { id: "a", type: "model", path: ".", files: [{ path: "ours.pieces.json", url: "x" }] };
    const file = tree.write("ours.json", JSON.stringify({ version: 1, assets: [asset] }));
    await expect(loadManifest({ cwd: tree.root, file })).rejects.toThrow("the manifest's file of pieces");
  });
});
