/** Keeps git from calling files changed of which it keeps the pointers: those of this run, and of one that was killed before. */
import { lstat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { EventListener } from "../events.js";
import { thisUser } from "../git/config-files.js";
import { refreshIndex } from "../git/refresh-index.js";
import { findRepository, type Repository } from "../git/repository.js";
import { readSettings } from "../git/settings.js";
import { hashFile } from "../store/hash-file.js";

/** Where to look, and what is known of it. Paths are absolute. */
export interface Told {
  /** Files, and folders with all that is in them. */
  readonly paths: readonly string[];
  /** SHA-256 of files that were just put in the place of their pointers. */
  readonly proven: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  readonly emit: EventListener;
}

/** A run that was stopped takes no longer than this for it, in milliseconds. */
const STOPPED_MS = 10_000;
/** A command line takes so many paths everywhere; with more, all of a working tree is looked at. */
const MOST_PATHS = 200;

/** Tells git of the files, or says why it will call them changed. Never throws: the files are in place, whatever comes of it. */
export async function tellGit({ signal, ...told }: Told): Promise<void> {
  const until = signal.aborted ? AbortSignal.timeout(STOPPED_MS) : signal;
  for (const repository of await repositoriesOf(told.paths)) {
    await tellOne(repository, { ...told, signal: until }).catch(() => {});
  }
}

async function tellOne(repository: Repository, { paths, proven, signal, emit }: Told): Promise<void> {
  const { top } = repository;
  const { own } = await readSettings(repository, thisUser(), signal);
  if (own.get("filter.lfs.clean") === undefined && own.get("filter.lfs.process") === undefined) {
    if (![...proven.keys()].some((path) => path.startsWith(`${top}${sep}`))) return;
    const message = `${top}: git has no filter for Git LFS here, and will call these files changed: git lfs install sets it up.`;
    emit({ type: "warning", message });
    return;
  }
  const digestOf = async (path: string) => {
    const file = join(top, path);
    const known = proven.get(file);
    if (known !== undefined) return known;
    return hashFile(file, () => signal.throwIfAborted()).then(
      ({ hex }) => hex,
      () => undefined,
    );
  };
  const left = await refreshIndex(top, { paths: within(top, paths), digestOf, signal });
  if (left.length === 0) return;
  const files = left.length === 1 ? left[0] : `${left.length} files`;
  const message = `${top}: git could not be told of ${files}, and calls what is right there changed; another git may be at work. When it is done: assets lfs hydrate`;
  emit({ type: "warning", message });
}

async function repositoriesOf(paths: readonly string[]): Promise<Iterable<Repository>> {
  const byFolder = new Map<string, Promise<Repository | undefined>>();
  for (const path of paths) {
    const found = await lstat(path).catch(() => undefined);
    const folder = found?.isDirectory() ? path : dirname(path);
    if (!byFolder.has(folder)) byFolder.set(folder, findRepository(folder));
  }
  const all = await Promise.all(byFolder.values());
  return new Map(all.flatMap((one): [string, Repository][] => (one === undefined ? [] : [[one.top, one]]))).values();
}

/** The paths that lie in a working tree, from its top on; none for all of it. */
function within(top: string, paths: readonly string[]): string[] {
  const ways = paths.map((path) => relative(top, path).split(sep).join("/"));
  // A place that the working tree lies in.
  if (ways.some((way) => /^(?:\.\.\/)*(?:\.\.)?$/.test(way))) return [];
  const inside = [...new Set(ways.filter((way) => !way.startsWith("../")))];
  return inside.length > MOST_PATHS ? [] : inside;
}
