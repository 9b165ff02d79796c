/** Which folders the paths of a manifest start from, and what of them belongs to the manifest itself. */
import { basename, dirname, resolve, sep } from "node:path";
import { wayInto } from "../ways.js";
import { digestOf } from "./fields.js";
import { normaliseFolder } from "./paths.js";
import { piecesPath } from "./pieces.js";

/** Where a text comes from. */
export interface ReadOptions {
  /** Absolute path of the manifest file. */
  file: string;
  /** Absolute folder that file paths are relative to, wherever it lies; stands in for the manifest's own `root`. */
  root?: string;
}

/** The folder that relative paths start from: that of the file, or for `config/assets.json` the one above. */
export function baseOf(file: string): string {
  const folder = dirname(file);
  return basename(file) === "assets.json" && basename(folder) === "config" ? dirname(folder) : folder;
}

/** The folder that file paths are relative to. `own` is what the manifest says of it. */
export function rootOf({ file, root }: ReadOptions, own: string | undefined): string {
  return root ?? resolve(baseOf(file), normaliseFolder(own ?? "."));
}

/** The digest of the file of pieces, as the manifest holds it when it names one. */
export function piecesOf(named: string | undefined): { pieces?: string } {
  return named === undefined ? {} : { pieces: digestOf(named) };
}

/** Paths under the root that no asset may take, and what they are. */
export function reservedIn(root: string, file: string): { path: string; what: string }[] {
  const own = [
    { path: file, what: "the manifest itself" },
    { path: piecesPath(file), what: "the manifest's file of pieces" },
  ];
  return own.flatMap(({ path, what }) => {
    const way = wayInto(root, path);
    return way === undefined ? [] : [{ path: way.replaceAll(sep, "/"), what }];
  });
}
