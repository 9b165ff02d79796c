/** The answer of `assets hash` in the lines that sha256sum writes. */
import type { HashReport } from "../commands/author-reports.js";
import { visible } from "../errors.js";

/** A line for each file that could be read: its digest, two spaces, its path. */
export function renderHashes({ files }: HashReport): string {
  return files.map(({ path, digest }) => (digest === undefined ? "" : lineOf(path, digest))).join("");
}

/** A name with a line break or backslash is escaped, and says so by a backslash before the digest (GNU sha256sum). */
function lineOf(path: string, digest: string): string {
  const escaped = path.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return `${escaped === path ? "" : "\\"}${digest}  ${visible(escaped)}\n`;
}
