/** Gives the answer of a command in every format that was asked for. */
import { appendFileSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { AssetsError, visibleLine } from "../errors.js";
import type { Manifest } from "../manifest/types.js";
import type { FindingPlace, Findings } from "../report/findings.js";
import { type Reporter, startOf, toJson, toNdjson } from "../report/index.js";
import type { Format, Run } from "./context.js";
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

/** Throws USAGE for an output that would overwrite the manifest or an asset. To be asked before the work is done. */
export function checkOutputs({ cwd }: Run, manifest: Manifest, outputs: readonly Output[]): void {
  if (outputs.length === 0) return;
  const taken = new Set(manifest.assets.flatMap(({ files }) => files.map(({ path }) => resolve(manifest.root, path))));
  taken.add(manifest.file);
  const files = outputs.map(({ file }) => resolve(cwd, file));
  for (const [index, file] of files.entries()) {
    const shown = visibleLine(outputs[index]?.file ?? file);
    if (taken.has(file)) throw new AssetsError("USAGE", `--output would overwrite ${shown}, which the manifest names.`);
    if (files.indexOf(file) !== index) throw new AssetsError("USAGE", `Two --output write to ${shown}.`);
  }
}

/**
 * Prints the answer, writes the files, appends the summary of a GitHub Actions step. Answers the exit code: that of the
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

  if (ndjson) for (const line of answer.lines()) run.stdout.write(toNdjson(line));
  reporter.stop({ exitCode: answer.exitCode, totals: answer.totals });
  const text = ndjson || run.options.json ? "" : await render(format, run.render);
  run.print(answer.report, () => (quiet && format === "human" && answer.exitCode === 0 ? "" : text));

  const failures: AssetsError[] = [];
  for (const { format: wanted, file } of outputs) {
    // A file is no terminal: it has neither colours nor a width.
    const { width: _, ...look } = { ...run.render, color: false };
    failures.push(...write(resolve(run.cwd, file), await render(wanted, look), writeFileSync));
  }
  const page = summaryPage(run, outputs);
  if (page !== undefined) {
    const { renderStepSummary } = await import("../report/formats.js");
    findings ??= answer.findings();
    failures.push(...write(page, renderStepSummary(await findings), appendFileSync));
  }
  for (const { message } of failures) run.stderr.write(`assets: ${message}\n`);
  return answer.exitCode === 0 ? (failures[0]?.exitCode ?? 0) : answer.exitCode;
}

/** Where the summary of this step goes, if anybody wants one. */
function summaryPage({ env, options }: Run, outputs: readonly Output[]): string | undefined {
  const isGithub = [options.format, ...outputs.map(({ format }) => format)].includes("github");
  return isGithub || env.GITHUB_ACTIONS === "true" ? env.GITHUB_STEP_SUMMARY || undefined : undefined;
}

function write(file: string, text: string, put: (file: string, text: string) => void): AssetsError[] {
  try {
    mkdirSync(dirname(file), { recursive: true });
    put(file, text);
    return [];
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return [new AssetsError("LOCAL_IO", `${visibleLine(file)} cannot be written (${why}).`)];
  }
}

function asLines(command: string, { lines, exitCode, totals }: Answer): string {
  const all = [startOf(command), ...lines(), { type: "end", exitCode, totals }];
  return all.map((line) => toNdjson(line)).join("");
}

/** Where the paths of a report may start: each folder as it is named, and as it is really called. */
function foldersOf(...named: (string | undefined)[]): string[] {
  return named.flatMap((folder) => {
    if (!folder) return [];
    try {
      return [resolve(folder), realpathSync(folder)];
    } catch {
      return [];
    }
  });
}

/** A path as the reader of a report wants it: `/`-separated, relative to the checkout where it lies in there. */
export function placeOf({ env, cwd }: Run, path: string): FindingPlace {
  for (const folder of foldersOf(env.GITHUB_WORKSPACE, cwd)) {
    const way = relative(folder, path);
    const isInside = way !== "" && !isAbsolute(way) && way.split(sep)[0] !== "..";
    if (isInside) return { file: way.split(sep).join("/") };
  }
  return { file: path.split(sep).join("/") };
}
