/** Copies a file that lies elsewhere on this machine into a partial, if its bytes are the wanted ones. */
import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { copyFile, type FileHandle, open, rm } from "node:fs/promises";
import { AssetsError } from "../errors.js";
import type { Cut } from "../manifest/pieces.js";
import { NO_LINK, NO_WAIT, renameOver, setMode } from "../platform.js";
import { diskError } from "./disk-error.js";
import { copyPath, openPartial, removePartial } from "./partial.js";
import type { PartialFile } from "./partial-file.js";
import { SMALL_BYTES } from "./partial-in-memory.js";
import { createPieceHash } from "./piece-hash.js";
import { rememberedCutting } from "./piece-memory.js";

/** What to copy, and who is told. */
export interface Adoption {
  /** Absolute path of the file that may have the bytes. It is read, never written, never linked to. */
  readonly from: string;
  /** Where the partial lies that is replaced by the copy. */
  readonly partial: string;
  readonly sha256: string;
  /** Bytes that it must have; undefined where no size is pinned. */
  readonly size: number | undefined;
  /** Work out the digests of its pieces as well, where it is worth remembering them. */
  readonly withPieces: boolean;
  readonly signal: AbortSignal;
  /** Makes sure of the partial's folder. */
  makeFolder(): Promise<unknown> | undefined;
  /** Told when the file turns out to be there with the right size, before it is read. Bytes. */
  onStart(size: number): void;
  /** Told the bytes that were copied and hashed so far. */
  onProgress(bytes: number): void;
}

/** The copy: complete, proven and still open. */
export interface Adopted {
  partial: PartialFile;
  /** The digests of its pieces, if they were wished for. */
  pieces: Cut | undefined;
}

const CHUNK_BYTES = 1024 * 1024;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_LINK;

/** What is told of each chunk that is hashed. */
interface Watched extends Adoption {
  onChunk(chunk: Uint8Array): void;
}

/**
 * Answers the copy; or undefined when the file is not there, cannot be read or has
 * other bytes, and then leaves what was there of the partial as it was. The copy shares its blocks with the file where
 * the file system can, else it is written anew; either way it is the copy that is hashed. A disk without room for one
 * beside the partial counts as no file: what is missing of the partial may still fit. Throws LOCAL_IO, what `makeFolder`
 * throws, and the signal's reason.
 */
export async function adopt(adoption: Adoption): Promise<Adopted | undefined> {
  const { from, partial, sha256, size, withPieces, signal } = adoption;
  const source = await openRegular(from);
  if (source === undefined) return undefined;
  let copy: string | undefined;
  try {
    const found = source.stat;
    if (size !== undefined && found.size !== BigInt(size)) return undefined;
    signal.throwIfAborted();
    if (found.size <= SMALL_BYTES) return await adoptSmall(source.handle, Number(found.size), adoption);
    await adoption.makeFolder();
    copy = await copyPath(partial);
    adoption.onStart(Number(found.size));
    const cutting = withPieces ? rememberedCutting(Number(found.size)) : undefined;
    const hash = cutting && createPieceHash(cutting);
    const watched = { ...adoption, onChunk: (chunk: Uint8Array) => hash?.update(chunk) };
    const hex = (await cloned(from, copy)) ? await hashed(copy, watched) : await copied(source.handle, copy, watched);
    if (hex !== sha256) return undefined;
    await removePartial(partial);
    await renameOver(copy, partial).catch((error) => {
      throw diskError(error, "create", partial);
    });
    copy = undefined;
    return { partial: await openPartial(partial), pieces: hash?.cut() };
  } catch (error) {
    if (copy !== undefined && error instanceof AssetsError && error.code === "DISK_FULL") return undefined;
    throw error;
  } finally {
    await source.handle.close().catch(() => {});
    if (copy !== undefined) await rm(copy, { force: true }).catch(() => {});
  }
}

/** A small file is read once, and written once it is proven. */
async function adoptSmall(
  handle: FileHandle,
  size: number,
  { partial, sha256, onStart, makeFolder }: Adoption,
): Promise<Adopted | undefined> {
  // One byte more, so that a file which grows meanwhile is not taken for its beginning.
  const buffer = Buffer.allocUnsafe(size + 1);
  const read = await handle.read(buffer, 0, buffer.length, 0).catch(() => undefined);
  const bytes = buffer.subarray(0, read?.bytesRead ?? 0);
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) return undefined;
  onStart(size);
  await removePartial(partial);
  const opened = await openPartial(partial, { size, makeFolder });
  await opened.write(bytes, 0);
  return { partial: opened, pieces: undefined };
}

async function openRegular(path: string): Promise<{ handle: FileHandle; stat: BigIntStats } | undefined> {
  const handle = await open(path, constants.O_RDONLY | NO_WAIT).catch(() => undefined);
  const stat = await handle?.stat({ bigint: true }).catch(() => undefined);
  if (handle !== undefined && stat?.isFile()) return { handle, stat };
  await handle?.close();
  return undefined;
}

/**
 * Whether the file system made a copy that shares its blocks. It has the permissions of a new file: an object of a store
 * is often read-only.
 */
async function cloned(from: string, copy: string): Promise<boolean> {
  try {
    const probe = await open(copy, NEW_FILE, 0o666);
    const { mode } = await probe.stat().finally(() => probe.close());
    await rm(copy);
    await copyFile(from, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    await setMode(copy, mode & 0o777);
    return true;
  } catch {
    await rm(copy, { force: true }).catch(() => {});
    return false;
  }
}

async function hashed(path: string, adoption: Watched): Promise<string | undefined> {
  const handle = await open(path, constants.O_RDONLY | NO_LINK).catch((error) => {
    throw diskError(error, "read", path);
  });
  return hashOf(handle, adoption, async () => {}).finally(() => handle.close());
}

async function copied(source: FileHandle, copy: string, adoption: Watched): Promise<string | undefined> {
  const failed = (error: unknown) => {
    throw diskError(error, "write", copy);
  };
  const target = await open(copy, NEW_FILE, 0o666).catch(failed);
  const write = async (chunk: Uint8Array, at: number) => {
    for (let done = 0; done < chunk.length; ) {
      done += (await target.write(chunk, done, chunk.length - done, at + done).catch(failed)).bytesWritten;
    }
  };
  return hashOf(source, adoption, write).finally(() => target.close());
}

/** The digest of all that is read, hex; undefined when it cannot be read to its end. Throws what `use` throws. */
async function hashOf(
  handle: FileHandle,
  { signal, onProgress, onChunk }: Watched,
  use: (chunk: Uint8Array, at: number) => Promise<void>,
): Promise<string | undefined> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ; ) {
    signal.throwIfAborted();
    const read = await handle.read(buffer, 0, buffer.length, at).catch(() => undefined);
    if (read === undefined) return undefined;
    if (read.bytesRead === 0) return hash.digest("hex");
    const chunk = buffer.subarray(0, read.bytesRead);
    const used = use(chunk, at);
    hash.update(chunk);
    onChunk(chunk);
    await used;
    at += read.bytesRead;
    onProgress(at);
  }
}
