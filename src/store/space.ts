/** How much room a folder's file system has. */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "./disk-error.js";

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
