/** Every place on this machine where wanted bytes may lie already, in the order in which they are looked at. */
import { delimiter, join, resolve } from "node:path";
import { thisUser, type UserFolders } from "../git/config-files.js";
import { findRepository, otherWorktrees, type Repository } from "../git/repository.js";
import { checkout } from "./checkout.js";
import { huggingFaceCache } from "./hugging-face.js";
import { ledgerPaths } from "./ledger-paths.js";
import { lfsObjects, objectFolders } from "./lfs-objects.js";
import { ollamaBlobs } from "./ollama.js";
import { inOrder, NOTHING, type OpenPlace, type Place } from "./place.js";

/** What is known of the tree for which bytes are looked for. */
export interface ElsewhereOptions {
  /** Absolute root of the tree. */
  root: string;
  /** Pinned files of the tree, each of which may be another's bytes under another name. */
  files: readonly { readonly path: string; readonly sha256?: string | undefined }[];
  /** The repository that the files sought are of, where that is another one than the root's: a submodule's. */
  repository?: Repository | undefined;
  /** Another place, whose files are the last to be tried. */
  lastly?: Place | undefined;
  /** Default: the environment of this process, and the home that the system tells. */
  user?: UserFolders;
}

/** Tells where a file may lie, the likeliest place first. Reads nothing before it is opened. */
export function createElsewhere(options: ElsewhereOptions): OpenPlace {
  let opening: Promise<Place> | undefined;
  return () => {
    opening ??= open(options);
    return opening;
  };
}

async function open({ root, files, repository, user = thisUser(), lastly }: ElsewhereOptions): Promise<Place> {
  const repositories = [repository, await findRepository(root)]
    .filter((each) => each !== undefined)
    .filter((each, index, all) => all.findIndex(({ top }) => top === each.top) === index);
  const worktreesOf = async (each: Repository) => {
    const tree = { root, tops: [each.top] };
    const tops = await otherWorktrees(each);
    return Promise.all(tops.map((top) => checkout(top, tree, `the worktree ${top}`, user)));
  };
  const references = (user.env.ASSETS_REFERENCE ?? "").split(delimiter).filter((folder) => folder !== "");
  const tree = { root, tops: repositories.map(({ top }) => top) };
  const places = await Promise.all([
    otherNames(root, files),
    Promise.all(repositories.map((each) => objectFolders(each, user))).then((all) => lfsObjects(all.flat(), "git-lfs")),
    Promise.all(repositories.map(worktreesOf)).then((all) => inOrder(all.flat())),
    huggingFaceCache(user),
    ollamaBlobs(user),
    ...references.map((folder) => checkout(resolve(folder), tree, `the checkout ${folder}`, user)),
  ]);
  return inOrder(lastly === undefined ? places : [...places, lastly]);
}

/** Files of the tree itself that are pinned to the same bytes, or had them when its ledger was written. */
async function otherNames(root: string, files: ElsewhereOptions["files"]): Promise<Place> {
  const remembered = await ledgerPaths(root);
  const pinned = new Map<string, string[]>();
  for (const { path, sha256 } of files) {
    if (sha256 === undefined) continue;
    const same = pinned.get(sha256);
    if (same === undefined) pinned.set(sha256, [path]);
    else same.push(path);
  }
  return ({ sha256, path: own }) => {
    const same = pinned.get(sha256);
    const before = remembered.get(sha256);
    const isAlone = same === undefined || (same.length === 1 && same[0] === own);
    if (isAlone && before === undefined) return NOTHING;
    const others = [...(same ?? []).map((path) => join(root, path)), ...(before ?? [])];
    return others.filter((path) => path !== join(root, own)).map((path) => ({ path, place: "this tree" }));
  };
}
