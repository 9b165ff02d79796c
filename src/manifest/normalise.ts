/** Turns an asset of any form into the one form that the rest of the program knows. */

import { lfsEndpointIn } from "../url-forms.js";
import { digestOf, EMPTY_SHA256 } from "./fields.js";
import type { Finding, JsonPath } from "./issues.js";
import { checkPath, checkTarget, joinPath, normaliseFolder, withoutDot } from "./paths.js";
import type { RawAsset, RawContent } from "./schema.js";
import type { Asset, AssetFile, StatedDigest, WholeRepository } from "./types.js";
import { baseNameOf, resolveUrl } from "./urls.js";

/** A path that a file of the manifest claims, and the place that says so. */
export interface Claim {
  asset: string;
  /** Relative to the root. */
  path: string;
  /** Leads to the place. Asked for only by those who have something to say of it. */
  at(): JsonPath;
  /** Whether the path is a key of the table form. */
  onKey: boolean;
}

/** What came of one asset. It is usable only without findings. */
interface Normalised {
  asset: Asset;
  claims: Claim[];
  findings: Finding[];
}

/** One file, whatever form it was written in. */
interface Entry {
  content: RawContent;
  /** Leads to the object that holds `content`. */
  at(): JsonPath;
  path: string;
  pathAt(): JsonPath;
  onKey: boolean;
}

/** Keys that describe the only file of the shorthand. */
const SHORTHAND_KEYS = [
  "url",
  "fallbackUrls",
  "localPath",
  "size",
  "size_mb",
  "sha256",
  "checksum",
  "pinnedAs",
  "sha512",
  "sha1",
  "gitBlob",
  "md5",
] as const;

/** `at` leads to the asset; `base` is the absolute folder of relative sources. */
export function normaliseAsset(raw: RawAsset, at: JsonPath, base: string): Normalised {
  const findings: Finding[] = [];
  const find = (finding: Finding) => void findings.push(finding);
  const type = typeOf(raw, at, find);
  const folder = folderOf(raw, at, find);
  const claims: Claim[] = [];
  const files = entriesOf(raw, at, find).map((entry) => {
    const path = joinPath(folder, entry.path);
    // The folder and the path passed by themselves; together they may still be too long, or lead to a folder of ours.
    const problem = checkTarget(path);
    if (problem !== undefined) find({ path: entry.pathAt(), onKey: entry.onKey, found: path, ...problem });
    claims.push({ asset: raw.id, path, at: entry.pathAt, onKey: entry.onKey });
    return fileOf(raw.id, path, entry, base, find);
  });
  return { asset: assetOf(raw, type, files, repositoryOf(raw, folder)), claims, findings };
}

/** What is being put together. Assigned key by key: spreading takes several times as long, and there may be many. */
type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

function assetOf(raw: RawAsset, type: string, files: AssetFile[], repository: WholeRepository | undefined): Asset {
  const { id, name, description, version, license, homepage, metadata, tags: words = [], required = false } = raw;
  const tags = words.length < 2 ? words : [...new Set(words)];
  const asset: Draft<Asset> = { id, type, tags, required, files };
  if (name !== undefined) asset.name = name;
  if (description !== undefined) asset.description = description;
  if (version !== undefined) asset.version = version;
  if (license !== undefined) asset.license = license;
  if (homepage !== undefined) asset.homepage = homepage;
  if (metadata !== undefined) asset.metadata = metadata;
  if (repository !== undefined) asset.repository = repository;
  return asset;
}

/** Files that are written down are what counts, wherever they came from. */
function repositoryOf({ source, files, include, exclude }: RawAsset, folder: string): WholeRepository | undefined {
  if (source === undefined || files !== undefined) return undefined;
  return { url: source, folder, include: include ?? [], exclude: exclude ?? [] };
}

function typeOf({ type, source, tags = [] }: RawAsset, at: JsonPath, find: (finding: Finding) => void): string {
  if (type !== undefined) return type;
  const [first, second] = ["model", "dataset"].filter((word) => tags.includes(word));
  if (first !== undefined && second === undefined) return first;
  if (first === undefined && source !== undefined && !/^hf:(?:\/\/)?spaces\//i.test(source)) {
    return /^hf:(?:\/\/)?datasets\//i.test(source) ? "dataset" : "model";
  }
  const message = first === undefined ? "the type is missing" : "the type is missing, and the tags name two";
  find({ path: [...at, "type"], message, suggestion: 'Write "type": "model" or "type": "dataset".' });
  return "";
}

function folderOf(raw: RawAsset, at: JsonPath, find: (finding: Finding) => void): string {
  if (raw.path !== undefined && raw.destination !== undefined) {
    const message = "path and destination mean the same, and both are there";
    find({ path: [...at, "destination"], onKey: true, message, suggestion: "Keep one of the two." });
  }
  return normaliseFolder(raw.path ?? raw.destination ?? ".");
}

function entriesOf(raw: RawAsset, at: JsonPath, find: (finding: Finding) => void): Entry[] {
  const { files, source } = raw;
  for (const key of ["include", "exclude"] as const) {
    if (raw[key] === undefined || source !== undefined) continue;
    const suggestion = 'Add "source": "hf:<org>/<name>@<commit>", or leave it out.';
    find({ path: [...at, key], onKey: true, message: `${key} picks files of a source, and there is none`, suggestion });
  }
  if (files === undefined && source === undefined) return shorthandOf(raw, at, find);
  const other = files === undefined ? "source" : "files";
  for (const key of SHORTHAND_KEYS) {
    if (raw[key] === undefined) continue;
    const suggestion = files === undefined ? "Keep one of the two." : `Move it into "files", or leave "files" out.`;
    find({ path: [...at, key], onKey: true, message: `${key} stands beside ${other}`, suggestion });
  }
  if (files === undefined) return [];
  if (Array.isArray(files)) {
    return files.map((file, index) => {
      const here = () => [...at, "files", index];
      const pathAt = () => [...here(), "path"];
      return { content: file, at: here, path: withoutDot(file.path), pathAt, onKey: false };
    });
  }
  const names = Object.keys(files);
  if (names.length === 0) {
    const suggestion = 'Write "files": { "<name>": { "url": "https://…" } }.';
    find({ path: [...at, "files"], found: files, message: "there must be at least one file", suggestion });
  }
  return names.flatMap((name) => {
    const content = files[name];
    if (content === undefined) return [];
    const here = () => [...at, "files", name];
    if (content.path !== undefined) {
      const pathAt = () => [...here(), "path"];
      return { content, at: here, path: withoutDot(content.path), pathAt, onKey: false };
    }
    const path = withoutDot(name);
    const problem = checkPath(path);
    if (problem === undefined) return { content, at: here, path, pathAt: here, onKey: true };
    find({ path: here(), onKey: true, found: name, ...problem });
    return [];
  });
}

function shorthandOf(raw: RawAsset, at: JsonPath, find: (finding: Finding) => void): Entry[] {
  const { url, localPath } = raw;
  for (const key of ["path", "destination"] as const) {
    if (raw[key] === undefined || localPath === undefined) continue;
    const suggestion = 'Write the whole path as "localPath".';
    find({ path: [...at, key], onKey: true, message: `${key} and localPath are both there`, suggestion });
  }
  if (url === undefined) {
    const suggestion = 'Write "files": [ … ], or "url" and "localPath" for a single file.';
    find({ path: at, message: "the asset has no files", suggestion });
    return [];
  }
  const name = baseNameOf(url);
  const usable = name !== undefined && checkPath(name) === undefined ? name : undefined;
  if (localPath === undefined) {
    const path = joinPath(normaliseFolder(raw.path ?? raw.destination ?? "."), usable ?? "<name>");
    const suggestion = `Write "localPath": ${JSON.stringify(path)}${raw.path === undefined ? "" : ' instead of "path"'}.`;
    find({ path: at, message: "localPath is missing, which says where the file goes", suggestion });
    return [];
  }
  const here = () => at;
  const pathAt = () => [...at, "localPath"];
  const content: RawContent = { ...raw, url };
  if (!localPath.endsWith("/")) return [{ content, at: here, path: withoutDot(localPath), pathAt, onKey: false }];
  if (usable === undefined) {
    const message = "the path is a folder, and the URL gives no usable name";
    find({ path: pathAt(), found: localPath, message, suggestion: "Add the name of the file." });
    return [];
  }
  return [{ content, at: here, path: joinPath(normaliseFolder(localPath), usable), pathAt, onKey: false }];
}

function fileOf(id: string, path: string, entry: Entry, base: string, find: (finding: Finding) => void): AssetFile {
  const { url, fallbackUrls, size, size_mb, pinnedAs } = entry.content;
  const sha256 = pinOf(entry, find);
  if (sha256 === undefined || size === undefined) {
    const asksLfs = [url, ...(fallbackUrls ?? [])].find((one) => lfsEndpointIn(one) !== undefined);
    const message = "a Git LFS server is asked by SHA-256 and size, and one of them is missing";
    if (asksLfs !== undefined) find({ path: entry.at(), found: asksLfs, message, suggestion: "Write both." });
  }
  const primary = resolveUrl(url, base);
  const others = fallbackUrls?.map((one) => resolveUrl(one, base));
  const urls = others === undefined ? [primary] : [...new Set([primary, ...others])];
  // JSON has a -0, which is not to be seen again.
  const bytes = size === undefined ? undefined : Math.abs(size);
  const stated = statedIn(entry.content);
  // Nearly every file has both of them and no more, and takes half the room when it is made at once.
  if (bytes !== undefined && sha256 !== undefined && (size_mb ?? stated ?? pinnedAs) === undefined) {
    return { asset: id, path, urls, size: bytes, sha256 };
  }
  const file: Draft<AssetFile> = { asset: id, path, urls };
  if (bytes !== undefined) file.size = bytes;
  if (size_mb !== undefined) file.sizeHint = Math.round(size_mb * 1e6);
  if (sha256 !== undefined) file.sha256 = sha256;
  if (pinnedAs !== undefined) file.pinnedAs = pinnedAs;
  if (stated !== undefined) file.stated = stated;
  return file;
}

/** The digests beside the pin, the one that is hardest to forge first. */
function statedIn({ sha512, sha1, gitBlob, md5 }: RawContent): StatedDigest[] | undefined {
  if ((sha512 ?? sha1 ?? gitBlob ?? md5) === undefined) return undefined;
  const all = { sha512, sha1, "git-blob": gitBlob, md5 };
  return Object.entries(all).flatMap(([algorithm, hex]) =>
    hex === undefined ? [] : { algorithm: algorithm as StatedDigest["algorithm"], hex: hex.toLowerCase() },
  );
}

/** The pinned digest, in small letters. */
function pinOf({ content, at }: Entry, find: (finding: Finding) => void): string | undefined {
  const { sha256, checksum, size } = content;
  const digest = sha256 ?? checksum;
  if (digest === undefined) return undefined;
  const pin = digestOf(digest);
  if (sha256 !== undefined && checksum !== undefined && pin !== digestOf(checksum)) {
    const message = "checksum and sha256 differ";
    find({ path: [...at(), "checksum"], found: checksum, message, suggestion: "Keep the right one of the two." });
  }
  const key = sha256 === undefined ? "checksum" : "sha256";
  if (pin === EMPTY_SHA256 && size !== 0) {
    const suggestion = 'Leave the key out until it is known; for a file that is really empty write "size": 0.';
    find({
      path: [...at(), key],
      found: digest,
      message: "this is the SHA-256 of an empty file, a placeholder",
      suggestion,
    });
  }
  if (pin !== EMPTY_SHA256 && size === 0) {
    const suggestion = "Write the right size, or leave it out.";
    find({ path: [...at(), "size"], found: size, message: "a file with this SHA-256 is not empty", suggestion });
  }
  return pin;
}
