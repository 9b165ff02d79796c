/** Reads what a Python script assigns to names, adds to tables and passes to calls, as far as it is literal. */
import { readPythonValue } from "./python-literal.js";
import { type PythonText, pythonText } from "./python-text.js";
import { isUnread, unread } from "./unread.js";

/** A value of a script, or what stands in its place: see `Unread`. */
export interface Statement {
  /** Of the line that it begins on, from 1 on. */
  readonly line: number;
  /** The key of the table that a statement such as `MODELS["key"] = …` sets. */
  readonly key: string | undefined;
  readonly value: unknown;
  /** It looks like a list or a table, on the outermost level of the script. */
  readonly isContainer: boolean;
  /** Whether an address or a digest is quoted in it. */
  namesBytes(): boolean;
}

const NAME = String.raw`[ \t]*[A-Za-z_][\w.]*`;
/** `MODELS = `, `MODELS: dict[str, str] = `, `MODELS["key"] = `, `MODELS[name] = `, `MODELS |= `, `FILES += `. */
const ASSIGNMENT = new RegExp(
  String.raw`${NAME}(?:\[[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\]\n]*))[ \t]*\])?[ \t]*(?::[^=\n]*)?[|+]?=(?!=)[ \t]*`,
  "y",
);
/** `MODELS.update({…})`, `FILES.extend([…])`, `FILES.append((…))`. */
const ADDITION = new RegExp(String.raw`${NAME}\.(update|extend|append)\((?=\s*[[{(]|\s*\w+\()`, "y");
const CALL = new RegExp(String.raw`(${NAME})\(`, "y");
const QUOTED_BYTES =
  /["'](?:[a-z][a-z0-9+.-]*:\/\/[^"'\s]{3,}["']|(?:[a-z0-9-]+:)?(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})["'])/i;
const QUOTED_DIGEST = /["'](?:[a-z0-9-]+:)?(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})["']/i;

/** Reads a text that is one literal, or else every statement of a script. Never throws. */
export function readPythonScript(source: string): Statement[] {
  const script = pythonText(source);
  const { text } = script;
  const alone = readPythonValue(script, 0);
  const rest = "value" in alone ? (/^(?:\s|#[^\n]*)*/.exec(text.slice(alone.end))?.[0].length ?? 0) : 0;
  if ("value" in alone && alone.end + rest === text.length) return [statement(script, 0, text.length, alone.value)];
  const statements: Statement[] = [];
  for (let at = 0; at < text.length; ) {
    const { found, end } = statementAt(script, at);
    statements.push(...found);
    at = end + 1;
  }
  if (statements.length > 0) return statements;
  const problem = "problem" in alone ? alone.problem : "there is more text after the end of the literal";
  return [statement(script, 0, text.length, unread(problem, script.lineAt(alone.end)))];
}

/** What stands on the line that begins here, and where the line ends. */
function statementAt(script: PythonText, from: number): { found: Statement[]; end: number } {
  const { text, endOfLine, lineAt } = script;
  const assignment = match(ASSIGNMENT, text, from);
  if (assignment !== undefined) {
    const [all, double, single, other] = assignment;
    const given = valuesAt(script, from + all.length);
    if (other === undefined) return { ...given, found: given.found.map((one) => ({ ...one, key: double ?? single })) };
    const value = unread("its key is worked out", lineAt(from));
    return { ...given, found: given.found.map((one) => ({ ...one, value })) };
  }
  const addition = match(ADDITION, text, from);
  if (addition !== undefined) {
    const given = valuesAt(script, from + addition[0].length, true);
    if (addition[1] !== "append") return given;
    return {
      ...given,
      found: given.found.map((one) => ({ ...one, value: isUnread(one.value) ? one.value : [one.value] })),
    };
  }
  const end = endOfLine(from);
  const call = match(CALL, text, from);
  if (call === undefined || !QUOTED_DIGEST.test(text.slice(from, end))) return { found: [], end };
  return valuesAt(script, from + (/^[ \t]*/.exec(call[0])?.[0].length ?? 0));
}

/** The value that begins here, and what stands behind it on its line; `inside` of the brackets of a call. */
function valuesAt(script: PythonText, from: number, inside = false): { found: Statement[]; end: number } {
  const { text, lineAt, endOfLine } = script;
  const read = readPythonValue(script, from);
  const rest = text.slice(read.end, read.end + 200);
  if ("value" in read && (inside ? /^\s*,?\s*\)[ \t]*(?:[;#\n]|$)/ : /^[ \t]*(?:[;#\n]|$)/).test(rest)) {
    const end = text.indexOf("\n", inside ? text.indexOf(")", read.end) : read.end);
    return { found: [statement(script, from, read.end, read.value)], end: end === -1 ? text.length : end };
  }
  // A line begins outside of all brackets.
  const end = endOfLine(inside ? text.lastIndexOf("\n", from) + 1 : from);
  if ("value" in read && typeof read.value === "object" && read.value !== null && read.end <= end) {
    const value = unread("more stands behind it than is read", lineAt(read.end));
    return { found: [statement(script, from, read.end, read.value), statement(script, read.end, end, value)], end };
  }
  const problem = "problem" in read ? read.problem : "it is worked out: write its value in its place";
  return { found: [statement(script, from, end, unread(problem, lineAt(read.end)))], end };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function statement({ text, lineAt }: PythonText, start: number, end: number, value: unknown): Statement {
  return {
    line: isUnread(value) ? value.line : lineAt(start),
    key: undefined,
    value,
    isContainer:
      (/^\S/.test(text.slice(text.lastIndexOf("\n", start - 1) + 1, start + 1)) &&
        /^\s*[[{(+|]/.test(text.slice(start, start + 200))) ||
      (typeof value === "object" && !isUnread(value)),
    namesBytes: () => QUOTED_BYTES.test(text.slice(start, end)),
  };
}
