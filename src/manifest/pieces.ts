/** The digests of a file's pieces, by which damage is found and mended piece by piece: how they are cut and written. */
import { basename, dirname, join } from "node:path";

/** The pieces of one file: all of `pieceBytes`, the last one as long as it comes. */
export interface Pieces {
  /** SHA-256 of the whole file, which alone proves it: 64 lower-case hex digits. */
  readonly sha256: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Bytes of a piece: a power of two. */
  readonly pieceBytes: number;
  /** The SHA-256 of each piece, one behind the other, {@link DIGEST_BYTES} each. */
  readonly digests: Uint8Array;
}

/** The digests of the pieces of some bytes, whatever file they are. */
export type Cut = Pick<Pieces, "pieceBytes" | "digests">;

/** Bytes of one digest. */
export const DIGEST_BYTES = 32;

/** A file of no more than this has no pieces: it is fetched as a whole as quickly. */
const UNPIECED_BYTES = 256 * 1024;

const LEAST_PIECE_BYTES = 64 * 1024;
/** A piece is doubled until the file has no more of them: digests of 38 KB in all. */
const MOST_PIECES = 1_200;

/** Bytes of the pieces that a file of this size is cut into; undefined for one that is too small to be cut. */
export function pieceBytesFor(size: number): number | undefined {
  if (size <= UNPIECED_BYTES) return undefined;
  let bytes = LEAST_PIECE_BYTES;
  while (size / bytes > MOST_PIECES) bytes *= 2;
  return bytes;
}

/** Where the pieces of a manifest's files are written: `assets.pieces.json` beside `assets.manifest.json`. */
export function piecesPath(manifest: string): string {
  const name = basename(manifest)
    .replace(/\.json$/i, "")
    .replace(/\.manifest$/i, "");
  return join(dirname(manifest), `${name}.pieces.json`);
}

/** One file's pieces as JSON has them. */
export function toEntry({ sha256, size, pieceBytes, digests }: Pieces): object {
  return { sha256, size, pieceSize: pieceBytes, pieces: Buffer.from(digests).toString("base64") };
}

/** The text of a file of pieces. The order is that of the digests, so that it changes only where the files do. */
export function formatPieces(files: readonly Pieces[]): string {
  const sorted = files.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  return `${JSON.stringify({ version: 1, algorithm: "sha256", files: sorted.map(toEntry) }, null, 2)}\n`;
}
