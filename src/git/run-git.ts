/** Runs git where it is installed, in a way that never asks anybody anything. */
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { isWindows } from "../platform.js";
import { environment } from "../this-process.js";

/** Where and with what git runs. */
export interface GitCall {
  cwd: string;
  /** Text for its standard input. Default: nothing. */
  input?: string;
  signal?: AbortSignal | undefined;
  /** Longest run in milliseconds. Default: a minute, as a credential helper may wait for somebody who is not there. */
  timeoutMs?: number;
  /** How its output is read; `latin1` has one character for each byte. Default `utf8`. */
  encoding?: "utf8" | "latin1";
  /** Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Absolute path of an index in place of the repository's own. */
  index?: string;
}

/** More output than this is not waited for, in characters. */
const MOST_OUTPUT = 64 * 1024 * 1024;
const LONGEST_MS = 60_000;
/** In characters. */
const MOST_SAID = 4096;
const QUIET = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "",
  SSH_ASKPASS: "",
  GCM_INTERACTIVE: "never",
  LC_ALL: "C",
};

/** How a run of git ended. */
export interface GitAnswer {
  /** Whether it did what it was asked to. */
  readonly ok: boolean;
  readonly output: string;
  /** What it says of failures, in English, cut to what somebody would read. */
  readonly said: string;
}

/** What git prints; undefined where it is not installed, fails or takes too long. Throws the signal's reason. */
export async function runGit(args: readonly string[], call: GitCall): Promise<string | undefined> {
  const answer = await askGit(args, call);
  return answer?.ok ? answer.output : undefined;
}

/** Whether git is installed. */
export async function hasGit(env: GitCall["env"] = environment): Promise<boolean> {
  return (await findGit(env)) !== undefined;
}

/** {@link runGit} for those who want to know why it failed; undefined where git is not installed. */
export async function askGit(args: readonly string[], call: GitCall): Promise<GitAnswer | undefined> {
  const { cwd, input = "", signal, timeoutMs = LONGEST_MS, env = environment, encoding = "utf8", index } = call;
  const git = await findGit(env);
  if (git === undefined) return undefined;
  signal?.throwIfAborted();
  const answer = await new Promise<GitAnswer>((resolve) => {
    const child = spawn(git, args, {
      cwd,
      // An empty GIT_ASKPASS keeps git from the programs that core.askPass and SSH_ASKPASS name.
      env: { ...withoutPlace(env), ...QUIET, ...(index !== undefined && { GIT_INDEX_FILE: index }) },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: timeoutMs,
      ...(signal && { signal }),
    });
    let output = "";
    let said = "";
    const end = (ok: boolean) => resolve({ ok, output, said });
    child.stdout.setEncoding(encoding).on("data", (chunk: string) => {
      output += chunk;
      if (output.length > MOST_OUTPUT) child.kill();
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said = `${said}${chunk}`.slice(-MOST_SAID);
    });
    child.on("error", () => end(false));
    child.on("close", (code) => end(code === 0));
    // A program that ends without reading its input is no fault.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
  signal?.throwIfAborted();
  return answer;
}

/**
 * Variables that bind git to one repository whatever folder it runs in, as hooks have them: `git rev-parse
 * --local-env-vars` without settings that the user hands on (`git -c`).
 */
const PLACE = new Set([
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_CONFIG",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_IMPLICIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_INTERNAL_SUPER_PREFIX",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_WORK_TREE",
]);

function withoutPlace(env: NonNullable<GitCall["env"]>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !PLACE.has(name)));
}

/** The program in the PATH: never one of the folder it runs in, which Windows would take first. */
async function findGit(env: NonNullable<GitCall["env"]>): Promise<string | undefined> {
  const path = Object.entries(env).find(([name]) => (isWindows ? name.toUpperCase() : name) === "PATH")?.[1] ?? "";
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, isWindows ? "git.exe" : "git");
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}
