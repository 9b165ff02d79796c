/** Reads small files that may have come with a checkout: regular ones only, so that nothing makes it wait or fills memory. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { AssetsError } from "./errors.js";
import { NO_LINK, NO_WAIT } from "./platform.js";

/** What may be read. */
export interface ReadLimits {
  /** A longer file is refused. */
  readonly mostBytes: number;
  /** Reads what a symbolic link leads to. Default false: the link may have come with the checkout. */
  readonly followLinks?: boolean;
}

/**
 * The bytes that a regular file had when it was opened. Throws LOCAL_IO for one that is too long and for anything else
 * than a file, which is never waited for; errors of the system as they are.
 */
export async function readRegular(path: string, limits: ReadLimits): Promise<Buffer> {
  const handle = await open(path, flagsFor(limits));
  try {
    const bytes = Buffer.alloc(lengthOf(await handle.stat(), path, limits));
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) {
      read = (await handle.read(bytes, length, bytes.length - length, length)).bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
}

/** {@link readRegular} at once, for what a run cannot begin without: the way through Node's thread pool takes longer. */
export function readRegularSync(path: string, limits: ReadLimits): { bytes: Buffer; dev: bigint } {
  const file = openSync(path, flagsFor(limits));
  try {
    const stat = fstatSync(file, { bigint: true });
    const bytes = Buffer.alloc(lengthOf(stat, path, limits));
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, length);
    }
    return { bytes: bytes.subarray(0, length), dev: stat.dev };
  } finally {
    closeSync(file);
  }
}

function flagsFor({ followLinks = false }: ReadLimits): number {
  return constants.O_RDONLY | NO_WAIT | (followLinks ? 0 : NO_LINK);
}

function lengthOf(stat: { isFile(): boolean; size: number | bigint }, path: string, { mostBytes }: ReadLimits): number {
  if (stat.isFile() && stat.size <= mostBytes) return Number(stat.size);
  const why = stat.isFile() ? `has ${stat.size} bytes, more than ${mostBytes}` : "is not a regular file";
  throw new AssetsError("LOCAL_IO", `${path} ${why}.`);
}
