/** The command that finds Git LFS pointers standing where content should be. */
import { dirname, join } from "node:path";
import { repositoryFinder } from "../git/repository.js";
import { contentDigest } from "../lfs-pointer.js";
import type { Asset, AssetFile, Manifest } from "../manifest/types.js";
import { shellWord } from "../shell-word.js";
import { realPlace } from "../store/find-small-files.js";
import { pathFrom } from "../ways.js";
import { byPath, type Found, searchPointers } from "./pointers.js";
import type { LfsReport, PointerReport } from "./reports.js";

/** Where to look, and what pointers are held against. */
export interface FindPointersOptions {
  /** Folders or files to search, absolute. None: the manifest's root, or else `cwd`. */
  paths: readonly string[];
  /** Absolute path of the folder that paths are reported, and commands written, relative to. */
  cwd: string;
  manifest?: Manifest;
  /** How this program is called in the commands of the report; default `assets`. */
  program?: string;
  signal?: AbortSignal;
}

/** An entry of the manifest, and where its file goes. */
interface Entry {
  asset: Asset;
  file: AssetFile;
  target: string;
}

type Pinned = Entry & { samePath: boolean; sameDigest: boolean | undefined };

/** Searches everything below the paths, ignored by git or not. Throws USAGE for a path that is not there, LOCAL_IO. */
export async function findPointers(options: FindPointersOptions): Promise<LfsReport> {
  const { paths, cwd, manifest, signal } = options;
  const { found, ...search } = await searchPointers(paths.length > 0 ? paths : [manifest?.root ?? cwd], cwd, signal);
  const entryOf = await matcher(found.length > 0 ? manifest : undefined);
  const repositoryOf = repositoryFinder();
  const here = (await realPlace(cwd)) ?? cwd;
  const pointers: PointerReport[] = [];
  for (const one of found) {
    const pinned = entryOf(one);
    const repository = (await repositoryOf(dirname(one.real)))?.top;
    const atHome = repository === (await repositoryOf(here))?.top;
    pointers.push(reportOf(one, pinned, fixOf(one, pinned, { ...options, repository, atHome }), cwd));
  }
  return { ...search, pointers: pointers.sort(byPath) };
}

function reportOf({ path, pointer }: Found, pinned: Pinned | undefined, fix: string, cwd: string): PointerReport {
  return {
    path: pathFrom(cwd, path),
    kind: pointer.kind,
    ...(pointer.kind === "malformed" ? { problem: pointer.problem } : { oid: pointer.oid, size: pointer.size }),
    ...(pinned && {
      pinned: {
        asset: pinned.asset.id,
        path: pinned.file.path,
        samePath: pinned.samePath,
        ...(pinned.sameDigest !== undefined && { sameDigest: pinned.sameDigest }),
      },
    }),
    fix,
  };
}

/** Finds the manifest's entry for a pointer: the one that stands in the same place, else one with the same content. */
async function matcher(manifest: Manifest | undefined): Promise<(found: Found) => Pinned | undefined> {
  const entries = (manifest?.assets ?? []).flatMap((asset) =>
    asset.files.map((file): Entry => ({ asset, file, target: join(manifest?.root ?? "", file.path) })),
  );
  const byTarget = new Map<string, Entry>();
  const byDigest = new Map<string, Entry>();
  const reals = await Promise.all(entries.map(({ target }) => realPlace(target).catch(() => undefined)));
  entries.forEach((entry, index) => {
    const real = reals[index];
    if (real !== undefined) byTarget.set(real, entry);
    const digest = entry.file.sha256;
    if (digest !== undefined && !byDigest.has(digest)) byDigest.set(digest, entry);
  });
  return ({ real, pointer }) => {
    const digest = pointer.kind === "malformed" ? undefined : contentDigest(pointer);
    const here = byTarget.get(real);
    if (here) {
      const known = digest !== undefined && here.file.sha256 !== undefined;
      return { ...here, samePath: true, sameDigest: known ? digest === here.file.sha256 : undefined };
    }
    const elsewhere = digest === undefined ? undefined : byDigest.get(digest);
    return elsewhere && { ...elsewhere, samePath: false, sameDigest: true };
  };
}

/** What the choice of a command rests on. `atHome`: the current folder lies in the pointer's repository. */
interface FixContext extends Pick<FindPointersOptions, "cwd" | "program"> {
  repository: string | undefined;
  atHome: boolean;
}

/** The command that puts the content there, for a POSIX shell; a comment where no command can. */
function fixOf({ path, real, pointer }: Found, pinned: Pinned | undefined, context: FixContext): string {
  const { cwd, program = "assets", repository, atHome } = context;
  const malformed = pointer.kind === "malformed";
  if (pinned) {
    const { asset, file, target, samePath } = pinned;
    // A malformed pointer may be anything else as well: it is not replaced unasked.
    const force = malformed ? " --force" : "";
    const include = asset.files.length > 1 ? ` --include ${shellWord(asPattern(file.path))}` : "";
    const download = `${program} download ${shellWord(asset.id)}${force}${include}`;
    return samePath ? download : `${download} && cp ${operand(cwd, target)} ${operand(cwd, path)}`;
  }
  if (repository === undefined) {
    if (malformed) return "# Not in a git repository: fetch the file again from where it came.";
    return `# Not in a git repository: pin SHA-256 ${contentDigest(pointer)} in a manifest, then download it.`;
  }
  const inside = pathFrom(repository, real);
  if (inside.split("/").includes("node_modules")) {
    return "# Installed like this with a package: ask its authors for a release that holds the content.";
  }
  const git = atHome ? "git" : `git -C ${operand(cwd, repository)}`;
  if (!malformed) {
    // The empty --exclude overrides a configured lfs.fetchexclude, a common reason for a pointer to stand there.
    return `${git} lfs pull --include=${shellWord(asPattern(inside))} --exclude=`;
  }
  const pathspec = atHome ? pathFrom(cwd, path) : inside;
  return `${git} checkout HEAD -- ${shellWord(/[*?[\\]|^:/.test(pathspec) ? `:(literal)${pathspec}` : pathspec)}`;
}

/**
 * A path as a glob pattern that picomatch and git-lfs understand alike. A `?` stands for every character that one of
 * them takes for something else: git-lfs splits at commas, and trims, without a way to escape either.
 */
function asPattern(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this replaces
  return path.replace(/[*?[\]{}()!|\\,"#\u0000-\u001f\u007f]|^\s|\s$/g, "?");
}

/** A path as an operand that no command takes for an option. */
function operand(cwd: string, path: string): string {
  return shellWord(pathFrom(cwd, path).replace(/^-/, "./-"));
}
