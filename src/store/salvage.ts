/** What is right of a damaged file, found piece by piece and carried over into the partial of its replacement. */
import { constants, type Stats } from "node:fs";
import { copyFile, link, lstat, open, rm } from "node:fs/promises";
import { AssetsError } from "../errors.js";
import { type Cut, digestOf, type Pieces, pieceCount, pieceRange } from "../manifest/pieces.js";
import { NO_LINK, NO_WAIT, renameOver, setMode } from "../platform.js";
import { type ByteRange, type ByteRanges, holdsRange, MOST_RANGES, withoutRange, withRange } from "./byte-ranges.js";
import type { Hasher } from "./digest.js";
import { diskError, errnoOf } from "./disk-error.js";
import { writeJournal } from "./journal.js";
import { copyPath, heldRanges, removePartial } from "./partial.js";

/** What tells right bytes from wrong ones: the pieces of the file, or only the digest of the whole. */
export type Measure = Pieces | { readonly sha256: string; readonly size: number };

/** What was found right. */
export interface Sound {
  ranges: ByteRanges;
  /** How many pieces are wrong or missing, where there are pieces. */
  damaged?: number;
}

const CHUNK_BYTES = 1024 * 1024;

/** Finds the bytes of a file that are as they should be. Throws LOCAL_IO, the signal's reason. */
export async function findSound(
  path: string,
  measure: Measure,
  hasher: Pick<Hasher, "hash">,
  { signal, onProgress = () => {} }: { signal: AbortSignal; onProgress?: (bytes: number) => void },
): Promise<Sound> {
  const { size } = measure;
  const pieces = "pieceBytes" in measure ? measure : undefined;
  const cutting = pieces && { pieceBytes: pieces.pieceBytes, algorithm: pieces.algorithm };
  const found = await hasher.hash(path, { signal, onProgress, end: size, cutting });
  if (pieces === undefined) {
    return { ranges: found.hex === measure.sha256 && found.size === size ? [{ start: 0, end: size }] : [] };
  }
  const all = pieceCount(pieces);
  const right: ByteRange[] = [];
  for (let index = 0; index < all; index++) {
    const piece = pieceRange(pieces, index);
    if (piece.end <= found.size && found.pieces && sameDigest(pieces, found.pieces, index)) right.push(piece);
  }
  return { ranges: joined(right), damaged: all - right.length };
}

function sameDigest(wanted: Cut, found: Cut, index: number): boolean {
  return Buffer.compare(digestOf(wanted, index), digestOf(found, index)) === 0;
}

/** No more ranges than a journal holds: the rest counts as damaged. */
function joined(right: readonly ByteRange[]): ByteRanges {
  const ranges: ByteRange[] = [];
  for (const { start, end } of right) {
    const last = ranges.at(-1);
    if (last?.end === start) ranges[ranges.length - 1] = { start: last.start, end };
    else ranges.push({ start, end });
  }
  return ranges.slice(0, MOST_RANGES);
}

/**
 * What a partial has, without the pieces that it has all of and that are wrong: of others nothing can be told yet. Throws
 * the signal's reason.
 */
export async function soundInPartial(
  partial: string,
  measure: Measure,
  hasher: Pick<Hasher, "hash">,
  signal: AbortSignal,
): Promise<ByteRanges> {
  const held = await heldRanges(partial);
  if (held.length === 0) return [];
  const { size } = measure;
  const found = await findSound(partial, measure, hasher, { signal }).catch((error) => {
    signal.throwIfAborted();
    if (error instanceof AssetsError) return undefined;
    throw error;
  });
  if (found === undefined) return [];
  const cutting = { size, pieceBytes: "pieceBytes" in measure ? measure.pieceBytes : size };
  let left = withoutRange(held, { start: size, end: Number.POSITIVE_INFINITY });
  for (let index = 0; index < pieceCount(cutting); index++) {
    const piece = pieceRange(cutting, index);
    if (holdsRange(held, piece)) left = withoutRange(left, piece);
  }
  return found.ranges.reduce(withRange, left).slice(0, MOST_RANGES);
}

/**
 * Brings what is right of a damaged file into its partial, of which no more counts then than what is right of both. What
 * counts is found in a copy, so that it does not matter who writes to the file meanwhile; where the partial has `sound`,
 * all that was found right of the file, no copy is made. To be called under the file's lock. Throws DISK_FULL, LOCAL_IO,
 * the signal's reason.
 */
export async function carryOver(
  target: string,
  partial: string,
  measure: Measure,
  hasher: Pick<Hasher, "hash">,
  { signal, sound }: { signal: AbortSignal; sound: ByteRanges },
): Promise<void> {
  const kept = await soundInPartial(partial, measure, hasher, signal);
  if (sound.every((range) => holdsRange(kept, range))) {
    if (kept.length > 0) await writeJournal(partial, { ranges: kept });
    return;
  }
  const copy = await copyPath(partial);
  try {
    if (!(await copied(target, copy))) return;
    // A partial that nobody may write to could not be gone on with.
    await setMode(copy, ((await lstat(copy)).mode & 0o777) | 0o600);
    const { ranges: own } = await findSound(copy, measure, hasher, { signal });
    if (own.length === 0) return;
    const more = own.reduce(withoutRange, kept);
    await copyRanges(partial, copy, more, signal);
    const ranges = more.reduce(withRange, own).slice(0, MOST_RANGES);
    await removePartial(partial);
    // The note comes first: without it, all bytes of the copy would count.
    await writeJournal(partial, { ranges });
    await renameOver(copy, partial);
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(error, "copy", target);
  } finally {
    await rm(copy, { force: true }).catch(() => {});
  }
}

/** False when the file was removed since it was looked at, so that nothing of it can be kept. */
async function copied(target: string, copy: string): Promise<boolean> {
  try {
    await copyFile(target, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Copies ranges of one file to the same places of another. */
async function copyRanges(from: string, to: string, ranges: ByteRanges, signal: AbortSignal): Promise<void> {
  if (ranges.length === 0) return;
  const source = await open(from, constants.O_RDONLY | NO_LINK | NO_WAIT);
  try {
    const target = await open(to, constants.O_WRONLY | NO_LINK);
    try {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      for (const { start, end } of ranges) {
        for (let at = start; at < end; ) {
          signal.throwIfAborted();
          const { bytesRead } = await source.read(buffer, 0, Math.min(CHUNK_BYTES, end - at), at);
          if (bytesRead === 0) throw new Error(`${from} has become shorter`);
          for (let done = 0; done < bytesRead; ) {
            done += (await target.write(buffer, done, bytesRead - done, at + done)).bytesWritten;
          }
          at += bytesRead;
        }
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Where a file that is replaced is kept. */
function backupPath(target: string): string {
  return `${target}.orig`;
}

/** Throws CONFLICT when something stands where a file is to be kept, unless it is that file itself. */
export async function checkBackup(target: string): Promise<void> {
  const [there, own] = await Promise.all([look(backupPath(target)), look(target)]);
  if (there === undefined || (own !== undefined && own.ino === there.ino && own.dev === there.dev)) return;
  throw new AssetsError("CONFLICT", `${backupPath(target)} is there already, and --backup never writes over it.`, {
    hint: "Move it away, then run the same command again.",
  });
}

/** Gives what stands at the target a second name, by which it stays when the target is replaced. Throws like {@link checkBackup}. */
export async function backUp(target: string): Promise<void> {
  await checkBackup(target);
  try {
    await link(target, backupPath(target));
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EEXIST") return checkBackup(target);
    // Not every file system gives a file two names.
    await copyFile(target, backupPath(target), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).catch(
      (failure) => {
        throw diskError(failure, "keep a copy of", target);
      },
    );
  }
}

function look(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined);
}
