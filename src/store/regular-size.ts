/** The size of a file, by a look that opens nothing: a device or a pipe would be read without end. */
import { stat } from "node:fs/promises";
import { diskError, errnoOf } from "./disk-error.js";

/**
 * The size in bytes of a regular file, links followed; else why there is none to read. `path` is bytes where it is not
 * UTF-8. Throws nothing.
 */
export async function regularSize(path: string | Buffer): Promise<number | "missing" | { reason: string }> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
    return { reason: found.isDirectory() ? "a folder stands there" : "it is not a regular file" };
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return "missing";
    return { reason: diskError(error, "look at", path).message };
  }
}
