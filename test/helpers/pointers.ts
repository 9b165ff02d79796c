/** Pointers to write into trees, and the search for them. */
import { type FindPointersOptions, findPointers } from "../../src/commands/lfs.js";
import type { LfsReport } from "../../src/commands/reports.js";
import { formatPointer } from "../../src/lfs-pointer.js";
import type { Asset, Manifest } from "../../src/manifest/types.js";
import type { Tree } from "./tree.js";

/** What {@link POINTER} stands for, and another digest. */
export const OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
export const OTHER = "ab".repeat(32);
export const POINTER = formatPointer({ oid: OID, size: 12345 });
export const MALFORMED = POINTER.replace("12345", "many");

/** Searches the whole tree as from its root. */
export function search(tree: Tree, options: Partial<FindPointersOptions> = {}): Promise<LfsReport> {
  return findPointers({ paths: [tree.root], cwd: tree.root, ...options });
}

/** A manifest of assets given as id -> path -> SHA-256. */
export function pinsOf(tree: Tree, assets: Record<string, Record<string, string | undefined>>): Manifest {
  return {
    file: tree.manifest,
    base: tree.root,
    root: tree.root,
    version: 1,
    assets: Object.entries(assets).map(
      ([id, files]): Asset => ({
        id,
        type: "model",
        tags: [],
        required: false,
        files: Object.entries(files).map(([path, sha256]) => ({
          asset: id,
          path,
          urls: ["https://x/"],
          ...(sha256 && { sha256 }),
        })),
      }),
    ),
  };
}
