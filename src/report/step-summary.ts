/** Findings as Markdown, for the summary page of a GitHub Actions job. */
import { type Findings, type Level, problemsOf } from "./findings.js";
import { oneLine, plural } from "./format.js";

/** GitHub refuses a summary of more than a mebibyte. A step may have several. */
const MOST_BYTES = 256 * 1024;
const MOST_CHARACTERS = 300;

const MARKS: Readonly<Record<Level, string>> = { error: "❌", warning: "⚠️", note: "ℹ️" };

/** A heading, the summary, and a table of the findings if there are any. Ends with an empty line: others append too. */
export function renderStepSummary(findings: Findings): string {
  const problems = problemsOf(findings);
  const passed = !problems.some(({ problem }) => problem.level === "error");
  const head = `### ${passed ? "✅" : "❌"} assets ${findings.command}\n\n${plain(findings.summary)}\n`;
  if (problems.length === 0) return `${head}\n`;
  const rows: string[] = [];
  let bytes = 0;
  for (const { group, name, problem } of problems) {
    const { level, rule, fix = "" } = problem;
    const row = `| ${MARKS[level]} ${rule} | ${code(group)} | ${code(name)} | ${fix && code(fix)} |\n`;
    bytes += Buffer.byteLength(row);
    if (bytes > MOST_BYTES) break;
    rows.push(row);
  }
  const rest = problems.length - rows.length;
  const more = rest === 0 ? "" : `\n… and ${plural(rest, "more finding")}.\n`;
  return `${head}\n| finding | of | what | to mend |\n| --- | --- | --- | --- |\n${rows.join("")}${more}\n`;
}

function code(text: string): string {
  return `<code>${plain(text)}</code>`;
}

/** Every mark that Markdown or HTML could read is written as a reference, which is text to both. */
function plain(text: string): string {
  const line = oneLine(text);
  const cut =
    line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS).replace(/[\ud800-\udbff]$/, "")}…` : line;
  return cut.replace(/[!-+:-@[-`{-~]/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
