/** A bare, shallow copy of a repository's history: its files are read out of it, and never checked out. */
import { askGit, type GitAnswer, type GitCall } from "./run-git.js";

/** What is cloned, and where to. */
export interface CloneWish {
  /** `https:` or `http:`. */
  readonly url: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** An empty folder. */
  readonly folder: string;
  /** Shown to the server of the URL, and to no other: with it, a redirect is a failure. */
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal;
  readonly env: NonNullable<GitCall["env"]>;
}

/** One file as git keeps it. */
export interface GitFile {
  readonly path: string;
  /** Id of its blob. */
  readonly id: string;
  /** In bytes, of what git keeps: for files of LFS that of the pointer. */
  readonly size: number;
}

/** A copy. What it answers is undefined where git fails. */
export interface BareClone {
  readonly commit: string;
  /** Regular files; links and submodules have no bytes of their own. */
  files(): Promise<GitFile[] | undefined>;
  /** The bytes of blobs, by id. */
  read(ids: readonly string[]): Promise<Map<string, Buffer> | undefined>;
}

const REF = "refs/assets/wanted";
/** Longest wait for a clone, in milliseconds; one without a byte ends sooner. */
const LONGEST_MS = 30 * 60_000;
/** No hooks, no helpers in the background, nothing but the web. Settings of the user, such as proxies, stay. */
const SETTINGS = [
  ...["core.hooksPath=/dev/null", "init.templateDir=", "gc.auto=0", "maintenance.auto=false"],
  ...["protocol.allow=never", "protocol.https.allow=always", "protocol.http.allow=always"],
  ...["fetch.recurseSubmodules=false"],
].flatMap((setting) => ["-c", setting]);

/** Makes the copy. `undefined`: git is not installed. A string: why git failed, in its own words. Throws the signal's reason. */
export async function cloneBare(wish: CloneWish): Promise<BareClone | string | undefined> {
  const { url, revision, folder, authorization, signal } = wish;
  const login = authorization === undefined ? wish.env : withHeader(wish.env, url, authorization);
  const env = { ...login, GIT_LFS_SKIP_SMUDGE: "1", GIT_HTTP_LOW_SPEED_LIMIT: "1", GIT_HTTP_LOW_SPEED_TIME: "60" };
  const git = (args: string[], more: Partial<GitCall> = {}) =>
    askGit([...SETTINGS, ...args], { cwd: folder, signal, env, timeoutMs: LONGEST_MS, ...more });
  const fetch = (depth: string[], refs: string[]) =>
    git(["fetch", "--quiet", "--no-tags", ...depth, "--", url, ...refs]);

  const made = await git(["init", "--quiet", "--bare"]);
  if (made === undefined || !made.ok) return made && reason(made);
  let fetched = await fetch(["--depth=1"], [`+${revision}:${REF}`]);
  const isCommit = /^[0-9a-f]{40}$/.test(revision);
  if (fetched?.ok === false && isCommit && /not our ref|unadvertised|couldn't find remote ref/i.test(fetched.said)) {
    // Some servers give a commit only as a part of a branch.
    fetched = await fetch([], ["+refs/heads/*:refs/assets/heads/*"]);
    if (fetched?.ok) fetched = await git(["update-ref", REF, revision]);
  }
  if (fetched === undefined || !fetched.ok) return fetched && reason(fetched);
  const parsed = await git(["rev-parse", "--verify", "--quiet", `${REF}^{commit}`]);
  const commit = parsed?.output.trim() ?? "";
  if (!/^[0-9a-f]{40}$/.test(commit) || (isCommit && commit !== revision)) return "the revision is no commit";

  return {
    commit,
    async files() {
      const listed = await git(["ls-tree", "-r", "-l", "-z", "--full-tree", commit]);
      return listed?.ok
        ? [...listed.output.matchAll(/(?:^|\0)100\d+ blob ([0-9a-f]{40}) +(\d+)\t([^\0]+)/g)].map(toFile)
        : undefined;
    },
    async read(ids) {
      if (ids.length === 0) return new Map();
      const input = `${ids.join("\n")}\n`;
      const answer = await git(["cat-file", "--batch"], { input, encoding: "latin1" });
      return answer?.ok ? readBatch(answer.output) : undefined;
    },
  };
}

function toFile([, id = "", size = "", path = ""]: RegExpMatchArray): GitFile {
  return { path, id, size: Number(size) };
}

/** `<id> blob <size>`, a line feed, the bytes, a line feed (git-cat-file(1)). */
function readBatch(output: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf("\n", at);
    const [, id, size] = /^([0-9a-f]{40}) blob (\d+)$/.exec(output.slice(at, end)) ?? [];
    if (id === undefined) {
      at = end === -1 ? output.length : end + 1;
      continue;
    }
    const start = end + 1;
    found.set(id, Buffer.from(output.slice(start, start + Number(size)), "latin1"));
    at = start + Number(size) + 1;
  }
  return found;
}

/**
 * Settings that no list of processes shows, for one server only. Git would carry the header along with a redirect to any
 * host, so it follows none; that is said of the very URL, as the user's settings for the whole server outrank a general one.
 */
function withHeader(env: CloneWish["env"], url: string, authorization: string): CloneWish["env"] {
  const settings = [
    [`http.${new URL(url).origin}/.extraHeader`, `Authorization: ${authorization}`],
    [`http.${url}.followRedirects`, "false"],
  ];
  const count = Number(env.GIT_CONFIG_COUNT ?? 0) || 0;
  const added = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value],
  ]);
  return { ...env, GIT_CONFIG_COUNT: String(count + settings.length), ...Object.fromEntries(added) };
}

/** The line that says most. */
function reason({ said }: GitAnswer): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const fatal = lines.findLast((line) => /^(?:fatal|error|remote):/i.test(line));
  return (fatal ?? lines.at(-1) ?? "it does not say why").replace(/^(?:fatal|error): /i, "").trim();
}
