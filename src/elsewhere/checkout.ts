/** Another checkout: the same file in the same place, whatever its ledger knows, and what git-lfs keeps for it. */
import { join, relative } from "node:path";
import type { UserFolders } from "../git/config-files.js";
import { repositoryAt } from "../git/repository.js";
import { wayInto } from "../ways.js";
import { ledgerPaths } from "./ledger-paths.js";
import { lfsObjects, objectFolders } from "./lfs-objects.js";
import type { Place } from "./place.js";

/** The tree for which bytes are looked for, and the tops of the working trees that another checkout may be one of. */
export interface SoughtTree {
  readonly root: string;
  readonly tops: readonly string[];
}

/** What a checkout at `folder` has: files have the same way there, from its top or from its root on. */
export async function checkout(
  folder: string,
  { root, tops }: SoughtTree,
  place: string,
  user: UserFolders,
): Promise<Place> {
  const counterparts = (path: string): string[] => {
    const ways = tops.flatMap((top) => wayInto(top, path) ?? []);
    return [...new Set([...ways, relative(root, path)])].map((way) => join(folder, way));
  };
  const repository = await repositoryAt(folder);
  const objects = lfsObjects(repository === undefined ? [] : await objectFolders(repository, user), place);
  const known = await Promise.all(counterparts(root).map(ledgerPaths));
  return (sought) => {
    const remembered = known.flatMap((paths) => paths.get(sought.sha256) ?? []);
    const paths = [...remembered, ...counterparts(join(root, sought.path))];
    return [...[...new Set(paths)].map((path) => ({ path, place })), ...objects(sought)];
  };
}
