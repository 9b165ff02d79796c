/** The tool's own folder, `.assets/` under the root, which keeps itself out of git. */
import { lstat, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AssetsError } from "../errors.js";
import { diskError, errnoOf } from "./disk-error.js";

/** Name of the folder, directly under the root. */
export const HOME_FOLDER = ".assets";

/** Folders that this process has seen to ignore themselves. */
const ignoring = new Set<string>();

/** Makes `.assets/<name>` and answers its path. Throws UNSAFE_PATH when a link stands on the way, LOCAL_IO, DISK_FULL. */
export async function homeFolder(root: string, name?: string): Promise<string> {
  const home = join(root, HOME_FOLDER);
  await makeFolder(home);
  if (!ignoring.has(home)) {
    await writeFile(join(home, ".gitignore"), "*\n", { flag: "wx" }).catch((error) => {
      if (errnoOf(error) !== "EEXIST") throw diskError(error, "write", join(home, ".gitignore"));
    });
    ignoring.add(home);
  }
  if (name === undefined) return home;
  const folder = join(home, name);
  await makeFolder(folder);
  return folder;
}

/** A link in its place may have come with the repository and is never written through. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    if ((await lstat(path)).isDirectory()) return;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw diskError(error, "create the folder", path);
  }
  throw new AssetsError("UNSAFE_PATH", `${path} is not a folder of its own: a link or a file stands there.`, {
    hint: `Remove it: assets keeps its notes in this folder.`,
  });
}
