/** Reads what is written about pieces, believing none of its numbers before they were checked against each other. */
import * as z from "zod";
import { DIGEST_BYTES, type PieceAlgorithm, type Pieces, pieceCount } from "./pieces.js";

/** Beyond these, finding out would cost more than it saves. */
const LEAST_PIECE_BYTES = 2 ** 12;
const MOST_PIECE_BYTES = 2 ** 32;
const MOST_PIECES = 2 ** 16;
const MOST_FILES = 250_000;

const entry = (algorithm: PieceAlgorithm) =>
  z
    .strictObject({
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      size: z.int().positive(),
      pieceSize: z.int().min(LEAST_PIECE_BYTES).max(MOST_PIECE_BYTES),
      pieces: z.string().max(Math.ceil((MOST_PIECES * DIGEST_BYTES[algorithm]) / 3) * 4),
    })
    .transform(({ sha256, size, pieceSize: pieceBytes, pieces }, context): Pieces => {
      const digests = Buffer.from(pieces, "base64");
      const isPower = Number.isInteger(Math.log2(pieceBytes));
      const bytes = pieceCount({ size, pieceBytes }) * DIGEST_BYTES[algorithm];
      const fits = digests.length === bytes && digests.toString("base64") === pieces;
      if (!isPower || !fits) context.issues.push({ code: "custom", input: pieces, message: "the numbers do not fit" });
      return { sha256, size, pieceBytes, algorithm, digests };
    });

const document = z.strictObject({
  version: z.literal(1),
  algorithm: z.literal("sha256"),
  files: z.array(entry("sha256")).max(MOST_FILES),
});

/** The files of a text that {@link formatPieces} could have written, by their SHA-256; undefined for any other text. */
export function readPieces(text: string): ReadonlyMap<string, Pieces> | undefined {
  const { data } = document.safeParse(parse(text));
  return data && new Map(data.files.map((pieces) => [pieces.sha256, pieces]));
}

/** One file's pieces by CRC-32, from the text of a single entry; undefined for any other text. */
export function readEntry(text: string): Pieces | undefined {
  return entry("crc32").safeParse(parse(text)).data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
