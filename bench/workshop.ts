/** The place where the bench works: its folder, its child processes, and what they see of the world. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import type { Cleanup } from "./cleanup.js";

/** How to start a process. */
export interface StartOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Opens a channel for messages to a process that is Node. */
  ipc?: boolean;
  /** A pipe to its standard input, whose end tells it to stop. */
  pipeIn?: boolean;
}

/** How a process ended. */
export interface Ended {
  /** As a shell has it: 128 and the number of the signal where one ended it. */
  code: number;
  seconds: number;
  timedOut: boolean;
  /** The end of what it wrote to its standard error. */
  stderr: string;
}

/** A process under way. */
export interface Running {
  child: ChildProcess;
  done: Promise<Ended>;
}

export interface Workshop {
  /** Everything the bench writes lies in here. */
  dir: string;
  cleanup: Cleanup;
  /** Starts a process that is killed with the bench. */
  start(words: readonly string[], options?: StartOptions): Running;
  /** Runs a process to its end; kills it after `timeoutSeconds` (default 900). */
  run(words: readonly string[], options?: StartOptions & { timeoutSeconds?: number }): Promise<Ended>;
  /** The same, where anything but exit code 0 is an error. */
  must(words: readonly string[], options?: StartOptions & { timeoutSeconds?: number }): Promise<Ended>;
  /** Makes an empty folder, whatever stood there. */
  empty(folder: string): Promise<void>;
  /** Tells whoever waits what is being done. */
  say(line: string): void;
}

/**
 * So many files are put aside instead of removed, until the bench ends: ext4 passes over inodes that were freed of late,
 * one by one, and whoever creates files next would pay for the removal.
 */
const MANY_FILES = 500;

/** No proxies, no configuration of the user: all tools see the same. */
function environment(dir: string): Record<string, string> {
  const kept = ["PATH", "TMPDIR", "TZ", "SystemRoot"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const home = join(dir, "home");
  mkdirSync(home, { recursive: true });
  return { ...Object.fromEntries(kept), HOME: home, LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1" };
}

function stdio(log: number, { ipc, pipeIn }: StartOptions): StdioOptions {
  return [pipeIn ? "pipe" : "ignore", "ignore", log, ...(ipc ? (["ipc"] as const) : [])];
}

/** Kills a process that still runs, and what it started. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
}

export function createWorkshop(dir: string, cleanup: Cleanup): Workshop {
  const base = environment(dir);
  let started = 0;
  let putAside = 0;

  function start(words: readonly string[], options: StartOptions = {}): Running {
    cleanup.check();
    const [program = "", ...rest] = words;
    started += 1;
    // A file, since a pipe would make the bench a part of what it measures.
    const errors = join(dir, `stderr-${started}.log`);
    const log = openSync(errors, "w");
    const from = performance.now();
    const child = spawn(program, rest, {
      cwd: options.cwd ?? dir,
      env: { ...base, ...options.env },
      stdio: stdio(log, options),
      // A group of its own, so that its own children can be ended with it.
      detached: true,
    });
    const done = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        const seconds = (performance.now() - from) / 1000;
        const number = signal === null ? 0 : constants.signals[signal];
        const stderr = readFileSync(errors, "utf8").slice(-2_000);
        rmSync(errors);
        resolve({ code: code ?? 128 + number, seconds, timedOut: false, stderr });
      });
    });
    const killed = cleanup.add(async () => {
      killGroup(child);
      await done.catch(() => {});
    });
    const settled = () => {
      closeSync(log);
      void killed();
    };
    done.then(settled, settled);
    return { child, done };
  }

  async function run(words: readonly string[], options: StartOptions & { timeoutSeconds?: number } = {}) {
    const { child, done } = start(words, options);
    let timedOut = false;
    const timer = setTimeout(
      () => {
        timedOut = true;
        killGroup(child);
      },
      (options.timeoutSeconds ?? 900) * 1000,
    );
    try {
      return { ...(await done), timedOut };
    } finally {
      clearTimeout(timer);
    }
  }

  async function must(words: readonly string[], options: StartOptions & { timeoutSeconds?: number } = {}) {
    const ended = await run(words, options);
    if (ended.code !== 0) throw new Error(`${words[0]} ended with ${ended.code}: ${ended.stderr.trim()}`);
    return ended;
  }

  async function empty(folder: string) {
    const found = await readdir(folder, { recursive: true }).catch(() => []);
    if (found.length < MANY_FILES) await rm(folder, { recursive: true, force: true });
    else await rename(folder, join(dir, `old-${++putAside}`));
    await mkdir(folder, { recursive: true });
  }

  return {
    dir,
    cleanup,
    start,
    run,
    must,
    empty,
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}
