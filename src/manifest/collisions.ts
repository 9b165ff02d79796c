/** Finds paths that cannot stand beside each other on every file system. */
import type { Finding } from "./issues.js";
import type { Claim } from "./normalise.js";
import { foldPath } from "./paths.js";

/** What else may not be written over, as a path under the root: the manifest itself for one. */
interface Reserved {
  path: string;
  /** Its name in a sentence. */
  what: string;
}

/**
 * Every claim that meets an earlier one: the same path, one that differs only by case or Unicode normalisation, or a
 * file where the other needs a folder. Equal content is no excuse: each path has one owner.
 */
export function findCollisions(
  claims: readonly Claim[],
  reserved: readonly Reserved[],
  lineOf: (claim: Claim) => number,
): Finding[] {
  const owners = new Map<string, Claim | Reserved>();
  /** Folders that files need, with the first file that does. */
  const folders = new Map<string, Claim | Reserved>();
  const findings: Finding[] = [];

  const name = (owner: Claim | Reserved) =>
    "asset" in owner ? `asset "${owner.asset}" on line ${lineOf(owner)}` : owner.what;
  const find = (claim: Claim, message: string) => {
    const suggestion = "Write another path for one of the two.";
    findings.push({ path: claim.at(), onKey: claim.onKey, found: claim.path, message, suggestion });
  };
  const add = (owner: Claim | Reserved) => {
    const fold = foldPath(owner.path);
    const claim = "asset" in owner ? owner : undefined;
    const same = owners.get(fold);
    const needed = folders.get(fold);
    let blocking: Claim | Reserved | undefined;
    for (let at = fold.indexOf("/"); at !== -1; at = fold.indexOf("/", at + 1)) {
      const folder = fold.slice(0, at);
      blocking ??= owners.get(folder);
      if (!folders.has(folder)) folders.set(folder, owner);
    }
    if (claim !== undefined && same !== undefined) {
      const how = same.path === claim.path ? "is" : "differs only by case or normalisation from";
      find(claim, `this path ${how} that of ${name(same)}`);
    } else if (claim !== undefined && needed !== undefined) {
      find(claim, `this file stands where ${name(needed)} needs a folder`);
    } else if (claim !== undefined && blocking !== undefined) {
      find(claim, `this path needs a folder where the file of ${name(blocking)} stands`);
    }
    if (same === undefined) owners.set(fold, owner);
  };

  for (const owner of reserved) add(owner);
  for (const claim of claims) add(claim);
  return findings;
}

/** Whether {@link findCollisions} would find any among these paths. */
export function collide(paths: readonly string[]): boolean {
  const files = new Set<string>();
  const folders = new Set<string>();
  let last = "";
  for (const path of paths) {
    const fold = foldPath(path);
    files.add(fold);
    const folder = fold.slice(0, Math.max(0, fold.lastIndexOf("/")));
    // Files mostly stand beside the one before.
    if (folder === last) continue;
    last = folder;
    for (let end = folder.length; end > 0; end = folder.lastIndexOf("/", end - 1)) folders.add(folder.slice(0, end));
  }
  return files.size < paths.length || [...folders].some((folder) => files.has(folder));
}

/** A path, and an earlier one that it would meet by {@link findCollisions}; undefined where all can stand together. */
export function collidingPair(paths: readonly string[]): [path: string, other: string] | undefined {
  if (!collide(paths)) return undefined;
  const owners = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const path of paths) {
    const fold = foldPath(path);
    let other = owners.get(fold) ?? folders.get(fold);
    for (let end = fold.lastIndexOf("/"); end > 0; end = fold.lastIndexOf("/", end - 1)) {
      const folder = fold.slice(0, end);
      other ??= owners.get(folder);
      if (!folders.has(folder)) folders.set(folder, path);
    }
    if (other !== undefined) return [path, other];
    owners.set(fold, path);
  }
  return undefined;
}
