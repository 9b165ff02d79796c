/** Reads literals of Python: texts, numbers, lists, tuples, dictionaries, calls with names and values. Runs nothing. */
import { isDeepStrictEqual } from "node:util";
import type { PythonText } from "./python-text.js";
import { unread } from "./unread.js";

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
const CLOSING: Readonly<Record<string, string>> = { "[": "]", "(": ")", "{": "}" };

/** A call that begins with a name and a value, on the same line or below. */
const CALL = /^\(\s*(?:#[^\n]*\s*)*[A-Za-z_]\w*[ \t]*=(?!=)/;
const STOP = Symbol("the text is worth no further reading");

/** A value and the place behind it, or why there is none and the place where that shows. */
export type Read =
  | { readonly value: unknown; readonly end: number }
  | { readonly problem: string; readonly end: number };

/**
 * Reads the value that begins at a place. What cannot be read of a list, a dictionary or a call is `Unread` in it, and so
 * is the value of a key that is there twice with different ones. Never throws.
 */
export function readPythonValue({ text, lineAt, endOfItem }: PythonText, from: number): Read {
  let at = from;
  /** Behind the last sign that is part of a value. */
  let end = from;
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
    if (prefix !== undefined) return strings(depth);
    const number = /^[+-]?(?:0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/.exec(
      text.slice(at, at + 60),
    )?.[0];
    if (number !== undefined) {
      at += number.length;
      end = at;
      return product(Number(number.replaceAll("_", "")));
    }
    const name = /^[A-Za-z_][\w.]*/.exec(text.slice(at, at + 200))?.[0];
    if (name === undefined) return fail(`${JSON.stringify(sign)} begins no value`);
    if (
      CALL.test(text.slice(at + name.length, at + name.length + 400)) ||
      (name === "dict" && text.startsWith("(", at + 4))
    ) {
      at += name.length;
      return container("(", depth, true);
    }
    if (!NAMES.has(name)) return fail(`${name} is no literal: write its value in its place`);
    at += name.length;
    end = at;
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
      end = at;
      result = operator === "*" ? result * operand : result ** operand;
    }
  }

  /** `isCall`: of `dict(key=value)` and its like. */
  function container(open: string, depth: number, isCall = false): unknown {
    at++;
    const close = CLOSING[open] as string;
    const isTable = open === "{" || isCall;
    const items: unknown[] = [];
    const members = new Map<string, unknown>();
    let hasComma = false;
    for (;;) {
      skip();
      if (text[at] === close) break;
      const start = at;
      const name = isCall ? /^[A-Za-z_]\w*(?=[ \t]*=(?!=))/.exec(text.slice(at, at + 200))?.[0] : undefined;
      if (isCall && name === undefined) fail("a call is read with names and values only");
      try {
        const item = isTable ? member(members, depth, name) : value(depth + 1);
        skip();
        if (text[at] !== "," && text[at] !== close) fail(`a comma or ${close} is expected`);
        if (!isTable) items.push(item);
      } catch (error) {
        if (error !== STOP) throw error;
        const line = lineAt(at);
        const behind = endOfItem(start);
        if (behind === undefined) throw error;
        at = behind;
        if (!isTable) items.push(unread(problem, line));
        else members.set(keyIn(text.slice(start, Math.min(at, start + 400))), unread(problem, line));
        if (text[at] !== "," && text[at] !== close) fail(`a comma or ${close} is expected`);
      }
      if (text[at] === ",") {
        at++;
        hasComma = true;
      }
    }
    at++;
    end = at;
    if (isTable) return Object.fromEntries(members);
    // Parentheses around one value without a comma are no tuple.
    return open === "(" && items.length === 1 && !hasComma ? items[0] : items;
  }

  /** A key and its value; `name` of a call. */
  function member(members: Map<string, unknown>, depth: number, name: string | undefined): void {
    const start = at;
    const item = name ?? value(depth + 1);
    at += name?.length ?? 0;
    skip();
    if (text[at] !== (name === undefined ? ":" : "=")) fail("a colon is expected between a key and its value");
    at++;
    const key = String(item);
    if (typeof item !== "string" && typeof item !== "number") fail("a key is a text");
    const found = value(depth + 1);
    const isOther = members.has(key) && !isDeepStrictEqual(members.get(key), found);
    members.set(key, isOther ? unread("the key is there twice, with different values", lineAt(start)) : found);
  }

  /** Texts that stand beside each other are one; outside of brackets, on one line. */
  function strings(depth: number): string {
    const parts: string[] = [];
    for (;;) {
      const [all, prefix = "", quote = ""] = /^([A-Za-z]{0,2})("""|'''|"|')/.exec(text.slice(at, at + 5)) ?? [];
      if (all === undefined) return parts.join("");
      if (/[fbt]/i.test(prefix)) fail(`texts with ${prefix} before them are no plain texts`);
      at += all.length;
      parts.push(string(quote, /r/i.test(prefix)));
      end = at;
      if (depth > 0) skip();
      else while (text[at] === " " || text[at] === "\t") at++;
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

  try {
    const found = value(0);
    return { value: found, end };
  } catch (error) {
    if (error !== STOP) throw error;
    return { problem, end: at };
  }
}

/** What a member is called whose key or value was not read. */
function keyIn(source: string): string {
  const [, quoted, named] = /^(?:[A-Za-z]?["']([^"'\n]*)["'][ \t]*:|([A-Za-z_]\w*)[ \t]*=)/.exec(source) ?? [];
  return quoted ?? named ?? source.split("\n", 1)[0]?.slice(0, 60) ?? "";
}
