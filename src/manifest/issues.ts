/** A problem of a manifest: where it stands, what is wrong, what to write instead. */
import { safeText, visibleLine } from "../errors.js";

/** Keys and indexes that lead from the top of the document to a value. */
export type JsonPath = readonly (string | number)[];

/** What is wrong with a value. `suggestion` is a whole sentence that tells what to write. */
export interface Problem {
  message: string;
  suggestion?: string;
}

/** A problem at a place in the document. */
export interface Finding extends Problem {
  path: JsonPath;
  /** Points at the key rather than at the value behind it. */
  onKey?: boolean;
  /** Character offset in the text, where the path alone does not lead there. */
  offset?: number;
  /** The value that is wrong. Left out where the message says enough. */
  found?: unknown;
}

/** A problem as people and programs read it. Every text in it is safe to show. */
export interface ManifestIssue {
  /** Counted from 1. */
  line: number;
  /** Counted from 1, in UTF-16 code units as editors count. */
  column: number;
  /** Path in the document, such as `assets[3].files[0].sha256`. */
  path: string;
  message: string;
  found?: string;
  suggestion?: string;
}

/** No more than this many problems are collected: a file with that many is no manifest. */
export const MAX_ISSUES = 1000;
const MAX_SHOWN = 50;
const MAX_FOUND_LENGTH = 60;
const MAX_PATH_LENGTH = 200;
const PLAIN_KEY = /^[A-Za-z_$][\w$-]*$/;

/** A path as people write it; empty for the document itself. */
export function formatPath(path: JsonPath): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else if (PLAIN_KEY.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return visibleLine(shorten(text, MAX_PATH_LENGTH));
}

/** A value as the document has it, on one line and short. */
export function formatFound(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  const text = safeText(value);
  return visibleLine(`"${shorten(text, MAX_FOUND_LENGTH)}"`);
}

/** Every problem on one line of its own. `file` as it should be shown. */
export function formatIssues(file: string, issues: readonly ManifestIssue[]): string {
  const count = issues.length >= MAX_ISSUES ? `at least ${MAX_ISSUES} problems` : plural(issues.length, "problem");
  const lines = issues.slice(0, MAX_SHOWN).map((issue) => `  ${visibleLine(file)}:${formatIssue(issue)}`);
  const rest = issues.length - lines.length;
  if (rest > 0) lines.push(`  … and ${rest} more.`);
  return `${visibleLine(file)} is not a valid manifest: ${count}.\n${lines.join("\n")}`;
}

/** What is wrong with a text that was never written, so that no line of it helps anybody: a sentence or two for each. */
export function formatUnplaced(issues: readonly ManifestIssue[]): string {
  const keyOf = ({ path }: ManifestIssue) => /(?:^|\.)([\w$-]+)$/.exec(path)?.[1];
  const told = issues.map((issue) =>
    [keyOf(issue), formatProblem(issue)].filter((part) => part !== undefined).join(": "),
  );
  const lines = new Set(told.map((line) => line.replace(/ on line \d+/g, "")));
  const rest = lines.size - MAX_SHOWN;
  return [...[...lines].slice(0, MAX_SHOWN), ...(rest > 0 ? [`… and ${rest} more.`] : [])].join("\n");
}

function formatIssue(issue: ManifestIssue): string {
  const { line, column, path } = issue;
  return `${line}:${column}  ${path === "" ? "" : `${path}: `}${formatProblem(issue)}`;
}

function formatProblem({ message, found, suggestion }: ManifestIssue): string {
  const seen = found === undefined ? "" : ` (found ${found})`;
  const advice = suggestion === undefined ? "" : ` ${suggestion}`;
  return `${message}${seen}.${advice}`;
}

/** Cut to `length` characters, never through a surrogate pair. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
