/** Finds the git repository that a folder lies in, by its files: git need not be there. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { readRegular } from "../read-regular.js";

/** A working tree and where git keeps what belongs to it. Absolute paths. */
export interface Repository {
  /** Top of the working tree. */
  readonly top: string;
  /** Its own git folder: of a linked worktree or submodule another one than `.git`. */
  readonly gitFolder: string;
  /** The git folder that all worktrees of a repository share. */
  readonly commonFolder: string;
}

/** The repository of the nearest `.git` at or above a folder. A `.git` that leads nowhere is none. */
export function findRepository(folder: string): Promise<Repository | undefined> {
  return repositoryFinder()(folder);
}

/** {@link findRepository} for many folders, each of which is looked at once. */
export function repositoryFinder(): typeof findRepository {
  const known = new Map<string, Promise<Repository | undefined>>();
  const find = (folder: string): Promise<Repository | undefined> => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const parent = dirname(folder);
    const found = repositoryAt(folder).then((own) => own ?? (parent === folder ? undefined : find(parent)));
    known.set(folder, found);
    return found;
  };
  return find;
}

/** The repository whose working tree has its top there; a bare one counts, its top being its git folder. */
export async function repositoryAt(top: string): Promise<Repository | undefined> {
  const dot = join(top, ".git");
  const gitFolder = (await isGitFolder(dot)) ? dot : await folderNamedIn(dot, top);
  if (gitFolder !== undefined) return { top, gitFolder, commonFolder: await commonFolderOf(gitFolder) };
  return (await isGitFolder(top)) ? { top, gitFolder: top, commonFolder: top } : undefined;
}

/** The tops of the other working trees that share a repository. */
export async function otherWorktrees({ top, commonFolder }: Repository): Promise<string[]> {
  const linked = join(commonFolder, "worktrees");
  const names = await readdir(linked).catch(() => []);
  const tops = await Promise.all(
    names.map(async (name) => {
      const dot = (await readText(join(linked, name, "gitdir")))?.trim();
      return dot ? dirname(resolve(linked, name, dot)) : undefined;
    }),
  );
  const main = basename(commonFolder) === ".git" ? [dirname(commonFolder)] : [];
  const own = await realpath(top).catch(() => top);
  const others = new Set<string>();
  for (const other of [...main, ...tops]) {
    const real = other && (await realpath(other).catch(() => undefined));
    if (real && real !== own) others.add(real);
  }
  return [...others];
}

/** No file of git's settings is longer, in bytes. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The text of a small file of git's; undefined when it cannot be read. `followLinks`: whether it may be a link, as those
 * in a git folder may, and those of a working tree may not, as they came with it.
 */
export async function readText(path: string, { followLinks = true } = {}): Promise<string | undefined> {
  const bytes = await readRegular(path, { mostBytes: MOST_BYTES, followLinks }).catch(() => undefined);
  return bytes?.toString("utf8");
}

/** A `.git` that is a file names the folder (gitrepository-layout(5)). */
async function folderNamedIn(dot: string, top: string): Promise<string | undefined> {
  const named = /^gitdir: ([^\n]+?)\s*$/.exec((await readText(dot)) ?? "")?.[1];
  if (named === undefined) return undefined;
  const folder = resolve(top, named);
  return (await readText(join(folder, "HEAD"))) === undefined ? undefined : folder;
}

async function commonFolderOf(gitFolder: string): Promise<string> {
  const named = (await readText(join(gitFolder, "commondir")))?.trim();
  if (!named) return gitFolder;
  return isAbsolute(named) ? named : resolve(gitFolder, named);
}

async function isGitFolder(path: string): Promise<boolean> {
  const isFolder = async (name: string) =>
    (await stat(join(path, name)).catch(() => undefined))?.isDirectory() === true;
  if (!(await isFolder("."))) return false;
  return (await readText(join(path, "HEAD"))) !== undefined && (await isFolder("objects"));
}
