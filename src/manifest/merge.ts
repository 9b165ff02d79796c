/** Merges assets into the text of a manifest: what is new is added, what is the same stays, nothing pinned is changed. */
import { AssetsError } from "../errors.js";
import type { ReadOptions } from "./bases.js";
import { createMixing } from "./commits.js";
import { type Edit, withEdits } from "./edit.js";
import { type AssetInText, type FileInText, readText } from "./files-in-text.js";
import { formatIssues, type JsonPath } from "./issues.js";
import { foldPath, joinPath, normaliseFolder } from "./paths.js";
import { readManifest } from "./read.js";
import { compareBytes, type KnownBytes, type KnownPins } from "./same-bytes.js";
import type { Asset, AssetFile, Manifest } from "./types.js";
import { resolveUrl } from "./urls.js";

/** A file as it is to be written. */
export interface ImportedFile extends KnownPins {
  /** In the folder of its asset. */
  readonly path: string;
  readonly url: string;
  readonly fallbackUrls?: readonly string[];
}

/** An asset as it is to be written, in the form with a list of files. */
export interface ImportedAsset
  extends Omit<Asset, "tags" | "required" | "repository" | "files">,
    Partial<Pick<Asset, "tags" | "required">> {
  /** Folder of the files. */
  readonly path?: string;
  readonly files: readonly ImportedFile[];
}

/** A file of an asset; its path from the root. */
export interface MergedFile {
  readonly asset: string;
  readonly path: string;
}

/** A file that cannot be had beside what the manifest says already. */
export interface MergeConflict extends MergedFile {
  /** What contradicts it, as it reads after a colon. */
  readonly reason: string;
  /** The asset of the manifest that it meets. */
  readonly with: string;
  /** The file of the manifest that it meets; left out for none, and for one that is imported with it. */
  readonly meets?: MetFile;
}

/** A file of the manifest, and where it stands in the text; line and column counted from 1. */
export interface MetFile {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** Keys that the same import fills in anew once they are taken out; none where only the whole entry can go. */
  readonly keys: readonly string[];
}

/** What came of a merge. */
export interface Merged {
  readonly text: string;
  readonly added: readonly MergedFile[];
  /** Files that were there, and have pins now that they had not. */
  readonly filled: readonly MergedFile[];
  readonly same: readonly MergedFile[];
  readonly conflicts: readonly MergeConflict[];
  /** Ids of the assets of the manifest that lose nothing else when they make way: each of their files is met by a conflict. */
  readonly replaceable: readonly string[];
}

/** A file that the manifest has, and where the object is that says so. */
interface Known {
  readonly asset: string;
  readonly path: string;
  readonly file: KnownBytes;
  /** Undefined for one of this merge. */
  readonly at: JsonPath | undefined;
}

/** What says which bytes a file has. */
const PIN_KEYS = ["size", "sha256", "checksum", "pinnedAs", "sha512", "sha1", "gitBlob", "md5"] as const;

/**
 * The text of a valid manifest with these assets in it. A file that is there with the same bytes, under whatever id, stays
 * as it is; no file comes beside those of another commit of its repository; one that is known to be the same, by a digest or its source, gets what it has no digest or size of. Comments, order and layout of all the rest
 * stay. Throws MANIFEST_INVALID when the text is no manifest, or would be none.
 */
export function mergeEntries(text: string, assets: readonly ImportedAsset[], options: ReadOptions): Merged {
  const before = manifestOf(text, options);
  const { base } = before;
  const owners = new Map<string, AssetInText>();
  const places = new Map<string, FileInText>();
  const inText = readText(text, base);
  for (const asset of inText.assets) {
    owners.set(foldPath(asset.id), asset);
    for (const file of asset.files) places.set(file.path, file);
  }
  /** `wanted`: left out where no two files can stand, whatever their bytes are. */
  const meeting = ({ path, file: { urls } }: Known, wanted?: KnownBytes): Pick<MergeConflict, "meets"> => {
    const met = places.get(path);
    if (met === undefined) return {};
    const isFilled = wanted !== undefined && "news" in compareBytes({ urls, pins: {} }, wanted);
    const keys = isFilled ? PIN_KEYS.filter((key) => met.content[key] !== undefined) : [];
    return { meets: { path, ...inText.place(met.at), keys } };
  };
  const known = new Map<string, Known>();
  /** Folders that files need, with a file that does. */
  const folders = new Map<string, Known>();
  const claim = (own: Known) => {
    known.set(foldPath(own.path), own);
    for (const folder of foldersOf(foldPath(own.path))) folders.set(folder, own);
  };
  for (const file of before.assets.flatMap(({ files }) => files)) {
    const { asset, path } = file;
    claim({ asset, path, file: { pins: pinsOfFile(file), urls: file.urls }, at: places.get(path)?.at });
  }
  const mixing = createMixing(before.assets.flatMap(({ files }) => files));

  const edits: Edit[] = [];
  const added: MergedFile[] = [];
  const filled: MergedFile[] = [];
  const same: MergedFile[] = [];
  const conflicts: MergeConflict[] = [];
  for (const asset of assets) {
    const owner = owners.get(foldPath(asset.id));
    const wanted: ImportedFile[] = [];
    for (const file of asset.files) {
      const path = joinPath(normaliseFolder(asset.path ?? "."), file.path);
      const merged = { asset: owner?.id ?? asset.id, path };
      const there = known.get(foldPath(path));
      const clash = clashOf(path, there, known, folders);
      if (clash !== undefined) {
        const { met, reason } = clash;
        conflicts.push({ ...merged, with: met.asset, reason, ...meeting(met) });
        continue;
      }
      if (there === undefined) {
        const place = owner === undefined ? file.path : pathWithin(owner, path);
        if (place === undefined) {
          conflicts.push({ ...merged, with: merged.asset, reason: "the asset of this id has its files elsewhere" });
          continue;
        }
        const bytes = bytesOf(file, base);
        const mixed = mixing({ ...merged, urls: bytes.urls });
        if (mixed !== undefined) {
          conflicts.push({ ...merged, ...mixed });
          continue;
        }
        wanted.push({ ...file, path: place });
        claim({ asset: merged.asset, path, file: bytes, at: undefined });
        added.push(merged);
        continue;
      }
      const own = bytesOf(file, base);
      const compared = compareBytes(there.file, own);
      if ("reason" in compared) {
        conflicts.push({ ...merged, with: there.asset, reason: compared.reason, ...meeting(there, own) });
        continue;
      }
      const news = Object.entries(compared.news);
      // What a file of this very merge lacks was left out by whoever wrote it.
      if (news.length > 0 && there.at !== undefined) {
        edits.push(...settingsAt(there.at, news));
        filled.push({ asset: there.asset, path });
      } else same.push({ asset: there.asset, path });
    }
    if (wanted.length === 0) continue;
    if (owner === undefined) edits.push({ do: "append", at: ["assets"], value: { ...asset, files: wanted } });
    else edits.push(...editsFor(owner, wanted));
  }
  const merged = withEdits(text, edits);
  manifestOf(merged, options);
  const met = new Set(conflicts.flatMap(({ meets }) => meets?.path ?? []));
  const replaceable = before.assets
    .filter(({ files }) => files.length > 0 && files.every(({ path }) => met.has(path)))
    .map(({ id }) => id);
  return { text: merged, added, filled, same, conflicts, replaceable };
}

/** What keeps a path from standing beside those that are known, on one system or another. */
function clashOf(
  path: string,
  there: Known | undefined,
  known: ReadonlyMap<string, Known>,
  folders: ReadonlyMap<string, Known>,
): { met: Known; reason: string } | undefined {
  if (there !== undefined) {
    if (there.path === path) return undefined;
    return { met: there, reason: `it differs from ${there.path} by case or normalisation only` };
  }
  const fold = foldPath(path);
  const inside = folders.get(fold);
  if (inside !== undefined) return { met: inside, reason: `${inside.path} needs a folder there` };
  const blocking = foldersOf(fold).flatMap((folder) => known.get(folder) ?? [])[0];
  return blocking && { met: blocking, reason: `it needs a folder where the file ${blocking.path} stands` };
}

/** The folders above a path. */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function manifestOf(text: string, options: ReadOptions): Manifest {
  const { manifest, issues } = readManifest(text, options);
  if (manifest !== undefined) return manifest;
  throw new AssetsError("MANIFEST_INVALID", formatIssues(options.file, issues), {
    hint: "Nothing was written.",
  });
}

/** Where a file goes in the folder of an asset that is there already; undefined where the asset cannot take it. */
function pathWithin({ raw }: AssetInText, path: string): string | undefined {
  if (raw.files === undefined) return undefined;
  const folder = normaliseFolder(raw.path ?? raw.destination ?? ".");
  if (folder === "") return path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

function editsFor({ at, raw }: AssetInText, files: readonly ImportedFile[]): Edit[] {
  const into = [...at, "files"];
  if (Array.isArray(raw.files)) return files.map((value) => ({ do: "append", at: into, value }));
  return settingsAt(
    into,
    files.map(({ path, ...file }) => [path, file]),
  );
}

function settingsAt(at: JsonPath, members: readonly (readonly [string, unknown])[]): Edit[] {
  return members.map(([key, value]) => ({ do: "set", at, key, value }));
}

function bytesOf({ url, fallbackUrls = [], path: _, ...pins }: ImportedFile, base: string): KnownBytes {
  return { pins, urls: [url, ...fallbackUrls].map((each) => resolveUrl(each, base)) };
}

/** The pins of a file of the manifest, under its keys. */
export function pinsOfFile({ size, sha256, stated = [] }: AssetFile): KnownPins {
  return {
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
    ...Object.fromEntries(stated.map(({ algorithm, hex }) => [algorithm === "git-blob" ? "gitBlob" : algorithm, hex])),
  };
}
