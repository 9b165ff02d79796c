/** `assets cache-key`: a name for what is selected, under which caches can keep it. */
import { createHash } from "node:crypto";
import { type Selection, select } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import type { CacheKeyReport } from "./reports.js";

/** Throws UNKNOWN_ID, NOTHING_SELECTED, USAGE. */
export function cacheKey(manifest: Manifest, selection: Selection = {}): CacheKeyReport {
  const files = select(manifest, selection);
  const lines = files.map(({ sha256 = "-", size = "-", path }) => `${sha256} ${size} ${path}\n`);
  // By bytes: no locale has a say in it, and `LC_ALL=C sort` does the same.
  const sorted = lines.map((line) => Buffer.from(line)).sort(Buffer.compare);
  const unpinned = files.filter(({ sha256 }) => sha256 === undefined).length;
  return {
    key: `assets-${createHash("sha256").update(Buffer.concat(sorted)).digest("hex")}`,
    files: files.length,
    unpinned,
  };
}
