/** Runs the real command line program in a child process with an environment of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/assets.js", import.meta.url));
const TIMEOUT_MS = 20_000;
const NOBODY = 65_534;
/** The only variables that pass from the test's environment. */
const KEPT = ["PATH", "SystemRoot", "windir", "TEMP", "TMP", "TMPDIR", "NODE_V8_COVERAGE"];

/** How to start the program. */
export interface BinOptions {
  cwd: string;
  /** Added to an environment that holds next to nothing. */
  env?: Record<string, string>;
  /** The child is killed, and the promise rejected, after this long. Default 20 s. */
  timeoutMs?: number;
  /** Text for its standard input, which is closed after it. */
  input?: string;
  /** User to run as; only root can choose. */
  uid?: number;
  /** Sends a signal as soon as a line of output fits. */
  killAfter?: { signal: NodeJS.Signals; when: (line: string) => boolean };
}

/** How a run ended. */
export interface BinResult {
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  durationMs: number;
}

/** A run under way. */
export interface RunningBin {
  child: ChildProcess;
  /** Resolves when the process has ended and its output has been read. */
  done: Promise<BinResult>;
  /** Resolves with the first line of stdout or stderr, past or future, that fits; rejects if none came. */
  line(fits: (line: string) => boolean): Promise<string>;
  /** The same for events of `--ndjson`. */
  event(fits: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
}

/** The environment of a run: a fresh home, no proxies, no npm configuration but that of the fresh home. */
export function environment(extra: Record<string, string>): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), "assets-home-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const kept = Object.fromEntries(KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  return {
    ...kept,
    HOME: home,
    USERPROFILE: home,
    npm_config_userconfig: join(home, ".npmrc"),
    npm_config_globalconfig: join(home, "global-npmrc"),
    ...extra,
  };
}

/** A line of `--ndjson` as an event; undefined for any other line. */
function eventOf(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** All events of a `--ndjson` run. */
export function eventsOf(result: BinResult): Record<string, unknown>[] {
  return result.stdout.split("\n").flatMap((line) => {
    const event = eventOf(line);
    return event === undefined ? [] : [event];
  });
}

/** Starts the program. It is killed when the test ends, should it still run. */
export function startBin(args: string[], options: BinOptions): RunningBin {
  if (!existsSync(BIN)) throw new Error(`${BIN} is missing`);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.cwd,
    env: environment(options.env ?? {}),
    stdio: "pipe",
    ...(options.uid !== undefined && { uid: options.uid }),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = { stdout: "", stderr: "" };
  const lines: string[] = [];
  const watchers = new Set<(line: string | undefined) => void>();
  for (const name of ["stdout", "stderr"] as const) {
    let rest = "";
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      const whole = `${rest}${text}`.split("\n");
      rest = whole.pop() ?? "";
      for (const line of whole) {
        lines.push(line);
        if (options.killAfter?.when(line)) child.kill(options.killAfter.signal);
        for (const watcher of [...watchers]) watcher(line);
      }
    });
  }
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");

  const done = new Promise<BinResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`assets ${args.join(" ")} ran for too long\n${output.stdout}\n${output.stderr}`));
    }, options.timeoutMs ?? TIMEOUT_MS);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      for (const watcher of [...watchers]) watcher(undefined);
      resolve({ code, signal, ...output, durationMs: performance.now() - startedAt });
    });
  });
  done.catch(() => {});

  function line(fits: (line: string) => boolean): Promise<string> {
    const past = lines.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      function watcher(next: string | undefined): void {
        if (next !== undefined && !fits(next)) return;
        watchers.delete(watcher);
        if (next !== undefined) resolve(next);
        else reject(new Error(`The program ended without such a line.\n${output.stdout}\n${output.stderr}`));
      }
      watchers.add(watcher);
    });
  }

  return {
    child,
    done,
    line,
    async event(fits) {
      const found = await line((text) => {
        const event = eventOf(text);
        return event !== undefined && fits(event);
      });
      return eventOf(found) ?? {};
    },
  };
}

/** A user without rights as whom the program can be run here; undefined where there is none. */
export function powerlessUser(): number | undefined {
  if (process.getuid?.() !== 0) return process.getuid?.();
  const { status } = spawnSync(process.execPath, [BIN, "--version"], { uid: NOBODY, stdio: "ignore" });
  return status === 0 ? NOBODY : undefined;
}

/** Runs the program to its end. */
export function runBin(args: string[], options: BinOptions): Promise<BinResult> {
  return startBin(args, options).done;
}
