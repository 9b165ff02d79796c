/** What a place is where bytes may lie that are wanted: another tool's store, another checkout. */

import { stat } from "node:fs/promises";

/** A file that may have the wanted bytes. Nothing is believed of it: it is hashed while it is copied. */
export interface Elsewhere {
  /** Absolute. */
  readonly path: string;
  /** Where that is, as it reads after "from". */
  readonly place: string;
}

/** What is looked for. */
export interface Sought {
  readonly sha256: string;
  /** Path of the file in the tree, relative to its root and `/`-separated. */
  readonly path: string;
}

/** Tells where a file may lie, of what was there when the place was opened. Never throws. */
export type Place = (sought: Sought) => readonly Elsewhere[];

/** Looks a place over, once however often it is called. Never throws; a place that is not there has nothing. */
export type OpenPlace = () => Promise<Place>;

/** What a place answers that has nothing. */
export const NOTHING: readonly Elsewhere[] = [];

/** A place that has nothing: the others are asked without it. */
export const NOWHERE: Place = () => NOTHING;

/** Asks several places, one after another. They may share a store: no path is told twice. */
export function inOrder(all: readonly Place[]): Place {
  const places = all.filter((place) => place !== NOWHERE);
  if (places.length === 0) return NOWHERE;
  return (sought) => {
    const found = places.flatMap((place) => place(sought));
    if (found.length < 2) return found;
    const paths = new Set<string>();
    return found.filter(({ path }) => !paths.has(path) && paths.add(path));
  };
}

/** Those of some paths that are folders: where there is none, no file need be looked for in it. */
export async function existingFolders(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => found[index]?.isDirectory());
}
