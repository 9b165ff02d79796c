/** Another checkout: the same file in the same place, whatever its ledger knows, and what git-lfs keeps for it. */
import { join } from "node:path";
import type { UserFolders } from "../git/config-files.js";
import { repositoryAt } from "../git/repository.js";
import { ledgerPaths } from "./ledger-paths.js";
import { lfsObjects, objectFolders } from "./lfs-objects.js";
import type { Elsewhere, Place } from "./place.js";

/** What a checkout at `folder` has. `way`: where its root lies, from that folder on. Read when first asked. */
export function checkout(folder: string, way: string, place: string, user: UserFolders): Place {
  let opened: Promise<{ objects: Place; known: readonly ReadonlyMap<string, readonly string[]>[] }> | undefined;
  const roots = [...new Set([join(folder, way), folder])];
  const open = async () => {
    const repository = await repositoryAt(folder);
    const folders = repository === undefined ? [] : await objectFolders(repository, user);
    return { objects: lfsObjects(folders, place), known: await Promise.all(roots.map(ledgerPaths)) };
  };
  return async (sought) => {
    opened ??= open();
    const { objects, known } = await opened;
    const remembered = known.flatMap((paths) => paths.get(sought.sha256) ?? []);
    const paths = [...remembered, ...roots.map((root) => join(root, sought.path))];
    const found: Elsewhere[] = [...new Set(paths)].map((path) => ({ path, place }));
    return [...found, ...(await objects(sought))];
  };
}
