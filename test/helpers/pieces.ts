/** The pieces of a tree's files, and damage to them. */
import { lockPieces } from "../../src/commands/lock-pieces.js";
import type { LockReport } from "../../src/commands/piece-reports.js";
import { loadManifest } from "../../src/manifest/load.js";
import { formatPieces, pieceBytesFor } from "../../src/manifest/pieces.js";
import { createPieceHash } from "../../src/store/piece-hash.js";
import { type Body, bytesOf, sha256Of } from "./content.js";
import type { Tree } from "./tree.js";

/** Writes the pieces of the tree's files down. */
export async function lockAll(tree: Tree): Promise<LockReport> {
  return lockPieces({ manifest: await loadManifest({ cwd: tree.root }) });
}

/** Writes the pieces of a content down, as {@link lockAll} does for a file that is here, but without its threads. */
export function writePieces(tree: Tree, body: Body): void {
  const bytes = bytesOf(body);
  const pieceBytes = pieceBytesFor(bytes.length) ?? bytes.length;
  const hash = createPieceHash({ pieceBytes, algorithm: "sha256" });
  hash.update(bytes);
  const text = formatPieces([{ sha256: sha256Of(bytes), size: bytes.length, ...hash.cut() }]);
  tree.write("assets.pieces.json", text);
  const manifest = JSON.parse(tree.read("assets.manifest.json").toString());
  tree.write("assets.manifest.json", JSON.stringify({ ...manifest, pieces: `sha256:${sha256Of(text)}` }, null, 2));
}

/** A copy of some bytes, with one bit turned at each of the given places. */
export function flipped(bytes: Buffer, ...places: number[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const place of places) copy.writeUInt8(copy.readUInt8(place) ^ 1, place);
  return copy;
}
