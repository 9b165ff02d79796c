/** Turns the options of a command into a run: what to load, how to report, where to print. */
import { resolve } from "node:path";
import { openManifest } from "../commands/open-manifest.js";
import { AssetsError } from "../errors.js";
import { type ManifestSource, readSource } from "../manifest/load.js";
import { toJson, toNdjson } from "../report/json.js";
import { shellWord } from "../shell-word.js";
import { both, type FormatOptions, type GlobalOptions, logFileOf, type Run, type World } from "./context.js";
import { openLog } from "./log.js";
import { reporterMode, wantsColor, widthOf } from "./terminal.js";

/** Makes the run of `command`. Throws USAGE for options that exclude each other, LOCAL_IO for a bad log file. */
export function createRun(world: World, command: string, options: GlobalOptions & FormatOptions): Run {
  const { stdout, stderr, env, cwd } = world;
  refuseTogether(options, "json", "ndjson");
  refuseTogether(options, "quiet", "verbose");
  const width = widthOf(stdout);
  const logFile = logFileOf(options, env);
  const log = logFile === undefined ? undefined : openLog(resolve(cwd, logFile), command, world);
  let printed: object = {};
  const file = options.manifest ?? (env.ASSETS_MANIFEST || undefined);
  const root = options.root ?? (env.ASSETS_ROOT || undefined);
  const place = { cwd, ...(file !== undefined && { file }), ...(root !== undefined && { root }) };
  let source: ManifestSource | undefined;
  const readOnce = () => {
    source ??= readSource(place);
    return source;
  };
  const render = {
    color: wantsColor(stdout, env, options.color),
    program: programWords(options),
    ...(width !== undefined && { width }),
    ...(options.verbose && { verbose: true }),
  };
  return {
    ...world,
    command,
    options,
    render,
    readSource: readOnce,
    async loadManifest() {
      return openManifest(place, readOnce());
    },
    async report() {
      const mode = reporterMode(stderr, env, options);
      const stream = mode === "ndjson" ? stdout : stderr;
      const color = wantsColor(stream, env, options.color);
      const { verbose = false } = options;
      const { createReporter } = await import("../report/index.js");
      const reporter = await createReporter({ mode, stream, now: () => performance.now(), color, verbose, command });
      // A second signal ends the process at once.
      const atExit = () => reporter.stop();
      process.once("exit", atExit);
      return {
        onEvent: both(reporter.onEvent, log?.onEvent),
        stop(end) {
          process.off("exit", atExit);
          reporter.stop(end);
        },
      };
    },
    print(report, text) {
      printed = report;
      if (options.json) stdout.write(toJson(command, report));
      else if (!options.ndjson) stdout.write(text());
    },
    endLog(end) {
      // What became of each file of a download is in the log already.
      const { outcomes: _, ...report } = printed as { outcomes?: unknown };
      log?.stop({ ...report, ...end });
    },
  };
}

/** An error as output for programs carries it. */
export function errorFields({ code, message, hint }: AssetsError): object {
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** An error on standard output, in the format that a program asked for. */
export async function printForPrograms(
  world: World,
  error: AssetsError,
  command: string,
  { json, ndjson, format }: FormatOptions,
): Promise<void> {
  const end = { exitCode: world.exitCode(error.exitCode), error: errorFields(error) };
  if (json) world.stdout.write(toJson(command, { ok: false, ...end }));
  else if (ndjson) world.stdout.write(toNdjson({ type: "error", ...end }));
  else if (format === "github" || format === "tap") {
    const { githubError, tapBailOut } = await import("../report/formats.js");
    world.stdout.write(
      format === "tap" ? tapBailOut(error.message) : githubError(`assets ${command}`.trim(), error.message),
    );
  }
}

/** An error as the run's format has it: on standard error for people, on standard output for programs. */
export async function printError(
  world: World,
  error: AssetsError,
  command: string,
  options: FormatOptions,
): Promise<void> {
  const { message, hint } = error;
  await printForPrograms(world, error, command, options);
  world.stderr.write(`assets: ${message}\n${hint === undefined ? "" : `${hint}\n`}`);
}

/** How this program was called, for commands that are to work on the same manifest. */
function programWords({ manifest, root }: GlobalOptions): string {
  const flag = (name: string, value?: string) => (value === undefined ? [] : [name, shellWord(value)]);
  return ["assets", ...flag("--manifest", manifest), ...flag("--root", root)].join(" ");
}

function refuseTogether<T extends object>(options: T, first: keyof T & string, second: keyof T & string): void {
  if (!options[first] || !options[second]) return;
  throw new AssetsError("USAGE", `--${first} and --${second} exclude each other.`);
}
