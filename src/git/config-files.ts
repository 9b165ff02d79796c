/** Reads git's settings from its files, without git: the user's own, then those of the repository. */
import { devNull, homedir } from "node:os";
import { join } from "node:path";
import { environment } from "../this-process.js";
import { type GitConfig, gitConfig, parseConfigFile } from "./config-text.js";
import { type Repository, readText } from "./repository.js";

/** Where the user's own settings lie. */
export interface UserFolders {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
}

/** The user of this process. Somebody without a home folder keeps nothing in it. */
export function thisUser(): UserFolders {
  try {
    return { env: environment, home: homedir() || devNull };
  } catch {
    return { env: environment, home: devNull };
  }
}

/** The settings of a repository, or only the user's own. Files that cannot be read have none. */
export async function readConfigFiles(
  repository: Repository | undefined,
  { env, home }: UserFolders,
): Promise<GitConfig> {
  const xdg = env.XDG_CONFIG_HOME || join(home, ".config");
  const global = env.GIT_CONFIG_GLOBAL
    ? [env.GIT_CONFIG_GLOBAL]
    : [join(xdg, "git", "config"), join(home, ".gitconfig")];
  const files = [
    ...(env.GIT_CONFIG_NOSYSTEM ? [] : [env.GIT_CONFIG_SYSTEM || "/etc/gitconfig"]),
    ...global,
    ...(repository === undefined
      ? []
      : [join(repository.commonFolder, "config"), join(repository.gitFolder, "config.worktree")]),
  ];
  const texts = await Promise.all(files.map((file) => readText(file)));
  return gitConfig(texts.flatMap((text) => parseConfigFile(text ?? "")));
}
