/** What is right of a damaged file, found piece by piece and carried over into the partial of its replacement. */
import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { copyFile, link, lstat, rm } from "node:fs/promises";
import { AssetsError } from "../errors.js";
import { DIGEST_BYTES, type Pieces } from "../manifest/pieces.js";
import { renameOver, setMode } from "../platform.js";
import { type ByteRange, type ByteRanges, bytesIn, MOST_RANGES } from "./byte-ranges.js";
import type { Hasher } from "./digest.js";
import { diskError, errnoOf } from "./disk-error.js";
import { writeJournal } from "./journal.js";
import { heldBytes, removePartial } from "./partial.js";

/** What tells right bytes from wrong ones: the pieces of the file, or only the digest of the whole. */
export type Measure = Pieces | { readonly sha256: string; readonly size: number };

/** What was found right. */
export interface Sound {
  ranges: ByteRanges;
  /** How many pieces are wrong or missing, where there are pieces. */
  damaged?: number;
}

/** Finds the bytes of a file that are as they should be. Throws LOCAL_IO, the signal's reason. */
export async function findSound(
  path: string,
  measure: Measure,
  hasher: Pick<Hasher, "hash">,
  { signal, onProgress = () => {} }: { signal: AbortSignal; onProgress?: (bytes: number) => void },
): Promise<Sound> {
  const { size } = measure;
  const pieceBytes = "pieceBytes" in measure ? measure.pieceBytes : undefined;
  const found = await hasher.hash(path, { signal, onProgress, end: size, pieceBytes });
  if (!("pieceBytes" in measure)) {
    return { ranges: found.hex === measure.sha256 && found.size === size ? [{ start: 0, end: size }] : [] };
  }
  const all = measure.digests.length / DIGEST_BYTES;
  const right: ByteRange[] = [];
  for (let index = 0; index < all; index++) {
    const start = index * measure.pieceBytes;
    const end = Math.min(start + measure.pieceBytes, size);
    if (end <= found.size && sameDigest(measure.digests, found.pieces, index)) right.push({ start, end });
  }
  return { ranges: joined(right), damaged: all - right.length };
}

function sameDigest(wanted: Uint8Array, found: Uint8Array | undefined, index: number): boolean {
  const [start, end] = [index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES];
  const digest = found?.subarray(start, end);
  return digest?.length === DIGEST_BYTES && Buffer.compare(wanted.subarray(start, end), digest) === 0;
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
 * Copies a damaged file into the partial, of which its right bytes then count, unless the partial holds as many already.
 * What counts is found in the copy, so that it does not matter who writes to the file meanwhile. To be called under the
 * file's lock. Throws DISK_FULL, LOCAL_IO, the signal's reason.
 */
export async function carryOver(
  target: string,
  partial: string,
  measure: Measure,
  hasher: Pick<Hasher, "hash">,
  { signal, atLeast }: { signal: AbortSignal; atLeast: number },
): Promise<void> {
  if ((await heldBytes(partial)) >= atLeast) return;
  // Named like the copies that are cleared away with a partial.
  const copy = `${partial}.${randomUUID().slice(0, 8)}`;
  try {
    const isCopied = await copyFile(target, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE).then(
      () => true,
      (error) => {
        // Removed since it was looked at, so that nothing of it can be kept.
        if (errnoOf(error) === "ENOENT") return false;
        throw error;
      },
    );
    if (!isCopied) return;
    await setMode(copy, 0o600);
    const { ranges } = await findSound(copy, measure, hasher, { signal });
    if (bytesIn(ranges) === 0) return;
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
