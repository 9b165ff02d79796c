/** Lists what a repository tracks by DVC, for `assets import dvc`. */
import { createHash } from "node:crypto";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { AssetsError } from "../errors.js";
import {
  type DvcOut,
  dvcInGit,
  dvcMember,
  dvcObjectPath,
  dvcObjectUrl,
  dvcRemote,
  readDvcFile,
  readDvcFolder,
} from "../interchange/dvc.js";
import { createListing, type Listing, type ListingBuilder, pinsOf, shown } from "../interchange/listing.js";
import { isWeb } from "../interchange/place.js";
import { checkPublic } from "../manifest/public-urls.js";
import { withoutLogin } from "../manifest/urls.js";
import type { Sources } from "../source/index.js";
import { readUrl } from "../source/whole.js";
import { realPlace } from "../store/find-small-files.js";
import { walkFiles } from "../store/walk-files.js";
import { readWhole } from "../store/whole-text.js";

export interface ListDvcOptions {
  /** Absolute paths of folders, `.dvc` files and `dvc.lock` files. */
  paths: readonly string[];
  /** Absolute path of the folder that the paths of the listing are relative to. */
  root: string;
  /** Name of the remote, or the URL of one. Default: the one that the configuration names. */
  remote?: string | undefined;
  sources: Sources;
  signal: AbortSignal;
}

const MOST_FILE_BYTES = 64 * 2 ** 20;

/** Where objects come from. */
interface Store {
  /** Of the remote: a URL. */
  readonly base: string | undefined;
  /** Folders of caches on this machine. */
  readonly caches: readonly string[];
  /** Why there is no remote. */
  readonly reason: string;
  /** What is to be known of it. */
  readonly note?: string;
}

/** Reads every file of DVC, and the listings of the folders they name. Throws USAGE for a path that is not there. */
export async function listDvc(options: ListDvcOptions): Promise<Listing> {
  const { root, signal } = options;
  const listing = createListing();
  const base = (await realPlace(root)) ?? root;
  const told = new Set<string>();
  for (const file of await dvcFiles(options.paths, signal)) {
    const text = (await textOf(file)) ?? "";
    const pipeline = file.endsWith("dvc.lock") ? await textOf(join(dirname(file), "dvc.yaml")) : undefined;
    const read = readDvcFile(text, pathFrom(base, file), dvcInGit(pipeline ?? ""));
    for (const { place, message } of read.refused) listing.refuse(place, message);
    for (const { place, message, left } of read.notes) (left ? listing.leave : listing.note)(place, message);
    for (const out of read.outs) {
      signal.throwIfAborted();
      const store = await storeOf(file, options.remote ?? out.remote);
      if (store.note !== undefined && !told.has(store.note)) listing.note(pathFrom(base, file), store.note);
      if (store.note !== undefined) told.add(store.note);
      if (out.object?.endsWith(".dir")) await addFolder(out, store, listing, options);
      else add(out, out.asset ?? out.path, store, listing);
    }
  }
  return listing.done();
}

async function addFolder(out: DvcOut, store: Store, listing: ListingBuilder, options: ListDvcOptions) {
  const text = await folderListing(out, store, options).catch((error) => {
    if (!(error instanceof AssetsError) || error.code === "ABORTED") throw error;
    return error;
  });
  const members = text instanceof AssetsError ? text : readDvcFolder(text ?? "");
  if (members === undefined || members instanceof AssetsError) {
    const why = members?.message ?? (text === undefined ? store.reason : "it is no listing of DVC's");
    return listing.refuse(out.place, `the listing of the folder ${shown(out.path)} cannot be had: ${why}`);
  }
  for (const member of members) add(dvcMember(out, member), out.asset ?? out.path, store, listing);
}

/** The object that lists a folder; undefined where nothing has it. Its own name proves it. */
async function folderListing(
  out: DvcOut,
  store: Store,
  { sources, signal }: ListDvcOptions,
): Promise<string | undefined> {
  const isRight = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex") === out.object?.slice(0, 32);
  for (const cache of store.caches) {
    const bytes = await readWhole(join(cache, dvcObjectPath(out)), MOST_FILE_BYTES).catch(() => undefined);
    if (bytes !== undefined && isRight(bytes)) return bytes.toString("utf8");
  }
  if (store.base === undefined) return undefined;
  const url = dvcObjectUrl(store.base, out);
  const bytes = await readUrl(sources, url, { mostBytes: MOST_FILE_BYTES, signal });
  if (!isRight(bytes)) throw new AssetsError("DIGEST_MISMATCH", `${url} sends other bytes than its name says.`);
  return Buffer.from(bytes).toString("utf8");
}

function add(out: DvcOut, asset: string, { base, reason }: Store, listing: ListingBuilder) {
  const stored = base === undefined || out.object === undefined ? [] : [dvcObjectUrl(base, out)];
  const urls = [...out.urls, ...stored];
  if (urls.length === 0) return listing.refuse(out.place, `${shown(out.path)} has no source: ${reason}`);
  listing.add({ path: out.path, urls, place: out.place, asset, ...pinsOf(out) });
}

/** The remote and the caches of the repository that a file lies in. */
async function storeOf(file: string, remote: string | undefined): Promise<Store> {
  if (remote !== undefined && /^(?:https?|file):/i.test(remote)) {
    const secret = checkPublic(remote);
    if (secret === undefined) return { base: remote, caches: [], reason: "" };
    throw new AssetsError("USAGE", `--remote: ${secret.message}.`, { hint: secret.suggestion });
  }
  const folder = await dvcFolder(dirname(file));
  if (folder === undefined)
    return { base: undefined, caches: [], reason: "there is no .dvc/config: name the remote by --remote" };
  const read = async (name: string) => (await textOf(join(folder, name))) ?? "";
  const found = dvcRemote([await read("config"), await read("config.local")], remote);
  const caches = [join(folder, "cache")];
  if (found === undefined)
    return { base: undefined, caches, reason: "the repository names no remote: --remote NAME or URL" };
  const { name, url } = found;
  if (isWeb(url)) {
    const base = withoutLogin(url);
    if (checkPublic(base) === undefined && !base.includes("?")) return { base, caches, reason: "" };
    const reason = `the address of its remote ${shown(name)} carries a signature: --remote URL names one that everybody may know`;
    return { base: undefined, caches, reason };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !url.startsWith("file:")) {
    const reason = `its remote ${shown(name)} is ${shown(url)}, which assets cannot ask: --remote URL names its address on the web`;
    return { base: undefined, caches, reason };
  }
  // A path is one from the folder of the configuration on.
  const local = url.startsWith("file:") ? url : pathToFileURL(resolve(folder, url)).href;
  const note = `the remote ${shown(name)} is a folder, and ${shown(local)} one of this machine only: --remote URL, if it is on the web`;
  const folders = url.startsWith("file:") ? [] : [resolve(folder, url)];
  return { base: local, caches: [...caches, ...folders], reason: "", note };
}

async function dvcFolder(from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, ".dvc");
    if ((await textOf(join(found, "config"))) !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

async function dvcFiles(paths: readonly string[], signal: AbortSignal): Promise<string[]> {
  const files = new Set<string>();
  for (const path of paths) {
    const place = await realPlace(path);
    if (place === undefined) throw new AssetsError("USAGE", `There is no file or folder ${path}.`);
    if (/(?:\.dvc|dvc\.lock)$/.test(place) && (await textOf(place)) !== undefined) {
      files.add(place);
      continue;
    }
    const skip = [".git", "node_modules", ".dvc"];
    await walkFiles({ place, skip, signal, onUnreadable: () => {} }, async (found) => {
      if (/(?:^|\/)(?:[^/]+\.dvc|dvc\.lock)$/.test(found)) files.add(join(place, found));
    });
  }
  signal.throwIfAborted();
  return [...files].sort();
}

/** The text of a file that is there and can be read. */
async function textOf(path: string): Promise<string | undefined> {
  const bytes = await readWhole(path, MOST_FILE_BYTES).catch(() => undefined);
  return bytes?.toString("utf8").replace(/^\ufeff/, "");
}

function pathFrom(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}
