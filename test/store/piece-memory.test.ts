/** What is remembered of pieces: found again by digest, and never a reason to fail. */
import { symlinkSync, truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Pieces, toEntry } from "../../src/manifest/pieces.js";
import { openPieceMemory } from "../../src/store/piece-memory.js";
import { sha256Of } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

const FILE = ".assets/pieces.ndjson";

function piecesOf(name: string): Pieces {
  const digests = Buffer.alloc(16 * 4, name);
  return { sha256: sha256Of(name), size: 1_000_000, pieceBytes: 65_536, algorithm: "crc32", digests };
}

describe("the memory of pieces", () => {
  it("tells another run what one run has remembered, and nothing of other files", async () => {
    const tree = makeTree();
    const memory = openPieceMemory(tree.root);
    await Promise.all(["a", "b", "a"].map((name) => memory.remember(piecesOf(name))));
    const later = openPieceMemory(tree.root);
    expect(await later.recall(sha256Of("b"))).toEqual(piecesOf("b"));
    expect(await later.recall(sha256Of("c"))).toBeUndefined();
    expect(
      tree
        .read(FILE)
        .toString()
        .trim()
        .split("\n")
        .filter((line) => line !== ""),
    ).toHaveLength(2);
  });

  it("is read once by a run, however much is asked of it", async () => {
    const tree = makeTree();
    const before = openPieceMemory(tree.root);
    await before.remember(piecesOf("a"));
    await before.remember(piecesOf("b"));
    const memory = openPieceMemory(tree.root);
    expect(await memory.recall(sha256Of("a"))).toEqual(piecesOf("a"));
    tree.remove(FILE);
    expect(await memory.recall(sha256Of("b"))).toEqual(piecesOf("b"));
    await memory.remember(piecesOf("c"));
    expect(await memory.recall(sha256Of("c"))).toEqual(piecesOf("c"));
  });

  it("goes on behind a line that a killed run has torn", async () => {
    const tree = makeTree();
    await openPieceMemory(tree.root).remember(piecesOf("a"));
    truncateSync(tree.path(FILE), 100);
    const memory = openPieceMemory(tree.root);
    expect(await memory.recall(sha256Of("a"))).toBeUndefined();
    await memory.remember(piecesOf("b"));
    expect(await memory.recall(sha256Of("b"))).toEqual(piecesOf("b"));
  });

  it("believes no line whose numbers do not fit", async () => {
    const tree = makeTree();
    tree.write(FILE, `${JSON.stringify({ ...toEntry(piecesOf("a")), size: 5e9 })}\n`);
    expect(await openPieceMemory(tree.root).recall(sha256Of("a"))).toBeUndefined();
  });

  it("neither reads nor writes through a link that came with the repository", async () => {
    const tree = makeTree();
    tree.write(".assets/x", "");
    tree.write("theirs", `${JSON.stringify(toEntry(piecesOf("a")))}\n`);
    const before = tree.read("theirs");
    symlinkSync(tree.path("theirs"), tree.path(FILE));
    const memory = openPieceMemory(tree.root);
    expect(await memory.recall(sha256Of("a"))).toBeUndefined();
    await memory.remember(piecesOf("b"));
    expect(tree.read("theirs").equals(before)).toBe(true);
  });

  it("fails nobody where it cannot be written", async () => {
    const tree = makeTree();
    tree.write(".assets", "a file where a folder should be");
    const memory = openPieceMemory(tree.root);
    await memory.remember(piecesOf("a"));
    expect(await memory.recall(sha256Of("a"))).toBeUndefined();
  });
});
