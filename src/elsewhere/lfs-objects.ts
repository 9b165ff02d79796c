/** The stores of git-lfs: of a repository, its worktrees and those that it borrows objects from. */
import { dirname, isAbsolute, join, resolve } from "node:path";
import { readConfigFiles, type UserFolders } from "../git/config-files.js";
import { type Repository, readText } from "../git/repository.js";
import { existingFolders, NOWHERE, type Place } from "./place.js";

/** The folders that hold objects, the repository's own first; only those that are there. */
export async function objectFolders(repository: Repository, user: UserFolders): Promise<string[]> {
  const { gitFolder, commonFolder } = repository;
  const storage = (await readConfigFiles(repository, user)).get("lfs.storage");
  const own = storage ? join(storagePath(storage, commonFolder, user.home), "objects") : undefined;
  const alternates = ((await readText(join(commonFolder, "objects", "info", "alternates"))) ?? "")
    .split("\n")
    .map((line) => line.trim().replace(/^"(.*)"$/, "$1"))
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((objects) => join(dirname(resolve(commonFolder, "objects", objects)), "lfs", "objects"));
  const usual = [commonFolder, gitFolder].map((folder) => join(folder, "lfs", "objects"));
  return existingFolders([...new Set([...(own === undefined ? [] : [own]), ...usual, ...alternates])]);
}

/** Objects lie at `aa/bb/<oid>`. */
export function lfsObjects(folders: readonly string[], place: string): Place {
  if (folders.length === 0) return NOWHERE;
  return ({ sha256 }) =>
    folders.map((folder) => ({ path: join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256), place }));
}

/** As git-lfs reads `lfs.storage`: from the git folder on. */
function storagePath(storage: string, commonFolder: string, home: string): string {
  const expanded = storage.replace(/^~(?=$|[\\/])/, () => home);
  return isAbsolute(expanded) ? expanded : join(commonFolder, expanded);
}
