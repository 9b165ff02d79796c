/** Asks git what it has, and what it leaves alone. */
import { findRepository } from "./repository.js";
import { askGit, runGit } from "./run-git.js";

/** What git makes of some paths, all relative to the folder that was asked about. */
export interface Tracking {
  /** Every file that git has there. */
  tracked: ReadonlySet<string>;
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
  const listed = await runGit(["ls-files", "-z"], { cwd: folder, signal });
  const check = { cwd: folder, input: paths.map((path) => `./${path}\0`).join(""), signal };
  const asked = paths.length > 0 ? await askGit(["check-ignore", "--no-index", "-z", "--stdin"], check) : undefined;
  // It fails without a word when none of the paths is ignored.
  const ignored = asked === undefined || asked.ok || asked.said === "" ? (asked?.output ?? "") : undefined;
  if (listed === undefined || ignored === undefined) return undefined;
  const out = new Set(ignored.split("\0").map((path) => path.replace(/^\.\//, "")));
  return {
    tracked: new Set(listed.split("\0").filter((path) => path !== "")),
    open: new Set(paths.filter((path) => !out.has(path))),
  };
}
