/** Tells paths from ids among the words of a command line. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { AssetsError, safeText } from "../errors.js";

/** Whether a word can only be a path: no id begins with `.` or a separator, and nobody ends one with a separator. */
export function isPath(word: string): boolean {
  return /^\.{1,2}(?:[\\/]|$)|^[\\/]|^[a-z]:[\\/]|[\\/]$/i.test(word);
}

/** The absolute paths of words, or else these ones. Throws USAGE for an empty word: an unset variable is not everything. */
export function pathsOf(words: readonly string[], cwd: string, otherwise: string): string[] {
  if (words.includes("")) throw new AssetsError("USAGE", "A path is empty.", { hint: "Leave it out, or write ." });
  return words.length > 0 ? words.map((word) => resolve(cwd, word)) : [otherwise];
}

/** Throws USAGE for a URL where a file of this machine is meant. */
export function refuseUrls(words: readonly string[], hint: string): void {
  const url = words.find((word) => /^[a-z][a-z0-9+.-]+:\/\//i.test(word));
  if (url !== undefined)
    throw new AssetsError("USAGE", `${safeText(url)} is a URL, and no file of this machine.`, { hint });
}

/** Whether a folder of that name is here. */
export function isFolder(word: string, cwd: string): boolean {
  try {
    return statSync(resolve(cwd, word)).isDirectory();
  } catch {
    return false;
  }
}
