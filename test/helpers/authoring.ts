/** Projects that the command line writes the manifest of, in this process, and what their manifests say. */
import type { BinResult } from "./bin.js";
import { type InProcessOptions, runInProcess } from "./in-process.js";
import { makeTree, type Tree } from "./tree.js";

export const MANIFEST = "assets.manifest.json";

/** A manifest without assets, and with comments at every place where one may get lost. */
export const START = `{
  // what we need
  "version": 1,
  "assets": [
    // none yet
  ] // the end
}
`;

/** Runs the command line in a tree. */
export function assets(tree: Tree, args: string[], options: Partial<InProcessOptions> = {}): Promise<BinResult> {
  return runInProcess(args, { cwd: tree.root, ...options });
}

/** A tree with this manifest, for the running test. */
export function project(text = START) {
  const tree = makeTree();
  tree.write(MANIFEST, text);
  const run = (args: string[], env: Record<string, string> = {}) => assets(tree, args, { env });
  return { tree, run, text: () => tree.read(MANIFEST).toString() };
}

/** The manifest of a tree, as it parses without comments at the ends of lines and on their own. */
export function manifestOf(tree: Tree) {
  const text = tree.read(MANIFEST).toString();
  return JSON.parse(text.replace(/^\s*\/\/.*$|(?<=[\],}]) \/\/.*$/gm, ""));
}

/** Its assets. */
export function entries(tree: Tree): Record<string, unknown>[] {
  return manifestOf(tree).assets;
}
