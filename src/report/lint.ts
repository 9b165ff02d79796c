/** The answer of `assets lint` as text and as findings. */
import { LINT_RULES, type LintFinding, type LintLevel, type LintReport } from "../commands/author-reports.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import type { Check, FindingPlace, Findings, Rule } from "./findings.js";
import { oneLine, plural } from "./format.js";
import { type Cell, type RenderOptions, renderTable } from "./table.js";

/** What each rule means, and what to do about it. */
const WORDS: Readonly<Record<(typeof LINT_RULES)[number], readonly [summary: string, help: string]>> = {
  unpinned: ["No SHA-256 is pinned.", "assets lock ID fills it in."],
  "secret-in-url": [
    "A URL carries a login or a signature.",
    "Name the URL without it; logins belong into ~/.netrc or a variable.",
  ],
  "tracked-by-git": [
    "A file that the manifest brings is in git as well.",
    "Take it out of git, or out of the manifest.",
  ],
  "moving-reference": [
    "A URL stands on a branch, a tag or `latest`.",
    "Name a commit or version; assets lock does it where the host tells.",
  ],
  "plain-http": ["A URL is plain http.", "Use https, if the host has it."],
  "weak-pin": ["Only a weaker digest than SHA-256 is stated.", "assets lock ID replaces it."],
  pickle: ["Loading the file can run code that is in it.", "Use safetensors, ONNX or GGUF, or be sure of who made it."],
  "not-ignored": ["A file is not ignored by git.", "assets lint --fix adds it to .gitignore."],
  "dead-field": ["A key says nothing.", "assets lint --fix takes it out."],
  "no-license": ["An asset has no licence.", 'Write "license".'],
  "no-size": ["A pinned file has no size.", "assets download ID, then assets lock ID fills it in."],
  "single-source": ["A file has a single source.", 'Write "fallbackUrls".'],
  "duplicate-content": ["Two files have the same content.", "Keep one of them, if one will do."],
};

const RULES: readonly Rule[] = LINT_RULES.map((id) => ({ id, summary: WORDS[id][0], help: WORDS[id][1] }));

/** Commands, and paths in one of them, that are told; more are counted. */
const MOST_FIXES = 10;
const MOST_PATHS = 100;

const LEVELS: readonly LintLevel[] = ["error", "warning", "note"];

/** `levels`: what is told of. Default: everything. */
interface LintOptions extends RenderOptions {
  levels?: readonly LintLevel[] | undefined;
}

/** A line for each finding, the commands that help, one line of summary. */
export function renderLint(report: LintReport, options: LintOptions): string {
  const colors = createColors(options.color);
  const { levels = LEVELS } = options;
  const { totals, dryRun, git } = report;
  const findings = report.findings.filter(({ level }) => levels.includes(level));
  const rows = findings.map((finding): Cell[] => [
    `${finding.line}:${finding.column}`,
    paintLevel(finding, dryRun, colors),
    finding.rule,
    finding.message,
  ]);
  const columns = [{ title: "PLACE" }, { title: "LEVEL" }, { title: "RULE" }, { title: "WHAT" }];
  // What is wrong is never cut off.
  const { width: _, ...whole } = options;
  const table = rows.length === 0 ? "" : `${renderTable(columns, rows, whole)}\n`;
  const unasked =
    git || levels !== LEVELS
      ? ""
      : colors.quiet("Git was not asked: this is no repository, or git is not installed.\n");
  return `${table}${help(findings, colors)}${unasked}${summary(totals, dryRun)}\n`;
}

/** The commands that help, each on a line that can be pasted. */
function help(findings: readonly LintFinding[], colors: Colors): string {
  const open = findings.filter(({ fix, fixed }) => fix !== undefined && !fixed);
  const isTracked = ({ rule }: LintFinding) => rule === "tracked-by-git";
  const paths = open.filter(isTracked).flatMap(({ path }) => path ?? []);
  const untrack =
    paths.length === 0 ? [] : [`git rm --cached -- ${paths.slice(0, MOST_PATHS).map(shellWord).join(" ")}`];
  const others = [...new Set(open.flatMap((finding) => (isTracked(finding) ? [] : (finding.fix ?? []))))];
  const lines = [...untrack, ...others.slice(0, MOST_FIXES)].map((words) => colors.command(oneLine(words)));
  if (paths.length > MOST_PATHS)
    lines.push(`and the same with ${paths.length - MOST_PATHS} more, which lint names then`);
  if (others.length > MOST_FIXES) lines.push(`and ${others.length - MOST_FIXES} more: --json`);
  if (lines.length < 2) return lines.map((line) => `To mend: ${line}\n`).join("");
  return `To mend:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function paintLevel({ level, fixed }: LintFinding, dryRun: boolean, colors: Colors): Cell {
  if (fixed) return { text: dryRun ? "would fix" : "fixed", paint: colors.good };
  return { text: level, paint: level === "error" ? colors.bad : level === "warning" ? colors.warn : colors.quiet };
}

function summary({ assets, files, errors, warnings, notes, fixed }: LintReport["totals"], dryRun: boolean): string {
  const counts = [plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note")].join(", ");
  return `${plural(assets, "asset")}, ${plural(files, "file")}: ${counts}${fixed > 0 ? `, ${fixed} ${dryRun ? "would be fixed" : "fixed"}` : ""}.`;
}

/** The findings that are left, for other programs. */
export function lintFindings(
  report: LintReport,
  { place, startedAt }: { place: FindingPlace; startedAt: Date },
): Findings {
  const left = report.findings.filter(({ fixed }) => !fixed || report.dryRun);
  const checks = left.map(({ rule, level, asset, path, message, line, column, fix }): Check => {
    const problem = { rule, level, message, place: { ...place, line, column }, ...(fix !== undefined && { fix }) };
    return { group: asset, name: `${path ?? asset} (${rule})`, problem };
  });
  const { durationMs, totals } = report;
  return { command: "lint", rules: RULES, checks, summary: summary(totals, report.dryRun), startedAt, durationMs };
}
