/** Which files of a tree had which digests, as its ledger remembers: hints, of which nothing is believed. */
import { join, sep } from "node:path";
import { readLedger } from "../store/ledger.js";

/** Absolute paths by SHA-256, the latest first. Paths that lead out of the tree are left out. */
export async function ledgerPaths(root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const paths = new Map<string, string[]>();
  for (const line of readLedger(root).text.split("\n")) {
    const { path, sha256 } = parsed(line);
    if (typeof path !== "string" || typeof sha256 !== "string" || path.split(/[\\/]/).includes("..")) continue;
    const absolute = join(root, path.split("/").join(sep));
    paths.set(sha256, [absolute, ...(paths.get(sha256) ?? []).filter((other) => other !== absolute)]);
  }
  return paths;
}

/** A line of the ledger; a torn one says nothing. */
function parsed(line: string): { path?: unknown; sha256?: unknown } {
  try {
    return Object(JSON.parse(line)) as { path?: unknown; sha256?: unknown };
  } catch {
    return {};
  }
}
