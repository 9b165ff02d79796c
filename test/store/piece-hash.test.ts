/** Digests of pieces come out the same however the bytes come in. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createHasher } from "../../src/store/digest.js";
import { createPieceHash } from "../../src/store/piece-hash.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

function cut(bytes: Buffer, length: number): Buffer {
  const digests: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += length) {
    digests.push(
      createHash("sha256")
        .update(bytes.subarray(at, at + length))
        .digest(),
    );
  }
  return Buffer.concat(digests);
}

it("hashes each piece, whatever chunks the bytes come in and whenever it is asked", () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 64 }), (parts, length) => {
      const hash = createPieceHash(length);
      let before = Buffer.alloc(0);
      for (const part of parts) {
        hash.update(part);
        before = Buffer.concat([before, part]);
        expect(Buffer.from(hash.digests()).equals(cut(before, length))).toBe(true);
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
  const all = await hasher.hash(path, { signal, pieceBytes: 65_536 });
  const part = await hasher.hash(path, { signal, pieceBytes: 65_536, end: 2_000_000 });
  const more = await hasher.hash(path, { signal, end: 9_000_000, algorithm: "sha512" });
  await hasher.close();
  expect(all).toMatchObject({ hex: sha256Of(bytes), size: bytes.length });
  expect(Buffer.from(all.pieces ?? []).equals(cut(bytes, 65_536))).toBe(true);
  expect(part).toMatchObject({ hex: sha256Of(bytes.subarray(0, 2_000_000)), size: 2_000_000 });
  expect(Buffer.from(part.pieces ?? []).equals(cut(bytes.subarray(0, 2_000_000), 65_536))).toBe(true);
  expect(more).toMatchObject({ hex: createHash("sha512").update(bytes).digest("hex"), size: bytes.length });
  expect(more.pieces).toBeUndefined();
});
