/** Lists the Git LFS pointers of a repository, for `assets import lfs`. */

import { posix, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { objectFolders } from "../elsewhere/lfs-objects.js";
import { AssetsError } from "../errors.js";
import { attributesAt } from "../git/attributes.js";
import { readBlobs } from "../git/blobs.js";
import { thisUser } from "../git/config-files.js";
import { lfsEndpoint } from "../git/lfs-endpoint.js";
import { findRepository, type Repository, repositoryAt } from "../git/repository.js";
import { type GitCall, runGit } from "../git/run-git.js";
import { readSettings } from "../git/settings.js";
import { type LfsOrigin, readLfs, type SmallBlob } from "../interchange/lfs.js";
import type { Listed, Listing, Remark } from "../interchange/listing.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";
import { joinPath, normaliseFolder } from "../manifest/paths.js";
import { shellWord } from "../shell-word.js";
import { findSmallFiles, realPlace } from "../store/find-small-files.js";

export interface ListLfsOptions {
  /** Absolute path of a folder of the repository. */
  folder: string;
  /** What git calls a commit. Default: `HEAD`. */
  rev?: string | undefined;
  /** Absolute path of the folder that the paths of the listing are relative to, if the repository lies in or around it. */
  root: string;
  /** Files of the manifest, of which those are named that have their source here and no pointer any more. */
  known?: readonly KnownFile[];
  /** Folder that the files go into, from the root on. Default: the root. */
  below?: string | undefined;
  signal: AbortSignal;
}

/** A file of the manifest; its path is relative to the root. */
export interface KnownFile {
  readonly asset: string;
  readonly path: string;
  readonly urls: readonly string[];
}

/** No pointer is smaller, in bytes: its three lines have that many. */
const LEAST_POINTER_BYTES = 100;
const LONGEST_MS = 10 * 60_000;
/** Files and assets that a remark names; more are counted. */
const MOST_NAMED = 5;
/** Files that one command for them is told with. */
const MOST_UNTRACKED = 50;

/**
 * Every pointer of a commit; where git is not installed, every pointer in the working tree. Throws USAGE where there is no
 * repository or no such commit.
 */
export async function listLfs(options: ListLfsOptions): Promise<Listing> {
  const { folder, rev, root, signal } = options;
  const real = (await realPlace(folder)) ?? folder;
  const repository = await findRepository(real);
  if (repository === undefined) {
    throw new AssetsError("USAGE", `${folder} lies in no git repository.`, {
      hint: "Name the folder of a clone: assets import lfs FOLDER",
    });
  }
  const { top } = repository;
  const call: GitCall = { cwd: top, signal, timeoutMs: LONGEST_MS };
  const git = (args: string[], input = "", encoding: "utf8" | "latin1" = "utf8") =>
    runGit(args, { ...call, input, encoding });
  const commit = (
    await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${rev ?? "HEAD"}^{commit}`])
  )?.trim();
  if (commit === undefined && rev !== undefined) {
    throw new AssetsError("USAGE", `The repository ${top} has no commit ${rev}, or git is not installed.`);
  }
  const blobs = commit === undefined ? await blobsInTree(top, signal) : await blobsOf(commit, git);
  const inside = (path: string) =>
    real === top || path === placeIn(top, real) || path.startsWith(`${placeIn(top, real)}/`);
  const origin = await originOf(repository, commit, signal);
  const listing = readLfs(
    blobs.filter(({ path }) => inside(path)),
    origin,
  );
  const filtered = commit === undefined ? listing : await withoutUnfiltered(listing, commit, call);
  const place = (await realPlace(root)) ?? root;
  const found = moved(filtered, placeIn(top, place), placeIn(place, top));
  const searched = real === top || options.below !== undefined ? "" : placeIn(place, real);
  const notes = [...found.notes, ...goneNotes(found, searched, origin.server, rev ?? "HEAD", options)];
  const isTheirs = commit !== undefined && rev === undefined && options.below === undefined;
  const next = isTheirs && (place === top || leads(placeIn(top, place))) ? wayOut(found) : [];
  return { ...found, notes, next };
}

/** How the files are taken out of git, which has their pointers. */
function wayOut({ files }: Listing): string[] {
  if (files.length === 0) return [];
  const words = files.slice(0, MOST_UNTRACKED).map(({ path }) => shellWord(path));
  const rest = files.length - words.length;
  const command = `git rm --cached -- ${words.join(" ")}`;
  const more = rest > 0 ? `, and the ${rest} more that assets lint names then` : "";
  return [
    `The pointers are still in git. To leave Git LFS: ${command}${more}; assets lint --fix keeps the files out of git.`,
  ];
}

/**
 * The listing without pointers that no line of `.gitattributes` makes one of: an example, or committed by mistake, as
 * their content is on no server. Where that is all of them, it is no success.
 */
async function withoutUnfiltered(listing: Listing, commit: string, call: GitCall): Promise<Listing> {
  const { files } = listing;
  if (files.length === 0) return listing;
  const filters = await attributesAt(
    commit,
    "filter",
    files.map(({ path }) => path),
    call,
  );
  if (filters === undefined) {
    throw new AssetsError("LOCAL_IO", `git does not tell which files of ${commit} it gives to Git LFS.`, {
      hint: "Fetch what the clone lacks, and run the command again: git fetch",
    });
  }
  const isOther = files.map(({ path }) => (filters.get(path) ?? "lfs") !== "lfs");
  const kept = files.filter((_, index) => !isOther[index]);
  const message = "it is a pointer, and .gitattributes does not give it to Git LFS";
  const others = files.flatMap(({ path }, index): Remark[] => (isOther[index] ? [{ place: path, message }] : []));
  if (kept.length === 0) return { ...listing, files: kept, refused: [...listing.refused, ...others] };
  return {
    ...listing,
    files: kept,
    notes: [...listing.notes, ...others.map((one) => ({ ...one, left: true as const }))],
  };
}

/** One remark on the files that the manifest has from this server, and that are no pointers here any more. */
function goneNotes(
  { files }: Listing,
  searched: string,
  server: string | undefined,
  rev: string,
  { known = [], below = "." }: ListLfsOptions,
): Remark[] {
  const folder = normaliseFolder(below);
  const here = new Set(files.map(({ path }) => joinPath(folder, path)));
  const scope = folder === "" ? searched : folder;
  const gone = known
    .filter(({ path, urls }) => urls.includes(`lfs:${server}`) && !here.has(path))
    .filter(({ path }) => scope === "" || path === scope || path.startsWith(`${scope}/`));
  if (gone.length === 0) return [];
  const kept = new Set(known.filter((file) => !gone.includes(file)).map(({ asset }) => asset));
  const ids = [...new Set(gone.map(({ asset }) => asset))];
  const whole = ids.filter((id) => !kept.has(id)).slice(0, MOST_NAMED);
  const ways = [
    ...(whole.length > 0 ? [`assets remove ${whole.map(shellWord).join(" ")}`] : []),
    ...(ids.some((id) => kept.has(id)) ? ["take out the entries of those whose asset has other files as well"] : []),
  ];
  const names = gone.slice(0, MOST_NAMED).map(({ path }) => path);
  const more = gone.length > names.length ? ` and ${gone.length - names.length} more` : "";
  return [
    {
      place: `${names.join(", ")}${more}`,
      message: `in the manifest from here, and no pointers in ${rev} now. If you have left Git LFS, there is nothing to do, and the entries have to stay; if the files are not wanted any more: ${ways.join("; ")}`,
    },
  ];
}

/**
 * The listing with its paths from the root on. `down`: the way from the top of the repository to the root; `up`: the other
 * way round. A repository that lies elsewhere is as it is.
 */
function moved(listing: Listing, down: string, up: string): Listing {
  if (leads(up)) {
    const files = listing.files.map((file) => ({ ...file, path: `${up}/${file.path}`, asset: `${up}/${file.asset}` }));
    return { ...listing, files };
  }
  if (!leads(down)) return listing;
  const isInside = ({ path }: Listed) => path.startsWith(`${down}/`);
  const cut = (path: string) => path.slice(down.length + 1);
  const outside = listing.files.filter((file) => !isInside(file));
  return {
    ...listing,
    files: listing.files.filter(isInside).map((file) => ({
      ...file,
      path: cut(file.path),
      asset: cut(file.asset ?? "") || cut(file.path),
    })),
    refused: [
      ...listing.refused,
      ...outside.map(({ path }) => ({ place: path, message: "it lies outside the root of the manifest" })),
    ],
  };
}

/** Whether a way goes down. */
function leads(way: string): boolean {
  return way !== "" && !way.startsWith("..") && !posix.isAbsolute(way);
}

type Git = (args: string[], input?: string, encoding?: "utf8" | "latin1") => Promise<string | undefined>;

async function blobsOf(commit: string, git: Git): Promise<SmallBlob[]> {
  const listed = await git(["ls-tree", "-r", "-z", "--long", "--full-tree", commit]);
  if (listed === undefined) throw new AssetsError("LOCAL_IO", `git does not list the files of ${commit}.`);
  const small = new Map<string, string[]>();
  for (const line of listed.split("\0")) {
    const [, id, bytes, path] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t([\s\S]+)$/.exec(line) ?? [];
    if (id === undefined || path === undefined) continue;
    if (Number(bytes) < LEAST_POINTER_BYTES || Number(bytes) >= POINTER_SIZE_LIMIT) continue;
    const same = small.get(id);
    if (same === undefined) small.set(id, [path]);
    else same.push(path);
  }
  const blobs: SmallBlob[] = [];
  const ask = (args: string[], input: string, encoding: "latin1") => git(args, input, encoding);
  for await (const { id, bytes } of readBlobs([...small.keys()], ask)) {
    for (const path of small.get(id) ?? []) blobs.push({ path, bytes });
    small.delete(id);
  }
  const [lacking] = small.keys();
  if (lacking !== undefined) {
    throw new AssetsError("LOCAL_IO", `git does not give the content of ${lacking}.`, {
      hint: "Fetch what the clone lacks, and run the command again: git fetch",
    });
  }
  return blobs.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function blobsInTree(top: string, signal: AbortSignal): Promise<SmallBlob[]> {
  const blobs: SmallBlob[] = [];
  await findSmallFiles({
    place: top,
    limit: POINTER_SIZE_LIMIT,
    signal,
    onFile: (path, bytes) => void blobs.push({ path, bytes }),
    onUnreadable: () => {},
  });
  return blobs.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function originOf(repository: Repository, commit: string | undefined, signal: AbortSignal): Promise<LfsOrigin> {
  const settings = await readSettings(repository, thisUser(), signal);
  const endpoint = lfsEndpoint(settings, repository.top);
  if (endpoint === undefined) return {};
  if ("folder" in endpoint) {
    const { folder } = endpoint;
    // As git finds it: the ending may be left out.
    const other = (await repositoryAt(folder)) ?? (await repositoryAt(`${folder}.git`));
    const [objects] = other === undefined ? [] : await objectFolders(other, thisUser());
    return objects === undefined ? {} : { objects: pathToFileURL(objects).href };
  }
  if ("unusable" in endpoint || !/^https?:$/.test(new URL(endpoint.url).protocol)) return {};
  const url = new URL(endpoint.url);
  // The user's own login has no place in a file that others read.
  url.username = "";
  url.password = "";
  return { server: url.href, commit };
}

function placeIn(top: string, path: string): string {
  return relative(top, path).split(sep).join("/");
}
