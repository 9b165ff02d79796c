/** The programs that the bench measures itself against, or needs: where they are, and which version. */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** How each tells its version. */
const VERSION_WORDS = {
  nginx: ["-v"],
  curl: ["--version"],
  aria2c: ["--version"],
  wget2: ["--version"],
  git: ["--version"],
  "git-lfs": ["version"],
  openssl: ["version"],
  sha256sum: ["--version"],
} as const;

export type Tool = keyof typeof VERSION_WORDS;

export const TOOLS = Object.keys(VERSION_WORDS) as Tool[];

/** Whether a program can be found on the `PATH`. */
export function isInstalled(name: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The first of these that is not installed. */
export function missingOf(...names: readonly Tool[]): string | undefined {
  return names.find((name) => !isInstalled(name));
}

/** The version as the program words it, shortened; `not installed` where it is not. */
export function versionOf(tool: Tool): string {
  if (!isInstalled(tool)) return "not installed";
  const { stdout, stderr } = spawnSync(tool, VERSION_WORDS[tool], { encoding: "utf8" });
  const [line = ""] = `${stdout}${stderr}`.split("\n");
  return /\d+(?:\.\d+)+\w*/.exec(line)?.[0] ?? "of an unknown version";
}
