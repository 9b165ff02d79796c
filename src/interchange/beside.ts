/** Finds files of a list that cannot stand beside each other under their paths: pure. */

import { foldPath } from "../manifest/paths.js";
import type { KnownPins } from "../manifest/same-bytes.js";
import { agree, contradiction } from "./listing.js";

/** A file with its path from the root on. */
export interface Placed extends KnownPins {
  readonly path: string;
  /** The first is asked first. */
  readonly urls: readonly string[];
  /** Where the list says so. */
  readonly place: string;
}

/**
 * Why a file cannot be taken over beside the others, by its index. Of two that differ by case alone, and of a file where
 * another needs a folder, the first is kept; of two with other bytes under one path none, as nothing tells which is meant.
 */
export function findClashes(files: readonly Placed[]): Map<number, string> {
  const clashes = new Map<number, string>();
  const owners = new Map<string, number>();
  const folders = new Map<string, number>();
  for (const [index, file] of files.entries()) {
    const fold = foldPath(file.path);
    const owner = owners.get(fold);
    const first = owner === undefined ? undefined : files[owner];
    if (owner !== undefined && first !== undefined) {
      const [message, both] = clashOf(file, first);
      if (message !== undefined) clashes.set(index, message);
      if (both && !clashes.has(owner)) clashes.set(owner, `${file.place} has other bytes for the same path`);
      continue;
    }
    const inside = folders.get(fold);
    const blocking = folderOf(fold, (folder) => owners.get(folder));
    if (inside !== undefined) {
      clashes.set(index, `it is a file where ${nameOf(files[inside])} needs a folder`);
    } else if (blocking !== undefined) {
      clashes.set(index, `it needs a folder where ${nameOf(files[blocking])} is a file`);
    } else {
      owners.set(fold, index);
      for (let at = fold.lastIndexOf("/"); at > 0; at = fold.lastIndexOf("/", at - 1)) {
        if (folders.has(fold.slice(0, at))) break;
        folders.set(fold.slice(0, at), index);
      }
    }
  }
  return clashes;
}

/** What keeps a file from standing under the path of the first of its name, and whether it speaks against both. */
function clashOf(file: Placed, first: Placed): [message: string | undefined, both: boolean] {
  if (file.path !== first.path) {
    return [
      `its path differs from ${nameOf(first)} by case or normalisation only, which some disks do not keep`,
      false,
    ];
  }
  const difference = contradiction(first, file);
  if (difference !== undefined)
    return [`its ${difference} is another one in ${first.place}: neither is taken over`, true];
  if (agree(first, file) || file.urls.some((url) => first.urls.includes(url))) return [undefined, false];
  return [`${first.place} has the same path, and nothing tells whether they are of the same bytes`, false];
}

function folderOf(path: string, find: (folder: string) => number | undefined): number | undefined {
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const found = find(path.slice(0, at));
    if (found !== undefined) return found;
  }
  return undefined;
}

function nameOf(file: Placed | undefined): string {
  return file === undefined ? "another" : `${file.path} (${file.place})`;
}
