/** Runs git where it is installed, in a way that never asks anybody anything. */
import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
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
}

/** More output than this is not waited for, in characters. */
const MOST_OUTPUT = 64 * 1024 * 1024;
const LONGEST_MS = 60_000;

/** What git prints; undefined where it is not installed, fails or takes too long. Throws the signal's reason. */
export async function runGit(args: readonly string[], call: GitCall): Promise<string | undefined> {
  const { cwd, input = "", signal, timeoutMs = LONGEST_MS, encoding = "utf8", env = environment } = call;
  const git = await findGit(env);
  if (git === undefined) return undefined;
  signal?.throwIfAborted();
  const output = await new Promise<string | undefined>((resolve) => {
    const child = spawn(git, args, {
      cwd,
      // An empty GIT_ASKPASS keeps git from the programs that core.askPass and SSH_ASKPASS name.
      env: {
        ...withoutPlace(env),
        GIT_TERMINAL_PROMPT: "0",
        GIT_ASKPASS: "",
        SSH_ASKPASS: "",
        GCM_INTERACTIVE: "never",
      },
      stdio: ["pipe", "pipe", "ignore"],
      timeout: timeoutMs,
      ...(signal && { signal }),
    });
    let text = "";
    child.stdout.setEncoding(encoding).on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MOST_OUTPUT) child.kill();
    });
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => resolve(code === 0 ? text : undefined));
    // A program that ends without reading its input is no fault.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
  signal?.throwIfAborted();
  return output;
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
