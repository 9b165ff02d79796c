/** The search for Git LFS pointers in folders and files. */
import { join, sep } from "node:path";
import { AssetsError } from "../errors.js";
import { POINTER_SIZE_LIMIT, type PointerParse, parsePointer } from "../lfs-pointer.js";
import { findSmallFiles, realPlace } from "../store/find-small-files.js";
import { pathFrom, wayInto } from "../ways.js";
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

/** All below a folder is searched with it but what belongs to git. */
function isSearchedWith(folder: string, path: string): boolean {
  return wayInto(folder, path)?.split(sep).includes(".git") === false;
}

/** Sorts by path. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
