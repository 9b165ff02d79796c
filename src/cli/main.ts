/** The edge to the operating system: arguments, environment, streams, signals, exit code. */
import { fstatSync } from "node:fs";
import { CommanderError } from "commander";
import { AssetsError, abortError, safeText } from "../errors.js";
import { stepBack } from "./background.js";
import type { FormatOptions, Run, World } from "./context.js";
import { formatsIn } from "./formats.js";
import { createProgram } from "./program.js";
import { createRun, errorFields, printError, printForPrograms } from "./run.js";

/** Exit codes of the signals that end a run in order. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** How long open handles may keep a stopped process, in milliseconds: a pending name look-up can take many seconds. */
const LINGER_MS = 500;

/** Commands of which an aborted run leaves something that the next one goes on from. */
const FETCHING: ReadonlySet<string> = new Set(["download", "verify", "repair", "path", "add", "lock", "lfs hydrate"]);

/** Runs the command line of this process and sets its exit code. */
export async function main(): Promise<void> {
  stepBack(process.pid);
  const abort = new AbortController();
  let signalled: number | undefined;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      // A second signal says that patience is over.
      if (signalled !== undefined) process.exit(code);
      signalled = code;
      abort.abort(abortError());
    });
  }
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onStreamError);

  const world: World = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin() {
      // Node takes a folder for an input that is empty.
      if (fstatSync(0).isDirectory()) throw new AssetsError("LOCAL_IO", "Cannot read standard input: it is a folder.");
      return process.stdin;
    },
    env: process.env,
    cwd: process.cwd(),
    argv: process.argv.slice(2),
    signal: abort.signal,
    exitCode: (code) => signalled ?? code,
  };
  process.exitCode = world.exitCode(await runCommand(world));
  if (signalled !== undefined) setTimeout(() => process.exit(), LINGER_MS).unref();
  else setImmediate(leave);
}

/** Ends the process at once, which would otherwise give its memory back piece by piece; whoever still reads is waited for. */
function leave(): void {
  if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit();
}

/**
 * Runs one command line and returns the code to exit with. Beside its world it uses the environment of this process, which
 * Commander, npm's configuration and git read for themselves.
 */
export async function runCommand(world: World): Promise<number> {
  // An empty variable is an unset one, as in most shells' scripts.
  const variables = ["ASSETS_JOBS", "ASSETS_CONNECTIONS", "ASSETS_RETRIES", "ASSETS_LIMIT_RATE", "ASSETS_CA_FILE"];
  for (const name of variables) if (process.env[name] === "") delete process.env[name];
  let exitCode = 0;
  let name = "";
  let format: FormatOptions = {};
  let endLog: Run["endLog"] = () => {};
  const program = createProgram(world, async (command, options, act) => {
    name = command;
    format = options;
    const run = createRun(world, command, options);
    endLog = run.endLog;
    exitCode = await act(run);
    endLog({ exitCode: world.exitCode(exitCode) });
  });
  // Of a command that was used wrongly nothing is started.
  for (const command of [program, ...program.commands]) {
    command.hook("preSubcommand", (_, inner) => {
      name = `${name} ${inner.name()}`.trim();
    });
  }
  try {
    await program.parseAsync(world.argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has told people already: its message, the help or the version.
      if (error.exitCode === 0) return 0;
      const usage = new AssetsError("USAGE", error.message.replace(/^error: /, ""));
      await printForPrograms(world, usage, name, formatsIn(world.argv));
      return usage.exitCode;
    }
    if (!(error instanceof AssetsError)) {
      const message = safeText(error instanceof Error ? (error.stack ?? error.message) : String(error));
      world.stderr.write(`assets: this is a bug, please report it.\n${message}\n`);
      endLog({ exitCode: world.exitCode(1), error: { message } });
      return 1;
    }
    // Nothing has arrived where nothing is fetched.
    const told = error.code === "ABORTED" && !FETCHING.has(name) ? new AssetsError("ABORTED", error.message) : error;
    await printError(world, told, name, format);
    endLog({ exitCode: world.exitCode(error.exitCode), error: errorFields(told) });
    return error.exitCode;
  }
}

/** A reader that has gone (`assets list | head`) is no failure; any other fault of a stream is. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  process.exitCode = new AssetsError("LOCAL_IO", error.message).exitCode;
}
