/** Asks git what it has, and what it leaves alone. */
import { POINTER_SIZE_LIMIT, parsePointer } from "../lfs-pointer.js";
import { environment } from "../this-process.js";
import { type AskBlobs, readBlobs, sizesOf } from "./blobs.js";
import { findRepository } from "./repository.js";
import { askGit, runGit } from "./run-git.js";

/** What git makes of some paths, all relative to the folder that was asked about. */
export interface Tracking {
  /** Every file that git has there. */
  tracked: ReadonlySet<string>;
  /** Those of the paths of which git has no content, but a Git LFS pointer. */
  pointers: ReadonlySet<string>;
  /** Those of the paths that no rule keeps out of git. */
  open: ReadonlySet<string>;
}

/**
 * `paths`: below the folder, `/`-separated; they need not exist. Undefined where there is no repository, or no git. Throws
 * the signal's reason.
 */
export async function trackingIn(
  folder: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<Tracking | undefined> {
  if ((await findRepository(folder)) === undefined) return undefined;
  const listed = await runGit(["ls-files", "-z", "--stage"], { cwd: folder, signal });
  const check = { cwd: folder, input: paths.map((path) => `./${path}\0`).join(""), signal };
  const asked = paths.length > 0 ? await askGit(["check-ignore", "--no-index", "-z", "--stdin"], check) : undefined;
  // It fails without a word when none of the paths is ignored.
  const ignored = asked === undefined || asked.ok || asked.said === "" ? (asked?.output ?? "") : undefined;
  if (listed === undefined || ignored === undefined) return undefined;
  const out = new Set(ignored.split("\0").map((path) => path.replace(/^\.\//, "")));
  const tracked = new Map<string, string>();
  for (const line of listed.split("\0")) {
    const [, id, path] = /^\d+ ([0-9a-f]+) \d\t([\s\S]+)$/.exec(line) ?? [];
    if (id !== undefined && path !== undefined) tracked.set(path, id);
  }
  return {
    tracked: new Set(tracked.keys()),
    pointers: await pointersOf(paths, tracked, folder, signal),
    open: new Set(paths.filter((path) => !out.has(path))),
  };
}

/** The paths whose object, by its id, is a pointer. What a partial clone has not is not fetched for it. */
async function pointersOf(
  paths: readonly string[],
  tracked: ReadonlyMap<string, string>,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const env = { ...environment, GIT_NO_LAZY_FETCH: "1" };
  const ask: AskBlobs = (args, input, encoding) => runGit(args, { cwd: folder, input, encoding, env, signal });
  const ids = [...new Set(paths.flatMap((path) => tracked.get(path) ?? []))];
  const small = [...(await sizesOf(ids, ask))].flatMap(([id, size]) => (size < POINTER_SIZE_LIMIT ? [id] : []));
  const pointers = new Set<string>();
  for await (const { id, bytes } of readBlobs(small, ask)) if (parsePointer(bytes).kind === "pointer") pointers.add(id);
  return new Set(paths.filter((path) => pointers.has(tracked.get(path) ?? "")));
}
