/** Reads JSON with comments and trailing commas into plain values. */
import { type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { type Builder, createBuilder } from "./build.js";
import { type Finding, MAX_ISSUES } from "./issues.js";
import { lineAndColumn } from "./position.js";

/** What came of a text. `value` is unreliable as soon as there are findings. */
interface ParsedJson {
  value: unknown;
  findings: Finding[];
  offsetOf: Builder["offsetOf"];
}

const MAX_SYNTAX_FINDINGS = 20;
const STOP = Symbol("the document is not worth reading on");

/** Parses a text. Never throws. */
export function parseJson(text: string): ParsedJson {
  const findings: Finding[] = [];
  const position = lineAndColumn(text);
  let lastErrorLine = -1;
  const builder = createBuilder((offset, message) => {
    findings.push({ path: [], offset, message });
    throw STOP;
  });
  const find = (finding: Omit<Finding, "path">) => {
    findings.push({ path: builder.path(), ...finding });
    if (findings.length >= MAX_ISSUES) throw STOP;
  };

  try {
    visit(
      text,
      {
        onObjectBegin: builder.openObject,
        onObjectEnd: builder.close,
        onArrayBegin: builder.openArray,
        onArrayEnd: builder.close,
        onObjectProperty(key, offset) {
          const earlier = builder.name(key, offset);
          if (key === "__proto__") {
            find({ offset, message: "the key __proto__ is not allowed", suggestion: "Leave it out." });
          } else if (earlier !== undefined) {
            const { line, column } = position(earlier);
            const message = `the key is there twice (first on line ${line}, column ${column})`;
            find({ offset, message, suggestion: "Keep one of the two." });
          }
        },
        onLiteralValue(value, offset) {
          if (typeof value === "number" && !Number.isFinite(value))
            find({ offset, message: "the number is too large" });
          builder.add(value, offset);
        },
        onError(code, offset, length, line) {
          // What follows on the same line is nearly always a consequence of the first error.
          if (line === lastErrorLine) return;
          lastErrorLine = line;
          find({ offset, ...describe(code, text.slice(offset, offset + Math.min(length, 80))) });
          if (findings.length >= MAX_SYNTAX_FINDINGS) throw STOP;
        },
      },
      { allowTrailingComma: true },
    );
  } catch (error) {
    if (error !== STOP) throw error;
  }
  return { value: builder.root(), findings, offsetOf: builder.offsetOf };
}

const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no JSON value: text stands in double quotes",
  InvalidNumberFormat: "this is no JSON number",
  PropertyNameExpected: "a key in double quotes is expected here",
  ValueExpected: "a value is expected here",
  ColonExpected: "a colon is expected between a key and its value",
  CommaExpected: "a comma is missing before this",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "there is more text after the end of the document",
  UnexpectedEndOfComment: "the comment never ends",
  UnexpectedEndOfString: "the closing double quote of this text is missing",
  UnexpectedEndOfNumber: "the number is incomplete",
  InvalidUnicode: "after \\u come four hexadecimal digits",
  InvalidEscapeCharacter: 'after a backslash only one of " \\ / b f n r t u may follow',
  InvalidCharacter: "a control character stands in a text: write it as an escape such as \\n",
};

function describe(code: ParseErrorCode, token: string): Pick<Finding, "message" | "found"> {
  const message = SYNTAX[printParseErrorCode(code)] ?? "this is not JSON";
  return token === "" ? { message } : { message, found: token };
}
