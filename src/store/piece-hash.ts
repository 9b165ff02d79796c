/** SHA-256 of each piece of a file, of bytes that come in order in chunks of any length. */
import { createHash } from "node:crypto";

/** Takes the bytes of a file from its first one on. */
export interface PieceHash {
  update(bytes: Uint8Array): void;
  /** The digests so far, one behind the other, that of an unfinished last piece included. Changes nothing. */
  digests(): Uint8Array<ArrayBuffer>;
}

/** Begins with the first piece. */
export function createPieceHash(pieceBytes: number): PieceHash {
  const done: Buffer[] = [];
  let hash = createHash("sha256");
  let filled = 0;
  return {
    update(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const part = bytes.subarray(at, at + pieceBytes - filled);
        hash.update(part);
        at += part.length;
        filled += part.length;
        if (filled < pieceBytes) continue;
        done.push(hash.digest());
        hash = createHash("sha256");
        filled = 0;
      }
    },
    digests() {
      const last = filled > 0 ? [hash.copy().digest()] : [];
      return new Uint8Array(Buffer.concat([...done, ...last]));
    },
  };
}
