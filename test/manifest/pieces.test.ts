/** How files are cut into pieces, and what of a file of pieces is believed. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPieces, type Pieces, pieceBytesFor, piecesPath } from "../../src/manifest/pieces.js";
import { readEntry, readPieces } from "../../src/manifest/read-pieces.js";

function piecesOf(size: number, seed = "a"): Pieces {
  const pieceBytes = pieceBytesFor(size) ?? 65_536;
  const digests = Buffer.alloc(Math.ceil(size / pieceBytes) * 32, seed);
  return { sha256: createHash("sha256").update(seed).digest("hex"), size, pieceBytes, algorithm: "sha256", digests };
}

describe("the size of a piece", () => {
  it.each([
    [0, undefined],
    [256 * 1024, undefined],
    [256 * 1024 + 1, 64 * 1024],
    [64 * 1024 * 1200, 64 * 1024],
    [64 * 1024 * 1200 + 1, 128 * 1024],
    [2 ** 30, 2 ** 20],
    [10e9, 2 ** 23],
    [1e12, 2 ** 30],
  ])("of a file of %d bytes is %s", (size, bytes) => {
    expect(pieceBytesFor(size)).toBe(bytes);
  });

  it("is a power of two that cuts any file into at most 1,200 pieces, so that 10 GB cost some 50 KB", () => {
    fc.assert(
      fc.property(fc.integer({ min: 256 * 1024 + 1, max: 2 ** 50 }), (size) => {
        const bytes = pieceBytesFor(size) ?? 0;
        expect(Number.isInteger(Math.log2(bytes))).toBe(true);
        expect(Math.ceil(size / bytes)).toBeLessThanOrEqual(1200);
        if (bytes > 64 * 1024) expect(size / bytes).toBeGreaterThan(600);
      }),
    );
    expect(formatPieces([piecesOf(10e9)]).length).toBeLessThan(52_000);
  });
});

describe("the file of pieces", () => {
  it.each([
    ["/p/assets.manifest.json", "/p/assets.pieces.json"],
    ["/p/config/assets.json", "/p/config/assets.pieces.json"],
    ["/p/Models.Manifest.JSON", "/p/Models.pieces.json"],
    ["/p/other", "/p/other.pieces.json"],
  ])("of %s is %s", (manifest, pieces) => {
    expect(piecesPath(manifest).replaceAll("\\", "/")).toBe(pieces);
  });

  it("reads back as it was written, in whatever order it was given", () => {
    const files = [piecesOf(1e6, "b"), piecesOf(2e9, "c"), piecesOf(300_000, "a")];
    const text = formatPieces(files);
    expect(formatPieces(files.toReversed())).toBe(text);
    expect(
      [...(readPieces(text)?.values() ?? [])].map((each) => ({ ...each, digests: Buffer.from(each.digests) })),
    ).toEqual(files.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1)));
  });

  const good = JSON.parse(formatPieces([piecesOf(1e6)])) as { files: [Record<string, unknown>] };
  const entry = good.files[0];
  it.each<[string, object]>([
    ["another version", { ...good, version: 2 }],
    ["another algorithm", { ...good, algorithm: "md5" }],
    ["a key that it does not know", { ...good, extra: 1 }],
    ["no digest of the whole", { ...good, files: [{ ...entry, sha256: "x" }] }],
    ["a digest in capital letters", { ...good, files: [{ ...entry, sha256: String(entry.sha256).toUpperCase() }] }],
    ["an empty file", { ...good, files: [{ ...entry, size: 0, pieces: "" }] }],
    ["a size that is no whole number", { ...good, files: [{ ...entry, size: 1.5 }] }],
    ["a size beyond all numbers", { ...good, files: [{ ...entry, size: 1e300 }] }],
    ["pieces of no size", { ...good, files: [{ ...entry, pieceSize: 0 }] }],
    ["pieces of one byte", { ...good, files: [{ ...entry, pieceSize: 1 }] }],
    ["a size of pieces that is no power of two", { ...good, files: [{ ...entry, pieceSize: 65_537 }] }],
    ["fewer digests than pieces", { ...good, files: [{ ...entry, size: 2e6 }] }],
    ["more digests than pieces", { ...good, files: [{ ...entry, size: 1e5 }] }],
    [
      "digests that are not base64",
      { ...good, files: [{ ...entry, pieces: `${String(entry.pieces).slice(0, -1)}!` }] },
    ],
    ["more digests than anybody needs", { ...good, files: [{ ...entry, pieces: "A".repeat(4e6) }] }],
  ])("is refused with %s", (_, value) => {
    expect(readPieces(JSON.stringify(value))).toBeUndefined();
  });

  it("never makes a reader throw, whatever it holds", () => {
    const json = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((files) => `{"version":1,"algorithm":"sha256","files":${files}}`),
    );
    fc.assert(
      fc.property(json, (text) => {
        expect(() => [readPieces(text), readEntry(text)]).not.toThrow();
      }),
    );
    expect(readPieces(JSON.stringify(good))?.size).toBe(1);
  });
});
