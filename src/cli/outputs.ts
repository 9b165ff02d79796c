/** Gives the answer of a command in every format that was asked for. */
import { constants, mkdirSync, realpathSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, visibleLine } from "../errors.js";
import { piecesPath } from "../manifest/pieces.js";
import type { Manifest } from "../manifest/types.js";
import { NO_WAIT } from "../platform.js";
import type { FindingPlace, Findings } from "../report/findings.js";
import { startOf, toJson, toNdjson } from "../report/json.js";
import type { Reporter } from "../report/reporter.js";
import { HOME_FOLDER } from "../store/home.js";
import { wayInto } from "../ways.js";
import { type Format, logFileOf, type Run } from "./context.js";
import type { Output } from "./formats.js";

/** What a command has to say. */
export interface Answer {
  /** The report, as `--json` has it. */
  report: object;
  /** The same piece by piece, as `--ndjson` has it, each with a `type`. */
  lines(): object[];
  text(render: Run["render"]): string;
  findings(): Promise<Findings>;
  exitCode: number;
  totals: object;
}

/**
 * Throws USAGE for an output that would overwrite the manifest, an asset, or what belongs to this program or to git. To be
 * asked before the work is done.
 */
export function checkOutputs({ cwd, env, options }: Run, manifest: Manifest, outputs: readonly Output[]): void {
  if (outputs.length === 0) return;
  const paths = manifest.assets.flatMap(({ files }) => files.map(({ path }) => resolve(manifest.root, path)));
  const named = new Set([manifest.file, ...paths]);
  const log = logFileOf(options, env);
  const own = new Set([
    ...namesOf(piecesPath(manifest.file)),
    ...(log === undefined ? [] : namesOf(resolve(cwd, log))),
  ]);
  // Where all work is done below such a folder, its name tells nothing.
  const bases = [cwd, realPath(cwd) ?? cwd];
  const isInOwn = (name: string) => bases.every((base) => relative(base, name).split(sep).some(isOwnFolder));
  const written = new Set<string>();
  for (const { file } of outputs) {
    const shown = visibleLine(file);
    const refuse = (why: string) => {
      throw new AssetsError("USAGE", `--output would overwrite ${shown}, ${why}.`, {
        hint: "Name another file after the = of --output.",
      });
    };
    const names = namesOf(resolve(cwd, file));
    for (const name of names) {
      if (named.has(name)) refuse("which the manifest names");
      if (own.has(name) || isInOwn(name)) refuse("which is no file for reports");
      if (written.has(name)) throw new AssetsError("USAGE", `Two --output write to ${shown}.`);
    }
    for (const name of names) written.add(name);
  }
}

/** A path as it was given, and as it is without links, whether a file is there already or not. */
function namesOf(path: string): Set<string> {
  return new Set([path, realPath(path) ?? join(realPath(dirname(path)) ?? dirname(path), basename(path))]);
}

function isOwnFolder(name: string): boolean {
  return [HOME_FOLDER, ".git"].includes(name.toLowerCase());
}

/**
 * Writes the files, appends the summary of a GitHub Actions step, prints the answer. Answers the exit code: that of the
 * answer, or if that was 0, the one of a file that could not be written, which is told on standard error.
 */
export async function give(run: Run, reporter: Reporter, answer: Answer, outputs: readonly Output[]): Promise<number> {
  const { format = "human", ndjson = false, quiet = false } = run.options;
  let findings: Promise<Findings> | undefined;
  const render = async (wanted: Format, look: Run["render"]): Promise<string> => {
    if (wanted === "human") return answer.text(look);
    if (wanted === "json") return toJson(run.command, answer.report);
    if (wanted === "ndjson") return asLines(run.command, answer);
    const { FINDING_FORMATS } = await import("../report/formats.js");
    findings ??= answer.findings();
    return FINDING_FORMATS[wanted](await findings);
  };

  const failures: AssetsError[] = [];
  for (const { format: wanted, file } of outputs) {
    // A file is no terminal: it has neither colours nor a width.
    const { width: _, ...look } = { ...run.render, color: false };
    failures.push(...(await write(resolve(run.cwd, file), await render(wanted, look), constants.O_TRUNC, run.signal)));
  }
  const page = summaryPage(run, outputs);
  if (page !== undefined) {
    const { renderStepSummary } = await import("../report/formats.js");
    findings ??= answer.findings();
    failures.push(...(await write(page, renderStepSummary(await findings), constants.O_APPEND, run.signal)));
  }
  const exitCode = answer.exitCode === 0 ? (failures[0]?.exitCode ?? 0) : answer.exitCode;

  const text = ndjson || run.options.json ? "" : await render(format, run.render);
  if (ndjson) for (const line of answer.lines()) run.stdout.write(toNdjson(line));
  reporter.stop({ exitCode, totals: answer.totals });
  run.print(answer.report, () => (quiet && format === "human" && answer.exitCode === 0 ? "" : text));
  for (const { message } of failures) run.stderr.write(`assets: ${message}\n`);
  return exitCode;
}

/** Where the summary of this step goes, if anybody wants one. */
function summaryPage({ env, options }: Run, outputs: readonly Output[]): string | undefined {
  const isGithub = [options.format, ...outputs.map(({ format }) => format)].includes("github");
  return isGithub || env.GITHUB_ACTIONS === "true" ? env.GITHUB_STEP_SUMMARY || undefined : undefined;
}

async function write(file: string, text: string, how: number, signal: AbortSignal): Promise<AssetsError[]> {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const handle = await open(file, constants.O_WRONLY | constants.O_CREAT | NO_WAIT | how, 0o666);
    await writeAll(handle, Buffer.from(text), signal).finally(() => handle.close());
    return [];
  } catch (error) {
    const { code = (error as Error).message } = error as NodeJS.ErrnoException;
    const why = code === "ENXIO" ? "nobody reads from it" : code;
    return [new AssetsError("LOCAL_IO", `${visibleLine(file)} cannot be written (${why}).`)];
  }
}

/** A pipe takes only as much as its reader has room for. Throws the signal's reason while it has none. */
async function writeAll(handle: FileHandle, bytes: Buffer, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += (await handle.write(bytes, at)).bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await sleep(PIPE_MS, undefined, { signal });
    }
  }
}

/** How often a pipe is asked whether it has room, in milliseconds. */
const PIPE_MS = 10;

function asLines(command: string, { lines, exitCode, totals }: Answer): string {
  const all = [startOf(command), ...lines(), { type: "end", exitCode, totals }];
  return all.map((line) => toNdjson(line)).join("");
}

/** The path without links, and in the letters that the file system has; undefined where nothing is there. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

/** Turns absolute paths into what the reader of a report wants: `/`-separated, relative to the checkout if they can be. */
export function createPlaces({ env, cwd }: Run): (path: string) => FindingPlace {
  const named = [resolve(cwd, env.GITHUB_WORKSPACE || "."), cwd];
  const folders = named.flatMap((folder) => [folder, realPath(folder) ?? folder]);
  return (path) => {
    const ways = folders.map((folder) => wayInto(folder, path));
    return { file: (ways.find((way) => way !== undefined && way !== "") ?? path).split(sep).join("/") };
  };
}
