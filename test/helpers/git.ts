/** Real git in temporary trees, with an identity and without anybody's settings. */
import { spawn, spawnSync } from "node:child_process";
import process from "node:process";

/** Whether git is installed, and git-lfs. */
export const hasGit = spawnSync("git", ["--version"]).status === 0;
export const hasLfs = hasGit && spawnSync("git", ["lfs", "version"]).status === 0;

/** Settings that make git the same everywhere. */
export const GIT_ENV = {
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "t",
  GIT_AUTHOR_EMAIL: "t@example.com",
  GIT_COMMITTER_NAME: "t",
  GIT_COMMITTER_EMAIL: "t@example.com",
};

/** Runs git in a folder, without keeping this process from serving it; what it prints. Throws what it says when it fails. */
export function git(folder: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: folder, env: { ...process.env, ...GIT_ENV, ...env } });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`git ${args.join(" ")}: ${errors}`))));
  });
}
