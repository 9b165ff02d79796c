/** Ways from a folder to what lies in it: pure. */
import { isAbsolute, relative, sep } from "node:path";

/** The way from a folder to a path in it, empty for the folder itself; undefined for a path that lies elsewhere. */
export function wayInto(folder: string, path: string): string | undefined {
  const way = relative(folder, path);
  return isAbsolute(way) || way === ".." || way.startsWith(`..${sep}`) ? undefined : way;
}

/** The folder of a `/`-separated path: what stands before the last `/`, empty where there is none. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** A path as it reads from a folder: `/`-separated, `.` for the folder itself; absolute when it lies outside. */
export function pathFrom(folder: string, path: string): string {
  return (wayInto(folder, path) ?? path).split(sep).join("/") || ".";
}
