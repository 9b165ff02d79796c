/** The command line of `assets lint`. */
import { type Command, InvalidArgumentError } from "commander";
import { LINT_RULES, type LintReport } from "../commands/author-reports.js";
import { AssetsError } from "../errors.js";
import type { Manifest } from "../manifest/types.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addFormats, type Output } from "./formats.js";
import { addSelection, collect, type SelectionOptions, selectionOf } from "./options.js";
import { type Answer, checkOutputs, createPlaces, give } from "./outputs.js";

interface LintFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  fix?: boolean;
  strict?: boolean;
  ignore?: string[];
  dryRun?: boolean;
  output?: Output[];
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineLint(command: Command, start: Begin) {
  command.description(
    "Looks for what is valid and yet a risk: files without a pin or with a weak one, references that move, plain http, single sources, formats that run code, files that git has or may get, keys that say nothing. Asks no network. Exit code 1: there are errors (with --strict: or warnings). What is invalid ends with 3, in every command.",
  );
  addSelection(command)
    .option("--fix", "take out keys that say nothing, and add to .gitignore what git should not get")
    .option("--dry-run", "with --fix: say what would be mended, and write nothing")
    .option("--strict", "warnings count as errors do")
    .option("--ignore <rule>", `leave out what a rule finds (repeatable): ${LINT_RULES.join(", ")}`, collectRule);
  addFormats(command)
    .addHelpText(
      "after",
      `
Examples:
  assets lint                              everything
  assets lint --fix                        and mend what can be mended safely
  assets lint --strict --ignore pickle     for CI
  assets lint --format github              annotations in GitHub Actions
  assets lint --output sarif=lint.sarif    and a report for others`,
    )
    .action((ids: string[], flags: LintFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

function collectRule(word: string, before: string[] = []): string[] {
  if (LINT_RULES.some((rule) => rule === word)) return collect(word, before);
  throw new InvalidArgumentError(`The rules are ${LINT_RULES.join(", ")}.`);
}

async function act(run: Run, ids: readonly string[], flags: LintFlags): Promise<number> {
  const { fix = false, dryRun = false, strict = false, ignore = [], output: outputs = [] } = flags;
  if (dryRun && !fix) throw new AssetsError("USAGE", "--dry-run goes with --fix: nothing is written without it.");
  const manifest = await run.loadManifest();
  checkOutputs(run, manifest, outputs);
  const startedAt = new Date();
  const reporter = await run.report();
  try {
    const { lint } = await import("../commands/lint.js");
    const { renderLint } = await import("../report/lint.js");
    const selection = selectionOf(ids, flags);
    const { program } = run.render;
    const report = await lint({ manifest, selection, ignore, strict, fix, dryRun, program, signal: run.signal });
    // What failed the run is told even to those who want to hear little.
    const failing = strict ? (["error", "warning"] as const) : (["error"] as const);
    const levels = run.options.quiet ? failing : undefined;
    const text = (render: Run["render"]) => renderLint(report, { ...render, levels });
    const answer = answerOf(run, manifest, report, startedAt, text);
    return await give(run, reporter, answer, outputs);
  } finally {
    reporter.stop();
  }
}

function answerOf(run: Run, manifest: Manifest, report: LintReport, startedAt: Date, text: Answer["text"]): Answer {
  return {
    report,
    lines: () => report.findings.map((finding) => ({ type: "finding", ...finding })),
    text,
    async findings() {
      const { lintFindings } = await import("../report/lint.js");
      return lintFindings(report, { place: createPlaces(run)(manifest.file), startedAt });
    },
    exitCode: run.exitCode(report.exitCode),
    totals: report.totals,
  };
}
