/** Ways from a folder to what lies in it: pure. */
import { isAbsolute, relative, sep } from "node:path";

/** The way from a folder to a path in it, empty for the folder itself; undefined for a path that lies elsewhere. */
export function wayInto(folder: string, path: string): string | undefined {
  const way = relative(folder, path);
  return isAbsolute(way) || way === ".." || way.startsWith(`..${sep}`) ? undefined : way;
}
