/** Runs the built command line in this process, which takes a tenth of the time that a process of its own takes. */
import process from "node:process";
import { Readable } from "node:stream";
import { type BinOptions, type BinResult, environment } from "./bin.js";

const BUILT = new URL("../../dist/cli.cjs", import.meta.url).href;

/** How to run the command line. What a process of its own is needed for, such as signals and users, `runBin` has. */
export interface InProcessOptions extends Pick<BinOptions, "cwd" | "env" | "input"> {
  /** Stopped, as by a signal, as soon as standard error says this. */
  until?: string;
}

let running: string | undefined;

/**
 * Runs the command line to its end, with the streams and the environment that `runBin` would give it. One at a time: a
 * process has one environment. A secret that one run was told is hidden by the later ones too: what shows no secret is
 * told one that is new, or shown by `runBin`.
 */
export async function runInProcess(
  args: string[],
  { cwd, env = {}, input = "", until }: InProcessOptions,
): Promise<BinResult> {
  if (running !== undefined) throw new Error(`assets ${running} still runs in this process, whose environment it has`);
  const output = { stdout: "", stderr: "" };
  const stop = new AbortController();
  const into = (name: keyof typeof output) => ({
    write: (text: string) => {
      output[name] += text;
      if (until !== undefined && output.stderr.includes(until)) stop.abort();
    },
  });
  const before = { ...process.env };
  const startedAt = performance.now();
  running = args.join(" ");
  try {
    const { runCommand } = (await import(BUILT)) as typeof import("../../src/cli/main.js");
    setEnvironment(environment(env));
    const code = await runCommand({
      stdout: into("stdout"),
      stderr: into("stderr"),
      stdin: () => Readable.from(input === "" ? [] : [Buffer.from(input)]),
      env: process.env,
      cwd,
      argv: args,
      signal: stop.signal,
      exitCode: (value) => value,
    });
    return { code, signal: null, ...output, durationMs: performance.now() - startedAt };
  } finally {
    setEnvironment(before);
    running = undefined;
  }
}

function setEnvironment(wanted: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (wanted[name] === undefined) delete process.env[name];
  for (const [name, value] of Object.entries(wanted)) process.env[name] = value;
}
