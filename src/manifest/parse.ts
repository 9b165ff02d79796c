/** Reads JSON with comments into plain values, and remembers where each of them stands. */
import { type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { type Finding, type JsonPath, MAX_ISSUES } from "./issues.js";
import { lineAndColumn } from "./position.js";

/** What came of a text. `value` is unreliable as soon as there are findings. */
export interface ParsedJson {
  value: unknown;
  findings: Finding[];
  /** Character offset of a value, or of its key. A path that leads nowhere answers for as far as it leads. */
  offsetOf(path: JsonPath, onKey?: boolean): number;
}

/** The parser recurses: deeper documents would end in a stack overflow. No manifest needs as much. */
const MAX_DEPTH = 64;
/** Bounds the memory that a file within the size limit can ask for: an object or array takes as much as several values. */
const MAX_WEIGHT = 12_000_000;
const CONTAINER_WEIGHT = 8;
/** Bounds the time that one object or array can take, whatever is wrong with each of its members. */
const MAX_MEMBERS = 250_000;
const MAX_SYNTAX_FINDINGS = 20;

/** Offsets of the members of one object or array, in the order of the text. */
interface Places {
  /** Absent for an array. */
  keys?: string[];
  keyOffsets?: number[];
  offsets: number[];
}

interface Frame {
  value: unknown[] | Record<string, unknown>;
  places: Places;
  /** Key whose value comes next; undefined: the value is not kept. */
  key?: string;
}

const STOP = Symbol("the document is not worth reading on");

/** Parses a text. Never throws; a member named twice keeps its first value. */
export function parseJson(text: string): ParsedJson {
  const findings: Finding[] = [];
  const places = new Map<object, Places>();
  const stack: Frame[] = [];
  let root: unknown;
  let rootOffset = 0;
  let weight = 0;
  let lastErrorLine = -1;
  const position = lineAndColumn(text);

  /** Path of the value that comes next. Arrays on the way there hold their open member already. */
  const here = (): JsonPath =>
    stack.map(({ value, key }, depth) =>
      Array.isArray(value) ? value.length - (depth < stack.length - 1 ? 1 : 0) : (key ?? ""),
    );
  const find = (finding: Omit<Finding, "path"> & { path?: JsonPath }) => {
    findings.push({ path: here(), ...finding });
    if (findings.length >= MAX_ISSUES) throw STOP;
  };
  const stop = (offset: number, message: string) => {
    findings.push({ path: [], offset, message });
    throw STOP;
  };
  const weigh = (more: number, offset: number) => {
    weight += more;
    if (weight > MAX_WEIGHT) stop(offset, "this is too much for a manifest: there are millions of values");
  };
  const add = (value: unknown, offset: number) => {
    weigh(1, offset);
    const frame = stack.at(-1);
    if (frame !== undefined && frame.places.offsets.length === MAX_MEMBERS) {
      stop(offset, `this has more than ${MAX_MEMBERS} members`);
    }
    if (frame === undefined) {
      root = value;
      rootOffset = offset;
    } else if (Array.isArray(frame.value)) {
      frame.value.push(value);
      frame.places.offsets.push(offset);
    } else if (frame.key !== undefined) {
      frame.value[frame.key] = value;
      frame.places.offsets.push(offset);
    }
  };
  const open = (value: Frame["value"], place: Places, offset: number) => {
    if (stack.length === MAX_DEPTH) stop(offset, `this is nested deeper than ${MAX_DEPTH} levels`);
    weigh(CONTAINER_WEIGHT, offset);
    add(value, offset);
    places.set(value, place);
    stack.push({ value, places: place });
  };
  const addKey = (key: string, offset: number) => {
    const frame = stack.at(-1);
    if (frame === undefined || Array.isArray(frame.value)) return;
    weigh(1, offset);
    const { keys = [], keyOffsets = [], offsets } = frame.places;
    if (keys.length > offsets.length) {
      // A syntax error has left the last key without its value.
      keys.pop();
      keyOffsets.pop();
    }
    frame.key = undefined;
    const path = () => [...here().slice(0, -1), key];
    if (key === "__proto__") {
      find({ path: path(), offset, message: "the key __proto__ is not allowed", suggestion: "Leave it out." });
    } else if (Object.hasOwn(frame.value, key)) {
      const first = position(keyOffsets[keys.indexOf(key)] ?? 0);
      const where = `line ${first.line}, column ${first.column}`;
      find({
        path: path(),
        offset,
        message: `the key is there twice (first on ${where})`,
        suggestion: "Keep one of the two.",
      });
    } else {
      frame.key = key;
      keys.push(key);
      keyOffsets.push(offset);
    }
  };

  try {
    visit(
      text,
      {
        onObjectBegin: (offset) => open({}, { keys: [], keyOffsets: [], offsets: [] }, offset),
        onObjectProperty: addKey,
        onObjectEnd: () => void stack.pop(),
        onArrayBegin: (offset) => open([], { offsets: [] }, offset),
        onArrayEnd: () => void stack.pop(),
        onLiteralValue(value, offset) {
          if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
            find({ offset, message: "the number is too large" });
          }
          add(value, offset);
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
  const offsetOf = (path: JsonPath, onKey = false): number => {
    let value: unknown = root;
    let offset = rootOffset;
    for (const [depth, step] of path.entries()) {
      const place = typeof value === "object" && value !== null ? places.get(value) : undefined;
      const index = typeof step === "number" ? step : (place?.keys?.indexOf(step) ?? -1);
      const next = onKey && depth === path.length - 1 ? place?.keyOffsets?.[index] : place?.offsets[index];
      if (next === undefined) break;
      offset = next;
      value = (value as Record<string | number, unknown>)[step];
    }
    return offset;
  };
  return { value: root, findings, offsetOf };
}

const SYNTAX: Record<string, string> = {
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
