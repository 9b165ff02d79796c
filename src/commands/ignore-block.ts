/** The lines of a `.gitignore` that keep git from assets: pure. */

const HEAD = "# What assets.manifest.json describes";

/** Those of the lines that no line of the text says already, with or without slashes around it. */
export function ignoreLines(text: string, wanted: readonly string[]): string[] {
  const bare = (line: string) => line.trim().replace(/^\/|\/$/g, "");
  const there = new Set(text.split("\n").map(bare));
  return wanted.filter((line) => !there.has(bare(line)));
}

/** The text with further lines at its end, under a heading of their own, or behind those that are there. */
export function withIgnored(text: string, lines: readonly string[]): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const all = text.split(eol);
  const head = all.indexOf(HEAD);
  if (head === -1) {
    const gap = text === "" ? "" : text.endsWith(eol) ? eol : `${eol}${eol}`;
    return `${text}${gap}${[HEAD, ...lines, ""].join(eol)}`;
  }
  const blank = all.findIndex((line, index) => index > head && line.trim() === "");
  const end = blank === -1 ? all.length : blank;
  const result = [...all.slice(0, end), ...lines, ...all.slice(end)];
  return `${result.join(eol)}${blank === -1 ? eol : ""}`;
}
