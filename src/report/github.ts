/** Findings as annotations of GitHub Actions: workflow commands that its runner reads from the log. */
import { type Finding, type Findings, type Level, messageOf, problemsOf } from "./findings.js";
import { oneLine } from "./format.js";

const COMMANDS: Readonly<Record<Level, string>> = { error: "error", warning: "warning", note: "notice" };

/** A line for each finding, then the summary. */
export function renderGithub(findings: Findings): string {
  const titles = new Map(findings.rules.map(({ id, summary }) => [id, summary.replace(/\.$/, "")]));
  const lines = problemsOf(findings).map((finding) => annotation(finding, titles.get(finding.problem.rule)));
  return `${[...lines, oneLine(findings.summary)].join("\n")}\n`;
}

/** An error that has no place, such as one that ended the run. */
export function githubError(title: string, message: string): string {
  return `::error title=${property(title)}::${data(message)}\n`;
}

function annotation(finding: Finding, title = finding.problem.rule): string {
  const { level, place } = finding.problem;
  const properties = [
    ...(place === undefined ? [] : [`file=${property(oneLine(place.file))}`]),
    ...(place?.line === undefined ? [] : [`line=${place.line}`]),
    ...(place?.column === undefined ? [] : [`col=${place.column}`]),
    `title=${property(title)}`,
  ];
  return `::${COMMANDS[level]} ${properties.join(",")}::${data(oneLine(messageOf(finding)))}`;
}

/** What comes after `::` ends with the line, and `%` begins an escape. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** The value of a property ends with a comma or a colon as well. */
function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
