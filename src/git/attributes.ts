/** Which value an attribute of gitattributes(5) has for paths, as a commit has it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GitCall, runGit } from "./run-git.js";

/** By path; undefined where git does not tell. Throws the signal's reason. */
export async function attributesAt(
  commit: string,
  attribute: string,
  paths: readonly string[],
  call: Omit<GitCall, "input" | "index">,
): Promise<ReadonlyMap<string, string> | undefined> {
  const input = paths.map((path) => `${path}\0`).join("");
  const words = ["--stdin", "-z", attribute];
  const told =
    (await runGit(["check-attr", `--source=${commit}`, ...words], { ...call, input })) ??
    (await byIndex(commit, words, { ...call, input }));
  if (told === undefined) return undefined;
  const values = told.split("\0");
  return new Map(paths.map((_, index) => [values[index * 3] ?? "", values[index * 3 + 2] ?? ""]));
}

/** Before version 2.40, git knows the attributes of the working tree and of an index only: here of one made for it. */
async function byIndex(commit: string, words: readonly string[], call: GitCall): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "assets-")).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const own = { ...call, index: join(folder, "index") };
    const read = await runGit(["read-tree", commit], { ...own, input: "" });
    return read === undefined ? undefined : await runGit(["check-attr", "--cached", ...words], own);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}
