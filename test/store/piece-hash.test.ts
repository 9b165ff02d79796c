/** Digests of pieces come out the same however the bytes come in. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Cutting, PieceAlgorithm } from "../../src/manifest/pieces.js";
import { createHasher } from "../../src/store/digest.js";
import { createPieceHash } from "../../src/store/piece-hash.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

const DIGEST: Record<PieceAlgorithm, (bytes: Buffer) => Buffer> = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  // The trailer of gzip: CRC-32, then the length, lower bytes first (RFC 1952).
  crc32: (bytes) => gzipSync(bytes).subarray(-8, -4).reverse(),
};

function cut(bytes: Buffer, { pieceBytes, algorithm }: Cutting): Buffer {
  const digests: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    digests.push(DIGEST[algorithm](bytes.subarray(at, at + pieceBytes)));
  }
  return Buffer.concat(digests);
}

it.each(["sha256", "crc32"] as const)("hashes each piece with %s, whatever chunks the bytes come in", (algorithm) => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 64 }), (parts, pieceBytes) => {
      const cutting = { pieceBytes, algorithm };
      const hash = createPieceHash(cutting);
      let before = Buffer.alloc(0);
      for (const part of parts) {
        hash.update(part);
        before = Buffer.concat([before, part]);
        expect(Buffer.from(hash.cut().digests).equals(cut(before, cutting))).toBe(true);
      }
    }),
  );
});

it("gives, of a file, the digest of its beginning and of the pieces in it", async () => {
  const tree = makeTree();
  const bytes = bytesOf({ size: 3_000_000, seed: 5 });
  const path = tree.write("a", bytes);
  const hasher = createHasher(1);
  const signal = new AbortController().signal;
  const cutting = { pieceBytes: 65_536, algorithm: "sha256" } as const;
  const all = await hasher.hash(path, { signal, cutting });
  const part = await hasher.hash(path, { signal, cutting, end: 2_000_000 });
  const more = await hasher.hash(path, { signal, end: 9_000_000, algorithm: "sha512" });
  await hasher.close();
  expect(all).toMatchObject({ hex: sha256Of(bytes), size: bytes.length });
  expect(Buffer.from(all.pieces?.digests ?? []).equals(cut(bytes, cutting))).toBe(true);
  expect(part).toMatchObject({ hex: sha256Of(bytes.subarray(0, 2_000_000)), size: 2_000_000 });
  expect(Buffer.from(part.pieces?.digests ?? []).equals(cut(bytes.subarray(0, 2_000_000), cutting))).toBe(true);
  expect(more).toMatchObject({ hex: createHash("sha512").update(bytes).digest("hex"), size: bytes.length });
  expect(more.pieces).toBeUndefined();
});
