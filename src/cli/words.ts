/** Tells paths from ids among the words of a command line. */
import { statSync } from "node:fs";
import { resolve } from "node:path";

/** Whether a word can only be a path: no id begins with `.` or a separator, and nobody ends one with a separator. */
export function isPath(word: string): boolean {
  return /^\.{1,2}(?:[\\/]|$)|^[\\/]|^[a-z]:[\\/]|[\\/]$/i.test(word);
}

/** Whether a folder of that name is here. */
export function isFolder(word: string, cwd: string): boolean {
  try {
    return statSync(resolve(cwd, word)).isDirectory();
  } catch {
    return false;
  }
}
