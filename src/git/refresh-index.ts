/** Has git note that files whose pointers it keeps are as they should be, so that it does not call them changed. */
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { POINTER_SIZE_LIMIT, type Pointer, parsePointer } from "../lfs-pointer.js";
import { type GitCall, runGit } from "./run-git.js";

/** What of a working tree is looked at, and what is known of it. */
export interface Refresh {
  /** Files and folders, from the top of the working tree on and `/`-separated. Default: all. */
  readonly paths?: readonly string[];
  /** SHA-256 of a file, hex, by its path from the top on; undefined where it cannot be read. */
  digestOf(path: string): Promise<string | undefined>;
  readonly signal?: AbortSignal | undefined;
}

/** A file that git calls changed, and the blob that is staged of it. */
interface Entry {
  readonly path: string;
  readonly blob: string;
}

/** Git reads every new file through its filter: longest wait for that, in milliseconds. */
const REFRESH_MS = 30 * 60_000;
/** Another git that holds the index is most often done after this, in milliseconds, or twice or thrice this. */
const LOCK_MS = 300;

/**
 * Updates the entries of git's index whose files have the content that their staged pointers stand for, whoever put it
 * there. As git takes any file of another size for changed, it has to be told; and since telling it is staging, only those
 * files are told that the filter of git-lfs turns into the very pointer that is staged, and whose mode is the one that is
 * staged. Answers the paths that git still calls changed because it could not be told; none where git is not installed.
 * Throws the signal's reason.
 */
export async function refreshIndex(top: string, { paths = [], digestOf, signal }: Refresh): Promise<string[]> {
  const git = (args: string[], input = "", more: Partial<GitCall> = {}) => {
    return runGit(["-c", "core.fsmonitor=false", ...args], { cwd: top, input, signal, timeoutMs: REFRESH_MS, ...more });
  };
  const limits = paths.map((path) => `:(top,literal)${path}`);
  const changed = entriesIn(
    (await git(["diff-files", "-z", "--no-abbrev", "--ignore-submodules", "--", ...limits])) ?? "",
  );
  if (changed.length === 0) return [];
  const asked = changed.map(({ path }) => `${path}\0`).join("");
  // Answers path, name and value of the attribute, one after another.
  const told = (await git(["check-attr", "-z", "--stdin", "filter"], asked))?.split("\0") ?? [];
  const filtered = changed.filter((_, index) => told[3 * index + 2] === "lfs");
  const pointers = await pointersOf(filtered, git);
  const same: string[] = [];
  for (const { path, blob } of filtered) {
    const pointer = pointers.get(blob);
    if (pointer === undefined) continue;
    const found = await lstat(join(top, path)).catch(() => undefined);
    if (found?.isFile() && found.size === pointer.size && (await digestOf(path)) === pointer.oid) same.push(path);
  }
  if (same.length === 0) return [];
  // A filter that fails would otherwise have git stage the content itself.
  const update = ["-c", "filter.lfs.required=true", "update-index", "-q", "-z", "--stdin"];
  for (let tries = 1; ; tries++) {
    if ((await git(update, same.map((path) => `${path}\0`).join(""))) !== undefined) return [];
    if (tries === 3) return same;
    await sleep(tries * LOCK_MS, undefined, { signal });
  }
}

/** The files of which only the content differs from what is staged, as `git diff-files` lists them. */
function entriesIn(output: string): Entry[] {
  const fields = output.split("\0");
  return fields.flatMap((about, index): Entry[] => {
    const [, before, after, blob = ""] = /^:(\d+) (\d+) ([0-9a-f]+) [0-9a-f]+ M$/.exec(about) ?? [];
    return before !== undefined && before === after ? [{ path: fields[index + 1] ?? "", blob }] : [];
  });
}

/** The pointers among the staged blobs, just as the filter writes them, by the id of their blob. */
async function pointersOf(
  entries: readonly Entry[],
  git: (args: string[], input: string, more?: Partial<GitCall>) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, Pointer>> {
  const list = (blobs: readonly string[]) => blobs.map((blob) => `${blob}\n`).join("");
  const sizes = (await git(["cat-file", "--batch-check"], list(entries.map(({ blob }) => blob)))) ?? "";
  const small = [...sizes.matchAll(/^([0-9a-f]+) blob (\d+)$/gm)].flatMap(([, blob = "", size]) =>
    Number(size) < POINTER_SIZE_LIMIT ? [blob] : [],
  );
  // A character for each byte, so that the lengths are right whatever the blobs hold.
  const text = (await git(["cat-file", "--batch"], list(small), { encoding: "latin1" })) ?? "";
  const found = new Map<string, Pointer>();
  const head = /([0-9a-f]+) blob (\d+)\n/y;
  for (let match = head.exec(text); match !== null; match = head.exec(text)) {
    const [, blob = "", size] = match;
    const end = head.lastIndex + Number(size);
    const parsed = parsePointer(Buffer.from(text.slice(head.lastIndex, end), "latin1"));
    // What an extension made of the content is not what stands in its place.
    if (parsed.kind === "pointer" && parsed.extensions.length === 0) found.set(blob, parsed);
    head.lastIndex = end + 1;
  }
  return found;
}
