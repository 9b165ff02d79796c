/** The settings of a repository, from git itself where it is installed, and those that its authors commit for git-lfs. */
import { join } from "node:path";
import { readConfigFiles, type UserFolders } from "./config-files.js";
import { type GitConfig, gitConfig, parseConfigFile, parseConfigList } from "./config-text.js";
import { type Repository, readText } from "./repository.js";
import { runGit } from "./run-git.js";

/** What is set where. */
export interface Settings {
  /** The user's own, for this repository. */
  readonly own: GitConfig;
  /** Those of `.lfsconfig`, which came with the repository: git-lfs believes few of them. */
  readonly committed: GitConfig;
  /** The branch that is checked out; undefined where none is. */
  readonly branch: string | undefined;
}

/** Reads them. Throws the signal's reason. */
export async function readSettings(repository: Repository, user: UserFolders, signal?: AbortSignal): Promise<Settings> {
  const { top, gitFolder } = repository;
  const git = (...args: string[]) => runGit(args, { cwd: top, signal, env: user.env });
  const listed = await git("config", "--list", "-z");
  const own = listed === undefined ? readConfigFiles(repository, user) : gitConfig(parseConfigList(listed));
  // Where the file is not checked out, what is staged or committed of it counts.
  const text =
    (await readText(join(top, ".lfsconfig"), { followLinks: false })) ??
    (await git("show", ":.lfsconfig")) ??
    (await git("show", "HEAD:.lfsconfig")) ??
    "";
  const [, branch] = /^ref: refs\/heads\/(.+?)\s*$/.exec((await readText(join(gitFolder, "HEAD"))) ?? "") ?? [];
  return { own: await own, committed: gitConfig(parseConfigFile(text)), branch };
}
