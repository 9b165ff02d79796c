/** Which folders the paths of a manifest start from, and what of them belongs to the manifest itself. */
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { normaliseFolder } from "./paths.js";

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

/** Paths under the root that no asset may take. */
export function reservedIn(root: string, file: string): { path: string }[] {
  const path = relative(root, file);
  const isInside = !isAbsolute(path) && path !== ".." && !path.startsWith(`..${sep}`);
  return isInside ? [{ path: path.replaceAll(sep, "/") }] : [];
}
