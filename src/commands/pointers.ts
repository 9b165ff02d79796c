/** The search for Git LFS pointers in folders and files. */
import { access } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { AssetsError } from "../errors.js";
import { POINTER_SIZE_LIMIT, type PointerParse, parsePointer } from "../lfs-pointer.js";
import { findSmallFiles, realPlace } from "../store/find-small-files.js";
import type { LfsReport } from "./reports.js";

/** A pointer where it was found. */
export interface Found {
  /** Absolute, as the user would write it. */
  path: string;
  /** The same place without links on the way. */
  real: string;
  /** Real path of the folder or file that was searched. */
  place: string;
  pointer: Exclude<PointerParse, { kind: "none" }>;
}

/** What a search came to. */
export interface PointerSearch extends Pick<LfsReport, "searched" | "filesExamined" | "unreadable"> {
  found: Found[];
}

/** Searches everything below absolute paths, ignored by git or not. Throws USAGE for a path that is not there, LOCAL_IO. */
export async function searchPointers(
  paths: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<PointerSearch> {
  const places = await readPlaces(paths);
  const found: Found[] = [];
  const unreadable: LfsReport["unreadable"] = [];
  let filesExamined = 0;
  for (const place of places) {
    filesExamined += await findSmallFiles({
      place: place.real,
      limit: POINTER_SIZE_LIMIT,
      signal,
      onFile(path, bytes) {
        const pointer = parsePointer(bytes);
        if (pointer.kind !== "none")
          found.push({ path: join(place.path, path), real: join(place.real, path), place: place.real, pointer });
      },
      onUnreadable: (path, reason) => unreadable.push({ path: pathFrom(cwd, join(place.path, path)), reason }),
    });
  }
  return { searched: places.map(({ path }) => path), filesExamined, found, unreadable: unreadable.sort(byPath) };
}

/** The places to search with their real paths, without those that lie in another one and are searched with it. */
async function readPlaces(paths: readonly string[]): Promise<{ path: string; real: string }[]> {
  const places: { path: string; real: string }[] = [];
  for (const path of paths) {
    const real = await realPlace(path);
    if (real === undefined) {
      throw new AssetsError("USAGE", `There is no file or folder ${path}.`, {
        hint: "Name folders or files that are there, or none to search the whole root.",
      });
    }
    if (!places.some((other) => other.real === real)) places.push({ path, real });
  }
  return places.filter(({ real }) => !places.some((other) => other.real !== real && isSearchedWith(other.real, real)));
}

function isSearchedWith(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && !way.split(sep).some((name) => name === ".." || name === ".git");
}

/** `path` relative to a folder, `/`-separated; absolute when it lies outside. */
export function pathFrom(folder: string, path: string): string {
  const way = relative(folder, path);
  const outside = isAbsolute(way) || way === ".." || way.startsWith(`..${sep}`);
  return (outside ? path : way || ".").split(sep).join("/");
}

/** Finds the working tree that a folder lies in, by the `.git` at its top. */
export function repositoryFinder(): (folder: string) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  const find = (folder: string): Promise<string | undefined> => {
    const before = known.get(folder);
    if (before) return before;
    const parent = dirname(folder);
    const next = access(join(folder, ".git")).then(
      () => folder,
      () => (parent === folder ? undefined : find(parent)),
    );
    known.set(folder, next);
    return next;
  };
  return find;
}

/** Sorts by path. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
