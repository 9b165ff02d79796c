/** Finds the ends of what stands in the text of a Python script, without reading it: brackets, quotes, comments, lines. */

/** The text of a script, its line ends made `\n`. */
export interface PythonText {
  readonly text: string;
  /** Of a place, from 1 on. */
  lineAt(at: number): number;
  /**
   * Where what begins here ends: before the comma behind it, or the bracket around it. Undefined where nothing ends it,
   * or too much of the text was passed already.
   */
  endOfItem(from: number): number | undefined;
  /** Where the line that begins here ends, with all lines that belong to it. */
  endOfLine(from: number): number;
}

/** How often a text may be passed in all. Broken ones end in the same place again and again. */
const MOST_PASSES = 4;

export function pythonText(source: string): PythonText {
  const text = source.replaceAll("\r\n", "\n");
  let left = MOST_PASSES * text.length + 10_000;
  let starts: number[] | undefined;

  /** Where the first of the signs stands outside of brackets, quotes and comments; the end of the text is an empty one. */
  function pass(from: number, isEnd: (sign: string) => boolean): number | undefined {
    let depth = 0;
    for (let at = from; at <= text.length && left > 0; at++, left--) {
      const sign = text[at] ?? "";
      if (depth === 0 && isEnd(sign)) return at;
      if (sign === "#") {
        const end = text.indexOf("\n", at);
        left -= (end === -1 ? text.length : end) - at;
        at = (end === -1 ? text.length : end) - 1;
      } else if (sign === '"' || sign === "'") {
        const end = endOfString(at, sign);
        left -= end - at;
        at = end - 1;
      } else if (sign === "\\") at++;
      else if (sign === "") return undefined;
      else if ("([{".includes(sign)) depth++;
      else if (")]}".includes(sign)) {
        if (depth === 0) return undefined;
        depth--;
      }
    }
    return undefined;
  }

  /** Behind the closing quote; a quote that is not closed ends with its line. */
  function endOfString(from: number, sign: string): number {
    const quote = text.startsWith(sign.repeat(3), from) ? sign.repeat(3) : sign;
    for (let at = from + quote.length; at < text.length; at++) {
      if (text[at] === "\\") at++;
      else if (text.startsWith(quote, at)) return at + quote.length;
      else if (text[at] === "\n" && quote.length === 1) return at;
    }
    return text.length;
  }

  return {
    text,
    lineAt(at) {
      starts ??= [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
      let [low, high] = [0, starts.length];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) <= at) low = middle;
        else high = middle;
      }
      return low + 1;
    },
    endOfItem: (from) => pass(from, (sign) => sign !== "" && ",)]}".includes(sign)),
    endOfLine(from) {
      const end = text.indexOf("\n", from);
      return pass(from, (sign) => sign === "\n" || sign === "") ?? (end === -1 ? text.length : end);
    },
  };
}
