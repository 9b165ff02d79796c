/** How much room a folder's file system has. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "./disk-error.js";

/** How much of the free room a body may take whose size nobody pinned. */
const SHARE = 0.9;

/**
 * Bytes that something without a pinned size may bring into `folder`, so that an endless body or a packed bomb cannot
 * fill the disk. Infinity where the room cannot be told.
 */
export async function allowance(folder: string): Promise<number> {
  return ((await freeBytes(folder)) ?? Number.POSITIVE_INFINITY) * SHARE;
}

/** Bytes that this user may still write below `folder`, which need not exist yet; undefined where that cannot be told. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    return errnoOf(error) === "ENOENT" && parent !== folder ? freeBytes(parent) : undefined;
  }
}
