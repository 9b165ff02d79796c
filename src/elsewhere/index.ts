/** Every place on this machine where wanted bytes may lie already, in the order in which they are looked at. */
import { delimiter, join, resolve } from "node:path";
import { thisUser, type UserFolders } from "../git/config-files.js";
import { findRepository, otherWorktrees, type Repository } from "../git/repository.js";
import { checkout } from "./checkout.js";
import { huggingFaceCache } from "./hugging-face.js";
import { ledgerPaths } from "./ledger-paths.js";
import { lfsObjects, objectFolders } from "./lfs-objects.js";
import { ollamaBlobs } from "./ollama.js";
import { inOrder, type Place } from "./place.js";

/** What is known of the tree for which bytes are looked for. */
export interface ElsewhereOptions {
  /** Absolute root of the tree. */
  root: string;
  /** Pinned files of the tree, each of which may be another's bytes under another name. */
  files: readonly { readonly path: string; readonly sha256?: string | undefined }[];
  /** The repository that the files sought are of, where that is another one than the root's: a submodule's. */
  repository?: Repository | undefined;
  /** Default: the environment of this process, and the home that the system tells. */
  user?: UserFolders;
}

/** Tells where a file may lie, the likeliest first. Reads nothing before the first question. */
export function createElsewhere(options: ElsewhereOptions): Place {
  const { root, files, repository, user = thisUser() } = options;
  let opening: Promise<Place> | undefined;
  const open = async (): Promise<Place> => {
    const repositories = [repository, await findRepository(root)]
      .filter((each) => each !== undefined)
      .filter((each, index, all) => all.findIndex(({ top }) => top === each.top) === index);
    const objects = await Promise.all(repositories.map((each) => objectFolders(each, user)));
    const worktrees = await Promise.all(
      repositories.map(async (each) => {
        const tree = { root, tops: [each.top] };
        return (await otherWorktrees(each)).map((top) => checkout(top, tree, `the worktree ${top}`, user));
      }),
    );
    const references = (user.env.ASSETS_REFERENCE ?? "").split(delimiter).filter((folder) => folder !== "");
    const tree = { root, tops: repositories.map(({ top }) => top) };
    return inOrder([
      otherNames(root, files),
      lfsObjects(objects.flat(), "git-lfs"),
      ...worktrees.flat(),
      huggingFaceCache(user),
      ollamaBlobs(user),
      ...references.map((folder) => checkout(resolve(folder), tree, `the checkout ${folder}`, user)),
    ]);
  };
  return async (sought) => {
    opening ??= open();
    return (await opening)(sought);
  };
}

/** Files of the tree itself that are pinned to the same bytes, or had them when its ledger was written. */
function otherNames(root: string, files: ElsewhereOptions["files"]): Place {
  const paths = new Map<string, string[]>();
  for (const { path, sha256 } of files) {
    if (sha256 === undefined) continue;
    const same = paths.get(sha256);
    if (same === undefined) paths.set(sha256, [path]);
    else same.push(path);
  }
  let remembered: ReturnType<typeof ledgerPaths> | undefined;
  return async ({ sha256, path: own }) => {
    remembered ??= ledgerPaths(root);
    const pinned = (paths.get(sha256) ?? []).map((path) => join(root, path));
    return [...pinned, ...((await remembered).get(sha256) ?? [])]
      .filter((path) => path !== join(root, own))
      .map((path) => ({ path, place: "this tree" }));
  };
}
