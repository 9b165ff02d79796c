/** Another checkout: the same file in the same place, whatever its ledger knows, and what git-lfs keeps for it. */
import { join, sep } from "node:path";
import type { UserFolders } from "../git/config-files.js";
import { readText, repositoryAt } from "../git/repository.js";
import { lfsObjects, objectFolders } from "./lfs-objects.js";
import type { Elsewhere, Place } from "./place.js";

/** What a checkout at `folder` has. `way`: where its root lies, from that folder on. Read when first asked. */
export function checkout(folder: string, way: string, place: string, user: UserFolders): Place {
  let opened: Promise<{ objects: Place; byDigest: ReadonlyMap<string, string> }> | undefined;
  const roots = [...new Set([join(folder, way), folder])];
  const open = async () => {
    const repository = await repositoryAt(folder);
    const folders = repository === undefined ? [] : await objectFolders(repository, user);
    const ledgers = await Promise.all(roots.map(readLedger));
    return { objects: lfsObjects(folders, place), byDigest: new Map(ledgers.flat()) };
  };
  return async (sought) => {
    opened ??= open();
    const { objects, byDigest } = await opened;
    const known = byDigest.get(sought.sha256);
    const paths = [...(known === undefined ? [] : [known]), ...roots.map((root) => join(root, sought.path))];
    const found: Elsewhere[] = [...new Set(paths)].map((path) => ({ path, place }));
    return [...found, ...(await objects(sought))];
  };
}

/** Digests that another checkout's ledger tells, and the files that had them. */
async function readLedger(root: string): Promise<[sha256: string, path: string][]> {
  const lines = ((await readText(join(root, ".assets", "ledger.ndjson"))) ?? "").split("\n");
  return lines.flatMap((line): [string, string][] => {
    try {
      const { path, sha256 } = JSON.parse(line) as { path?: unknown; sha256?: unknown };
      const ok = typeof path === "string" && typeof sha256 === "string" && !path.split(/[\\/]/).includes("..");
      return ok ? [[sha256, join(root, path.split("/").join(sep))]] : [];
    } catch {
      return [];
    }
  });
}
