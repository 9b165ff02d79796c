/** Finds the files under a folder, whatever their names are, no faster than they are looked at. */
import { type Dirent, readdir } from "node:fs";
import { relative, sep } from "node:path";
import { errnoOf } from "./disk-error.js";

/** Where to look, and who is told. */
export interface FileWalk {
  /** Real path of a folder. */
  place: string;
  /** Names of folders and files that are passed over. Default: `.git`. */
  skip?: readonly string[];
  /** Told of every folder that could not be listed: its path relative to the place, `/`-separated. */
  onUnreadable(path: string, reason: string): void;
  signal?: AbortSignal | undefined;
}

/**
 * Every file, in dot folders too. As a glob star matches no line feed, in file names a character like any other,
 * the pattern is one that matches every character.
 */
const EVERYTHING = "**/+(\\s|\\S)";
/** Folders listed, and files looked at, side by side. */
const FOLDERS = 8;
const FILES = 16;
/** Files found but not yet looked at, above which no further folder is listed: this bounds the memory. */
const BACKLOG = 2_000;
type ListDone = (error: null, entries: Dirent[]) => void;

/** Calls `examine` for every regular file, a few at a time. Links are not followed. What `examine` throws ends it. */
export async function walkFiles(search: FileWalk, examine: (path: string) => Promise<void>): Promise<void> {
  const { default: glob } = await import("fast-glob");
  const { place, signal, skip = [".git"] } = search;
  let backlog = 0;
  const postponed: (() => void)[] = [];

  // fast-glob finds as fast as it can and either drops what it cannot list without a word or ends with it. So it is
  // given folders when there is room for what they hold, and an empty one for each that is unreadable.
  const list = (folder: string, done: ListDone) => {
    if (signal?.aborted) return done(null, []);
    readdir(folder, { withFileTypes: true }, (error, all) => {
      const reason = error === null ? undefined : reasonOf(error, folder);
      if (reason !== undefined) search.onUnreadable(relative(place, folder).split(sep).join("/"), reason);
      const entries = error === null ? all.filter(({ name }) => !skip.includes(name)) : [];
      backlog += entries.filter((entry) => entry.isFile()).length;
      done(null, entries);
    });
  };
  const listInTurn = (folder: string, _options: object, done: ListDone) => {
    if (backlog < BACKLOG) list(folder, done);
    else postponed.push(() => list(folder, done));
  };
  const paths = glob
    .stream(EVERYTHING, {
      cwd: place,
      dot: true,
      followSymbolicLinks: false,
      unique: false,
      concurrency: FOLDERS,
      fs: { readdir: listInTurn as unknown as typeof readdir },
    })
    [Symbol.asyncIterator]();
  const work = async () => {
    for (let next = await paths.next(); next.done !== true; next = await paths.next()) {
      if (!signal?.aborted) await examine(String(next.value));
      backlog -= 1;
      if (backlog < BACKLOG) for (const start of postponed.splice(0)) start();
    }
  };
  await Promise.all(Array.from({ length: FILES }, work));
}

/** Why something cannot be read; undefined when it is simply gone since it was found. */
export function reasonOf(error: unknown, path: string): string | undefined {
  // Node hands on a name that is not UTF-8 with replacement characters, and under that name nothing is found.
  if (errnoOf(error) === "ENOENT") return path.includes("\ufffd") ? "its name is not UTF-8" : undefined;
  // "EACCES: permission denied, open '/the/path'" without the path.
  return error instanceof Error ? error.message.replace(/, \w+ '[\s\S]*$/, "") : String(error);
}
