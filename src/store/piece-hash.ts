/** The digest of each piece of a file, of bytes that come in order in chunks of any length. */
import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Cut, Cutting, PieceAlgorithm } from "../manifest/pieces.js";

/** Takes the bytes of a file from its first one on. */
export interface PieceHash {
  update(bytes: Uint8Array): void;
  /** The pieces so far, an unfinished last one included. Changes nothing. */
  cut(): Cut & { digests: Uint8Array<ArrayBuffer> };
}

/** The digest of one piece. */
interface Running {
  update(bytes: Uint8Array): void;
  /** Changes nothing. */
  digest(): Buffer;
}

const RUNNING: Record<PieceAlgorithm, () => Running> = {
  sha256() {
    const hash: Hash = createHash("sha256");
    return { update: (bytes) => hash.update(bytes), digest: () => hash.copy().digest() };
  },
  crc32() {
    let value = 0;
    return {
      update(bytes) {
        value = crc32(bytes, value);
      },
      digest() {
        const digest = Buffer.alloc(4);
        digest.writeUInt32BE(value);
        return digest;
      },
    };
  },
};

/** Begins with the first piece. */
export function createPieceHash({ pieceBytes, algorithm }: Cutting): PieceHash {
  const done: Buffer[] = [];
  let piece = RUNNING[algorithm]();
  let filled = 0;
  return {
    update(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + pieceBytes - filled);
        piece.update(part);
        at += part.length;
        filled += part.length;
        if (filled < pieceBytes) continue;
        done.push(piece.digest());
        piece = RUNNING[algorithm]();
        filled = 0;
      }
    },
    cut() {
      const last = filled > 0 ? [piece.digest()] : [];
      return { pieceBytes, algorithm, digests: new Uint8Array(Buffer.concat([...done, ...last])) };
    },
  };
}
