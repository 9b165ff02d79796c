/** Has git note that files whose pointers it keeps are as they should be, so that it does not call them changed. */
import { createHash } from "node:crypto";
import { runGit } from "./run-git.js";

/** A file that stands where a pointer stood. */
export interface Hydrated {
  /** From the top of the working tree on, `/`-separated. */
  readonly path: string;
  /** The pointer's text. */
  readonly pointer: string;
  /** Whether it may be run; undefined where the system does not tell. */
  readonly executable: boolean | undefined;
}

/** Git reads every new file through its filter: longest wait for that, in milliseconds. */
const REFRESH_MS = 30 * 60_000;

/**
 * Updates the entries of git's index whose files were hydrated. As git takes any file of another size for changed, it has
 * to be told; and since telling it is staging, only those files are told that are tracked, that the filter of git-lfs
 * turns into the very pointer that is staged, and whose mode is the one that is staged. Nothing happens where git is not
 * installed or fails. Throws the signal's reason.
 */
export async function refreshIndex(top: string, files: readonly Hydrated[], signal?: AbortSignal): Promise<void> {
  const git = (args: string[], input: string) => {
    return runGit(["-c", "core.fsmonitor=false", ...args], { cwd: top, input, signal, timeoutMs: REFRESH_MS });
  };
  const listed = await git(["ls-files", "-s", "-z"], "");
  if (listed === undefined) return;
  const staged = new Map(
    listed.split("\0").flatMap((entry): [string, { mode: string; blob: string }][] => {
      const [, mode = "", blob = "", path = ""] = /^(\d+) ([0-9a-f]+) 0\t(.*)$/s.exec(entry) ?? [];
      return path === "" ? [] : [[path, { mode, blob }]];
    }),
  );
  const same = files.filter(({ path, pointer, executable }) => {
    const entry = staged.get(path);
    if (entry === undefined || entry.blob !== blobOf(pointer, entry.blob.length)) return false;
    return executable === undefined || entry.mode === (executable ? "100755" : "100644");
  });
  const asked = same.map(({ path }) => `${path}\0`).join("");
  // Answers path, name and value of the attribute, one after another.
  const told = (await git(["check-attr", "-z", "--stdin", "filter"], asked))?.split("\0") ?? [];
  const filtered = same.filter((_, index) => told[3 * index + 2] === "lfs");
  if (filtered.length > 0) {
    // A filter that fails would otherwise have git stage the content itself.
    const required = ["-c", "filter.lfs.required=true"];
    await git([...required, "update-index", "-q", "-z", "--stdin"], filtered.map(({ path }) => `${path}\0`).join(""));
  }
}

/** The id that git gives a text, by its own length SHA-1 or SHA-256. */
function blobOf(text: string, length: number): string {
  const bytes = Buffer.from(text);
  return createHash(length === 64 ? "sha256" : "sha1")
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest("hex");
}
