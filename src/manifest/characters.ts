/** Characters that have no place in a name, a path or a URL, because they drive terminals or deceive the eye. */

// Controls, halves of surrogate pairs, line and paragraph separators, bidirectional marks, overrides and isolates.
const UNSAFE = /[\p{Cc}\p{Surrogate}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
// Marks alone are needed to write right-to-left text; line feeds and tabs to write more than one line.
const UNSAFE_IN_PROSE = /(?![\n\r\t])[\p{Cc}\p{Surrogate}\u2028-\u202e\u2066-\u2069]/u;
// What nearly every text is made of, since matching all scripts takes large tables.
const PLAIN = /^[ -~]*$/;
// What somebody wrote to fill the line in later.
const PLACEHOLDER =
  /^(?:|todo|tbd|fixme|x{3,}|\?+|\.{3}|-|n\/a|none|null|undefined|unknown|placeholder|changeme|<.*>)$/i;
// `${NAME}`, or `$NAME` in capitals: a lower-case `$web` is an ordinary folder on some servers.
const VARIABLE = /\$(?:\{[^}]*\}?|[A-Z_][A-Z0-9_]*)/;

/** The first character of a one-line text that is unsafe, as `U+202E`. */
export function firstUnsafe(text: string): string | undefined {
  return PLAIN.test(text) ? undefined : nameOf(UNSAFE.exec(text));
}

/** The first unsafe character of a text that may have several lines and any script, as `U+202E`. */
export function firstUnsafeInProse(text: string): string | undefined {
  return PLAIN.test(text) ? undefined : nameOf(UNSAFE_IN_PROSE.exec(text));
}

/** Whether a text only stands in for one that is still missing. */
export function isPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text.trim());
}

/** The first thing in a text that looks like a variable of a shell. */
export function firstVariable(text: string): string | undefined {
  return VARIABLE.exec(text)?.[0];
}

function nameOf(match: RegExpExecArray | null): string | undefined {
  const code = match?.[0].codePointAt(0);
  return code === undefined ? undefined : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
