/** Reads one literal of Python, as it is pasted from a script: texts, numbers, lists, tuples, dictionaries. Runs nothing. */

/** A literal of a script, or why it is none. */
export type Literal = {
  /** Of the line that it begins on, or where it stops being one; from 1 on. */
  readonly line: number;
  /** The key of the table that a statement such as `MODELS["key"] = …` sets. */
  readonly key: string | undefined;
} & ({ readonly value: unknown } | { readonly problem: string });

const MOST_DEPTH = 64;
const NAMES: ReadonlyMap<string, unknown> = new Map([
  ["None", null],
  ["True", true],
  ["False", false],
  ["null", null],
  ["true", true],
  ["false", false],
]);
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\n": "",
};
/** `MODELS = `, `MODELS: dict[str, str] = `, `MODELS["key"] = `, at the beginning of a line, and a literal behind it. */
const ASSIGNMENT =
  /^[ \t]*[A-Za-z_][\w.]*(?:\[[ \t]*(?:"([^"\n]*)"|'([^'\n]*)')[ \t]*\])?[ \t]*(?::[^=\n]*)?=[ \t]*(?=[[{(]|dict\()/gm;
const CLOSING: Readonly<Record<string, string>> = { "[": "]", "(": ")", "{": "}" };

const STOP = Symbol("the text is worth no further reading");

/** Reads a text that is one literal, or else every literal that a script assigns to a name. Never throws. */
export function readPythonLiterals(source: string): Literal[] {
  const text = source.replaceAll("\r\n", "\n");
  let at = 0;
  let problem = "";
  const fail = (message: string): never => {
    problem = message;
    throw STOP;
  };

  function skip(): void {
    for (;;) {
      const sign = text[at];
      if (sign === "#") {
        const end = text.indexOf("\n", at);
        at = end === -1 ? text.length : end;
      } else if (sign !== undefined && /[\s\ufeff]/.test(sign)) at++;
      else if (sign === "\\" && text[at + 1] === "\n") at += 2;
      else return;
    }
  }

  function value(depth: number): unknown {
    if (depth > MOST_DEPTH) fail("values stand in each other too deep");
    skip();
    const sign = text[at];
    if (sign === undefined) return fail("the text ends where a value should stand");
    if (sign === "{" || sign === "[" || sign === "(") return container(sign, depth);
    const prefix = /^([A-Za-z]{0,2})(?="|')/.exec(text.slice(at, at + 3))?.[1];
    if (prefix !== undefined) return strings();
    const number = /^[+-]?(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/.exec(
      text.slice(at, at + 60),
    )?.[0];
    if (number !== undefined) {
      at += number.length;
      return product(Number(number.replaceAll("_", "")));
    }
    const name = /^[A-Za-z_][\w.]*/.exec(text.slice(at, at + 200))?.[0];
    if (name === undefined) return fail(`${JSON.stringify(sign)} begins no value`);
    if (name === "dict" && text.startsWith("(", at + name.length)) {
      at += name.length;
      return container("(", depth, true);
    }
    if (!NAMES.has(name)) return fail(`${name} is no literal: write its value in its place`);
    at += name.length;
    return NAMES.get(name);
  }

  /** Sizes are often written as products: `5 * 1024 ** 2`. */
  function product(first: number): number {
    let result = first;
    for (;;) {
      skip();
      const [all, operator, digits] = /^(\*\*|\*)[ \t]*(\d[\d_]*)/.exec(text.slice(at, at + 40)) ?? [];
      if (all === undefined) return result;
      at += all.length;
      let operand = Number((digits ?? "").replaceAll("_", ""));
      const power = /^[ \t]*\*\*[ \t]*(\d{1,3})/.exec(text.slice(at, at + 20));
      if (operator === "*" && power !== null) {
        operand **= Number(power[1]);
        at += power[0].length;
      }
      result = operator === "*" ? result * operand : result ** operand;
    }
  }

  /** `isCall`: of `dict(key=value)`. */
  function container(open: string, depth: number, isCall = false): unknown {
    at++;
    const close = CLOSING[open] as string;
    const items: unknown[] = [];
    const members = new Map<string, unknown>();
    let hasComma = false;
    for (;;) {
      skip();
      if (text[at] === close) break;
      const named = isCall ? /^[A-Za-z_]\w*(?=[ \t]*=(?!=))/.exec(text.slice(at, at + 200))?.[0] : undefined;
      if (isCall && named === undefined) fail("dict() is read with names and values only");
      const item = named ?? value(depth + 1);
      at += named?.length ?? 0;
      skip();
      if (open === "{" || isCall) {
        if (text[at] !== (isCall ? "=" : ":")) fail("a colon is expected between a key and its value");
        at++;
        const key = String(item);
        if (typeof item !== "string" && typeof item !== "number") fail("a key is a text");
        if (members.has(key)) fail(`the key ${JSON.stringify(key.slice(0, 60))} is there twice`);
        members.set(key, value(depth + 1));
        skip();
      } else items.push(item);
      if (text[at] === ",") {
        at++;
        hasComma = true;
      } else if (text[at] !== close) fail(`a comma or ${close} is expected`);
    }
    at++;
    if (open === "{" || isCall) return Object.fromEntries(members);
    // Parentheses around one value without a comma are no tuple.
    return open === "(" && items.length === 1 && !hasComma ? items[0] : items;
  }

  /** Texts that stand beside each other are one. */
  function strings(): string {
    const parts: string[] = [];
    for (;;) {
      const [all, prefix = "", quote = ""] = /^([A-Za-z]{0,2})("""|'''|"|')/.exec(text.slice(at, at + 5)) ?? [];
      if (all === undefined) return parts.join("");
      if (/[fbt]/i.test(prefix)) fail(`texts with ${prefix} before them are no plain texts`);
      at += all.length;
      parts.push(string(quote, /r/i.test(prefix)));
      skip();
    }
  }

  function string(quote: string, raw: boolean): string {
    const parts: string[] = [];
    for (;;) {
      const sign = text[at];
      if (sign === undefined || (sign === "\n" && quote.length === 1)) return fail("a text does not end");
      if (text.startsWith(quote, at)) {
        at += quote.length;
        return parts.join("");
      }
      if (sign !== "\\") {
        parts.push(sign);
        at++;
      } else if (raw) {
        parts.push(text.slice(at, at + 2));
        at += 2;
      } else parts.push(escaped());
    }
  }

  function escaped(): string {
    const [all, hex2, hex4, hex8, octal] =
      /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3}))/.exec(text.slice(at, at + 10)) ?? [];
    if (all !== undefined) {
      at += all.length;
      const code = octal === undefined ? Number.parseInt(hex2 ?? hex4 ?? hex8 ?? "", 16) : Number.parseInt(octal, 8);
      return code > 0x10ffff ? fail("an escape names no character") : String.fromCodePoint(code);
    }
    const sign = text[at + 1] ?? "";
    at += 2;
    // What is no escape stays as it is, with its backslash.
    return ESCAPES[sign] ?? `\\${sign}`;
  }

  /** One literal from here on. */
  function literal(key: string | undefined, whole: boolean): Literal {
    const line = lineAt(text, at);
    try {
      const found = value(0);
      if (whole) skip();
      if (whole && at < text.length) fail("there is more text after the end of the literal");
      return { key, line, value: found };
    } catch (error) {
      if (error !== STOP) throw error;
      return { key, line: lineAt(text, at), problem };
    }
  }

  skip();
  const alone = literal(undefined, true);
  if ("value" in alone) return [alone];
  const assigned: Literal[] = [];
  const pattern = new RegExp(ASSIGNMENT);
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    at = pattern.lastIndex;
    assigned.push(literal(found[1] ?? found[2], false));
    // What stands in a literal assigns nothing.
    pattern.lastIndex = Math.max(at, found.index + 1);
  }
  return assigned.length > 0 ? assigned : [alone];
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}
