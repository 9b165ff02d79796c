/** Runs `assets lfs hydrate` where no git is to be found. */
import { runInProcess } from "./in-process.js";
import type { Tree } from "./tree.js";

/** Runs it with no git to be found, unless `env` says otherwise. */
export function hydrate(tree: Tree, args: string[] = [], env: Record<string, string> = {}, run = runInProcess) {
  return run(["lfs", "hydrate", ...args], { cwd: tree.root, env: { PATH: "", ...env } });
}

/** What is said of the first pointer, which cannot be turned into its file. */
export async function errorOf(tree: Tree, env: Record<string, string> = {}) {
  const { code, stdout } = await hydrate(tree, ["--json", "--retries", "0"], env);
  const { outcomes } = JSON.parse(stdout);
  return { code, ...outcomes[0].error, text: stdout };
}
