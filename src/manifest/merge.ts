/** Merges assets into the text of a manifest: what is new is added, what is the same stays, nothing pinned is changed. */
import { type Node, parseTree } from "jsonc-parser";
import { AssetsError } from "../errors.js";
import { baseOf, type ReadOptions } from "./bases.js";
import { type Insertion, insertInto } from "./insert.js";
import { formatIssues } from "./issues.js";
import { foldPath, joinPath, normaliseFolder } from "./paths.js";
import { readManifest } from "./read.js";
import { compareBytes, type KnownBytes, type Pins } from "./same-bytes.js";
import type { Asset, AssetFile } from "./types.js";
import { resolveUrl } from "./urls.js";

/** A file as it is to be written. */
export interface NewFile extends Pins {
  /** In the folder of its asset. */
  readonly path: string;
  readonly url: string;
  readonly fallbackUrls?: readonly string[];
}

/** An asset as it is to be written, in the form with a list of files. */
export interface NewAsset {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly tags?: readonly string[];
  readonly required?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Folder of the files. */
  readonly path?: string;
  readonly files: readonly NewFile[];
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
}

/** What came of a merge. */
export interface Merged {
  readonly text: string;
  readonly added: readonly MergedFile[];
  /** Files that were there, and have pins now that they had not. */
  readonly filled: readonly MergedFile[];
  readonly same: readonly MergedFile[];
  readonly conflicts: readonly MergeConflict[];
}

/** A file that the manifest has, and the way to the object that says so. */
interface Known {
  readonly asset: string;
  readonly file: KnownBytes;
  /** Undefined for one of this merge. */
  readonly node: Node | undefined;
}

/**
 * The text of a valid manifest with these assets in it. A file that is there with the same bytes, under whatever id, stays
 * as it is; one that is known to be the same, by a digest or its source, gets what it has no digest or size of. Comments, order and layout of all the rest
 * stay. Throws MANIFEST_INVALID when the text is no manifest, or would be none.
 */
export function mergeEntries(text: string, assets: readonly NewAsset[], options: ReadOptions): Merged {
  const start = text.startsWith("\ufeff") ? 1 : 0;
  const source = text.slice(start);
  const before = assetsOf(source, options);
  const base = baseOf(options.file);
  const root = parseTree(source, [], { allowTrailingComma: true });
  const list = memberOf(root, "assets");
  const owners = new Map<string, { asset: Asset; node: Node | undefined }>();
  const known = new Map<string, Known>();
  for (const [index, asset] of before.entries()) {
    const node = list?.children?.[index];
    owners.set(foldPath(asset.id), { asset, node });
    const nodes = fileNodes(node);
    for (const [at, file] of asset.files.entries()) {
      known.set(foldPath(file.path), {
        asset: asset.id,
        file: { pins: pinsOfFile(file), urls: file.urls },
        node: nodes[at],
      });
    }
  }

  const insertions: Insertion[] = [];
  const fresh: object[] = [];
  const added: MergedFile[] = [];
  const filled: MergedFile[] = [];
  const same: MergedFile[] = [];
  const conflicts: MergeConflict[] = [];
  for (const asset of assets) {
    const owner = owners.get(foldPath(asset.id));
    const wanted: NewFile[] = [];
    for (const file of asset.files) {
      const path = joinPath(normaliseFolder(asset.path ?? "."), file.path);
      const merged = { asset: owner?.asset.id ?? asset.id, path };
      const there = known.get(foldPath(path));
      if (there === undefined) {
        const place = owner === undefined ? file.path : pathWithin(owner, path);
        if (place === undefined) {
          conflicts.push({ ...merged, with: merged.asset, reason: "the asset of this id has its files elsewhere" });
          continue;
        }
        wanted.push({ ...file, path: place });
        known.set(foldPath(path), { asset: merged.asset, file: bytesOf(file, base), node: undefined });
        added.push(merged);
        continue;
      }
      const compared = compareBytes(there.file, bytesOf(file, base));
      if ("reason" in compared) {
        conflicts.push({ ...merged, with: there.asset, reason: compared.reason });
        continue;
      }
      const news = Object.entries(compared.news);
      // What a file of this very merge lacks was left out by whoever wrote it.
      if (news.length > 0 && there.node !== undefined) {
        insertions.push({ into: there.node, items: news.map(([key, value]) => ({ key, value })) });
        filled.push({ asset: there.asset, path });
      } else same.push({ asset: there.asset, path });
    }
    if (wanted.length === 0) continue;
    if (owner === undefined) fresh.push({ ...asset, files: wanted });
    else insertions.push(...insertionOf(owner.node, wanted));
  }
  if (fresh.length > 0 && list !== undefined) {
    insertions.push({ into: list, items: fresh.map((value) => ({ value })) });
  }
  const merged = insertInto(source, insertions);
  assetsOf(merged, options);
  return { text: text.slice(0, start) + merged, added, filled, same, conflicts };
}

function assetsOf(text: string, options: ReadOptions): readonly Asset[] {
  const { manifest, issues } = readManifest(text, options);
  if (manifest !== undefined) return manifest.assets;
  throw new AssetsError("MANIFEST_INVALID", formatIssues(options.file, issues), {
    hint: "Nothing was written.",
  });
}

/** Where a file goes in the folder of an asset that is there already; undefined where the asset cannot take it. */
function pathWithin({ node }: { node: Node | undefined }, path: string): string | undefined {
  if (memberOf(node, "files") === undefined) return undefined;
  const stated: unknown = (memberOf(node, "path") ?? memberOf(node, "destination"))?.value;
  const folder = normaliseFolder(typeof stated === "string" ? stated : ".");
  if (folder === "") return path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

function insertionOf(asset: Node | undefined, files: readonly NewFile[]): Insertion[] {
  const into = memberOf(asset, "files");
  if (into === undefined) return [];
  const isTable = into.type === "object";
  return [
    {
      into,
      items: files.map(({ path, ...file }) => (isTable ? { key: path, value: file } : { value: { path, ...file } })),
    },
  ];
}

function bytesOf({ url, fallbackUrls = [], path: _, ...pins }: NewFile, base: string): KnownBytes {
  return { pins, urls: [url, ...fallbackUrls].map((each) => resolveUrl(each, base)) };
}

/** The pins of a file of the manifest, under its keys. */
export function pinsOfFile({ size, sha256, stated = [] }: AssetFile): Pins {
  return {
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
    ...Object.fromEntries(stated.map(({ algorithm, hex }) => [algorithm === "git-blob" ? "gitBlob" : algorithm, hex])),
  };
}

/** The objects that describe the files of an asset, in the order in which they are read. */
function fileNodes(asset: Node | undefined): (Node | undefined)[] {
  const files = memberOf(asset, "files");
  if (files === undefined) return [asset];
  if (files.type === "array") return files.children ?? [];
  const values = new Map((files.children ?? []).map(({ children }) => [String(children?.[0]?.value), children?.[1]]));
  // Numbers come first among the keys of an object, wherever they stand in the text.
  return Object.keys(Object.fromEntries([...values.keys()].map((key) => [key, 0]))).map((key) => values.get(key));
}

function memberOf(object: Node | undefined, key: string): Node | undefined {
  if (object?.type !== "object") return undefined;
  return object.children?.find(({ children }) => children?.[0]?.value === key)?.children?.[1];
}
