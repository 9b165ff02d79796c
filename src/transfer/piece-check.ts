/** Checks the pieces of a file as they land: what is wrong is given up at once, and whoever brought it is known. */
import { AssetsError } from "../errors.js";
import { digestOf, type Pieces, pieceRange } from "../manifest/pieces.js";
import { type ByteRange, type ByteRanges, holdsRange } from "../store/byte-ranges.js";

/** The check of one file. A giver is a URL; undefined stands for what was here before this run. */
export interface PieceCheck {
  /** Bytes were written that a giver brought. */
  landed(range: ByteRange, giver: string | undefined): void;
  /** Waits until all that landed is checked. Throws what the reading or the giving up threw. */
  settled(): Promise<void>;
  /** Whether a URL brought a wrong piece all by itself, or several together with others. */
  isBlamed(url: string): boolean;
  /** Throws DIGEST_MISMATCH when a URL is blamed, and what the check itself failed with. */
  mustBeTrusted(url: string): void;
  /** Gives a URL another chance. */
  forgive(url: string): void;
  /** Ends the check; the partial may be closed then. Never throws. */
  close(): Promise<void>;
}

/** What the check works on. */
export interface PieceCheckOptions {
  /** By SHA-256. */
  readonly pieces: Pieces;
  /** Which bytes are here. */
  held(): ByteRanges;
  /** SHA-256 of bytes that are here, hex. */
  hash(range: ByteRange): Promise<string>;
  /** Gives up the bytes of a wrong piece. */
  giveUp(range: ByteRange): Promise<void>;
}

/** So many wrong pieces that others had a part in are no accident. */
const MOST_SHARED = 3;

/** Nothing is read before something has landed. */
export function createPieceCheck({ pieces, held, hash, giveUp }: PieceCheckOptions): PieceCheck {
  const { pieceBytes, size } = pieces;
  /** Pieces that are right, or wait to be looked at. */
  const known = new Set<number>();
  /** Who brought bytes of pieces that are not known to be right. */
  const givers = new Map<number, Set<string | undefined>>();
  /** Wrong pieces that a URL had a part in, and the error of those that it alone brought. */
  const shared = new Map<string, number>();
  const blamed = new Map<string, AssetsError>();
  const queue: number[] = [];
  let working: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;
  let isClosed = false;

  const rangeOf = (index: number) => pieceRange(pieces, index);
  const pinned = (index: number) => Buffer.from(digestOf(pieces, index)).toString("hex");

  const blame = (index: number) => {
    const { start, end } = rangeOf(index);
    const from = givers.get(index) ?? new Set();
    for (const url of from) {
      if (url === undefined) continue;
      const wrongs = from.size === 1 ? MOST_SHARED : (shared.get(url) ?? 0) + 1;
      shared.set(url, wrongs);
      if (wrongs < MOST_SHARED) continue;
      const message = `${url} sends other bytes: what it has from byte ${start} to byte ${end - 1} is not what is pinned.`;
      const hint = "The file was changed at its source, or damaged on the way.";
      blamed.set(url, new AssetsError("DIGEST_MISMATCH", message, { hint }));
    }
  };
  const work = async () => {
    try {
      for (let index = queue.shift(); index !== undefined && !isClosed; index = queue.shift()) {
        const range = rangeOf(index);
        // Given up since, for another reason.
        const isHere = holdsRange(held(), range);
        const isRight = isHere && (await hash(range)) === pinned(index);
        if (!isRight) known.delete(index);
        if (isHere && !isRight) {
          blame(index);
          await giveUp(range);
        }
        givers.delete(index);
      }
    } catch (error) {
      failure = { error };
    } finally {
      working = undefined;
    }
  };
  const check = () => {
    if (failure !== undefined) throw failure.error;
  };

  return {
    landed({ start, end }, giver) {
      for (let index = Math.floor(start / pieceBytes); index * pieceBytes < Math.min(end, size); index++) {
        if (known.has(index)) continue;
        givers.set(index, (givers.get(index) ?? new Set()).add(giver));
        if (!holdsRange(held(), rangeOf(index))) continue;
        known.add(index);
        queue.push(index);
      }
      if (queue.length > 0 && failure === undefined && !isClosed) working ??= work();
    },
    async settled() {
      while (working !== undefined) await working;
      check();
    },
    isBlamed: (url) => blamed.has(url),
    mustBeTrusted(url) {
      check();
      const error = blamed.get(url);
      if (error !== undefined) throw error;
    },
    forgive(url) {
      blamed.delete(url);
      shared.delete(url);
    },
    async close() {
      isClosed = true;
      await working;
    },
  };
}
