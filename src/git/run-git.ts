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
  /** Exit codes by which git does not fail. Default: 0. */
  codes?: readonly number[];
  /** Default: that of this process. */
  env?: Readonly<Record<string, string | undefined>>;
}

/** More output than this is not waited for, in characters. */
const MOST_OUTPUT = 64 * 1024 * 1024;
const LONGEST_MS = 60_000;

/** What git prints; undefined where it is not installed, fails or takes too long. Throws the signal's reason. */
export async function runGit(args: readonly string[], call: GitCall): Promise<string | undefined> {
  const { cwd, input = "", signal, timeoutMs = LONGEST_MS, codes = [0], env = environment } = call;
  const git = await findGit(env);
  if (git === undefined) return undefined;
  signal?.throwIfAborted();
  const output = await new Promise<string | undefined>((resolve) => {
    const child = spawn(git, args, {
      cwd,
      // An empty GIT_ASKPASS keeps git from the programs that core.askPass and SSH_ASKPASS name.
      env: { ...env, GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "", SSH_ASKPASS: "", GCM_INTERACTIVE: "never" },
      stdio: ["pipe", "pipe", "ignore"],
      timeout: timeoutMs,
      ...(signal && { signal }),
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MOST_OUTPUT) child.kill();
    });
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => resolve(codes.includes(code ?? -1) ? text : undefined));
    // A program that ends without reading its input is no fault.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
  signal?.throwIfAborted();
  return output;
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
