/** Findings as TAP version 14, the Test Anything Protocol. */
import type { Check, Findings } from "./findings.js";
import { oneLine } from "./format.js";

/** A test point for each check; what neither passed nor failed is skipped. */
export function renderTap({ checks, summary }: Findings): string {
  const points = checks.map((check, index) => pointOf(check, index + 1));
  return `TAP version 14\n1..${checks.length}\n${points.join("")}# ${plain(summary)}\n`;
}

/** The end of a run that could not be made. */
export function tapBailOut(reason: string): string {
  return `TAP version 14\nBail out! ${plain(reason)}\n`;
}

function pointOf({ group, name, problem }: Check, number: number): string {
  const about = `${number} - ${plain(`${group}: ${name}`)}`;
  if (problem === undefined) return `ok ${about}\n`;
  const { rule, level, message, fix, place } = problem;
  if (level !== "error") return `ok ${about} # SKIP ${plain(message)}\n`;
  const details = {
    message,
    severity: "fail",
    rule,
    ...(fix !== undefined && { fix }),
    ...(place !== undefined && { at: { file: place.file, line: place.line, column: place.column } }),
  };
  return `not ok ${about}\n  ---\n${yaml(details, "  ")}  ...\n`;
}

/** A backslash takes its meaning from the mark that begins a directive. */
function plain(text: string): string {
  return oneLine(text).replace(/[\\#]/g, "\\$&");
}

/** YAML that has no more than TAP's readers must know: a text in JSON's quotes is one in YAML's. */
function yaml(values: object, indent: string): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      if (typeof value === "object") return `${indent}${key}:\n${yaml(value, `${indent}  `)}`;
      return `${indent}${key}: ${typeof value === "string" ? JSON.stringify(oneLine(value)) : value}\n`;
    })
    .join("");
}
