/** Takes members out of an archive in a temporary folder. */
import { mkdirSync, readdirSync } from "node:fs";
import type { AssetsError } from "../../src/errors.js";
import { type ExtractOptions, type ExtractResult, extractMembers } from "../../src/store/extract.js";
import { makeTree, type Tree } from "./tree.js";

type Settings = Partial<Omit<ExtractOptions, "wanted" | "maxBytes">> & { maxBytes?: Record<string, number> };

/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** Three megabytes that compress well. */
export const big = Buffer.alloc(3_000_000, "0123456789abcdef!");

/** Extracts members into `out/0`, `out/1`, ... of a new tree. Answers what became of them and which files are there. */
export async function extract(bytes: Uint8Array, members: string[], { maxBytes = {}, ...settings }: Settings = {}) {
  const tree = makeTree();
  mkdirSync(tree.path("out"));
  const results = await extractMembers({
    archive: tree.write("archive", Buffer.from(bytes)),
    format: "tar",
    strip: 0,
    wanted: new Map(members.map((member, index) => [member, tree.path(`out/${index}`)])),
    maxBytes: new Map(Object.entries(maxBytes)),
    signal: never,
    ...settings,
  });
  return { tree, results, files: readdirSync(tree.path("out")).sort() };
}

/** Text of the file of the member wanted first, or at `index`. */
export function text(tree: Tree, index = 0): string {
  return tree.read(`out/${index}`).toString();
}

/** The error of a result that must be one. */
export function errorOf(result: ExtractResult | undefined): AssetsError {
  if (result === undefined || !("error" in result)) throw new Error("expected an error");
  return result.error;
}
