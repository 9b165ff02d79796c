/** The digests of a file's pieces, by which damage is found and mended piece by piece: how they are cut and written. */
import { basename, dirname, join } from "node:path";

/**
 * What is worked out of a piece: SHA-256 where somebody may be blamed for wrong bytes; the CRC-32 of gzip (RFC 1952), for a
 * tenth of the work or less, where it only tells what is worth keeping.
 */
export type PieceAlgorithm = "sha256" | "crc32";

/** How bytes are cut into pieces. */
export interface Cutting {
  /** Bytes of a piece, but for the last one, which is as long as it comes: a power of two. */
  readonly pieceBytes: number;
  readonly algorithm: PieceAlgorithm;
}

/** The digests of the pieces of some bytes, whatever file they are. */
export interface Cut extends Cutting {
  /** The digest of each piece, one behind the other, {@link DIGEST_BYTES} each. */
  readonly digests: Uint8Array;
}

/** The pieces of one file. */
export interface Pieces extends Cut {
  /** SHA-256 of the whole file, which alone proves it: 64 lower-case hex digits. */
  readonly sha256: string;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Bytes of one digest. */
export const DIGEST_BYTES = { sha256: 32, crc32: 4 } as const satisfies Record<PieceAlgorithm, number>;

/** How many pieces a file of so many bytes has. */
export function pieceCount({ size, pieceBytes }: Pick<Pieces, "size" | "pieceBytes">): number {
  return Math.ceil(size / pieceBytes);
}

/** Bytes of a piece of a file, from the first to the one behind the last. */
export function pieceRange(
  { size, pieceBytes }: Pick<Pieces, "size" | "pieceBytes">,
  index: number,
): { start: number; end: number } {
  const start = index * pieceBytes;
  return { start, end: Math.min(start + pieceBytes, size) };
}

/** The digest of one piece; fewer bytes, or none, where there is none. */
export function digestOf({ algorithm, digests }: Cut, index: number): Uint8Array {
  const bytes = DIGEST_BYTES[algorithm];
  return digests.subarray(index * bytes, (index + 1) * bytes);
}

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

/** One file's pieces as JSON has them; the algorithm stands beside it, or goes without saying. */
export function toEntry({ sha256, size, pieceBytes, digests }: Pieces): object {
  return { sha256, size, pieceSize: pieceBytes, pieces: Buffer.from(digests).toString("base64") };
}

/** The text of a file of pieces by SHA-256. The order is that of the digests, so that it changes only where the files do. */
export function formatPieces(files: readonly Pieces[]): string {
  const sorted = files.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  return `${JSON.stringify({ version: 1, algorithm: "sha256", files: sorted.map(toEntry) }, null, 2)}\n`;
}
