/** Finds the files in given folders that nobody names. */
import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "./disk-error.js";
import { HOME_FOLDER } from "./home.js";
import { isPartialName } from "./orphans.js";

/** Where to look, and what is in order there. Paths are relative to the root, `/`-separated. */
export interface ExtraSearch {
  /** Absolute. */
  root: string;
  /** Folders, searched with all below them. One that is not there has no files. */
  folders: readonly string[];
  /** Whether something is in its place. */
  isNamed(path: string): boolean;
  signal?: AbortSignal | undefined;
}

/** Something that nobody names. */
export interface Extra {
  path: string;
  /** Bytes of a regular file. */
  size?: number;
  /** What it is instead of one, or why its folder cannot be listed. */
  reason?: string;
  /** It is named like an unfinished download. */
  partial: boolean;
}

/** Git's own files, such as the .gitkeep of an empty folder, and its repositories. */
const GIT = /^\.git(?:$|ignore$|attributes$|keep$|modules$)/i;

/** Answers in the order of the paths. Links are not followed below the folders. Throws the signal's reason. */
export async function findExtraFiles({ root, folders, isNamed, signal }: ExtraSearch): Promise<Extra[]> {
  const found: Extra[] = [];
  // What lies in another folder is met there already.
  const waiting = folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));
  const seen = new Set<string>();
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    signal?.throwIfAborted();
    if (seen.has(folder)) continue;
    seen.add(folder);
    const entries = await list(join(root, folder));
    if (typeof entries === "string") {
      found.push({ path: folder, reason: `the folder cannot be listed (${entries})`, partial: false });
      continue;
    }
    for (const entry of entries) {
      const path = `${folder}/${entry.name}`;
      if (entry.name === HOME_FOLDER || GIT.test(entry.name) || isNamed(path)) continue;
      if (entry.isDirectory()) waiting.push(path);
      else found.push(await describe(root, path, entry));
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function list(folder: string): Promise<Dirent[] | string> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const errno = errnoOf(error);
    return errno === "ENOENT" || errno === "ENOTDIR" ? [] : errno;
  }
}

async function describe(root: string, path: string, entry: Dirent): Promise<Extra> {
  const partial = isPartialName(entry.name);
  if (entry.isSymbolicLink()) return { path, reason: "a link", partial: false };
  if (!entry.isFile()) return { path, reason: "not a regular file", partial: false };
  const size = await lstat(join(root, path)).then(
    (stat) => stat.size,
    () => undefined,
  );
  return { path, partial, ...(size !== undefined && { size }) };
}
