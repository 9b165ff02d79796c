/** Deletes a file of the tree, with the folders that are empty without it. */
import { rm, rmdir } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { diskError } from "./disk-error.js";

/** `target` lies below `root`, both absolute. A file that is gone already is no fault. Throws LOCAL_IO. */
export async function removeFile(root: string, target: string): Promise<void> {
  try {
    await rm(target, { force: true });
  } catch (error) {
    throw diskError(error, "delete", target);
  }
  for (let folder = dirname(target); isBelow(root, folder); folder = dirname(folder)) {
    // What is not empty, or not a folder of its own, stays, and so does all above it.
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

function isBelow(root: string, folder: string): boolean {
  const way = relative(root, folder);
  return way !== "" && way.split(sep)[0] !== "..";
}
