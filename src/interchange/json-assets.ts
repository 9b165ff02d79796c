/** Makes files of a value as lists in JSON and tables in scripts have it: assets, tables by id, tables of hashes, tuples. */

import { HASH_KEYS, isHash, readPins, SIZE_KEYS } from "./json-pins.js";
import { type About, type ListingBuilder, shown } from "./listing.js";
import { nameIn } from "./place.js";
import { firstUnread, isUnread, problemOf, type Unread } from "./unread.js";

type Value = Readonly<Record<string, unknown>>;

/** The keys that other scripts have for the same, the first that is there counts. */
const KEYS = {
  url: ["url", "href", "uri", "download_url", "downloadUrl"],
  mirrors: ["fallbackUrls", "fallback_urls", "mirrors", "urls", "mirror"],
  hash: HASH_KEYS,
  size: SIZE_KEYS,
  file: [
    "localPath",
    "local_path",
    "filename",
    "file_name",
    "fileName",
    "fname",
    "archive_name",
    "path",
    "dest",
    "output",
  ],
  folder: ["destination", "path", "folder", "dir"],
} as const;
const KNOWN = new Set<string>([
  ...Object.values(KEYS).flat(),
  ...[
    "id",
    "type",
    "name",
    "description",
    "version",
    "license",
    "homepage",
    "tags",
    "required",
    "metadata",
    "files",
    "size_mb",
  ],
]);
/** The keys without which a file is another one, or none. */
const ESSENTIAL = Object.values(KEYS).flat();
const GROUPS: ReadonlyMap<string, string> = new Map([
  ["models", "model"],
  ["datasets", "dataset"],
]);

/** What is read so far. */
export interface Assets {
  readonly listing: ListingBuilder;
  readonly about: Map<string, About>;
  /** Keys that are known to be the names of files. */
  readonly paths: Set<string>;
  /** The names that tables of addresses have for keys that are none. */
  readonly names: Map<string, string>;
}

/** A list of assets, a table by id, or what holds one of the two; `type` where the key above says it. */
export function readAssets(value: unknown, type: string | undefined, place: string, assets: Assets) {
  const { listing } = assets;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const here = `${place}, item ${index + 1}`;
      if (isUnread(item)) refuseUnread(item, undefined, listing);
      else if (isObject(item)) readAsset(textIn(item, ["id"]) ?? textIn(item, ["name"]), item, type, here, assets);
      else readFile(undefined, item, {}, here, assets);
    }
    return;
  }
  if (isUnread(value)) return refuseUnread(value, undefined, listing);
  if (!isObject(value)) return listing.refuse(place, "it is neither a list nor a table");
  if (Array.isArray(value.assets) || isObject(value.assets)) return readAssets(value.assets, type, "assets", assets);
  if (isFile(value) || isFileHolder(value))
    return readAsset(textIn(value, ["id"]) ?? textIn(value, ["name"]), value, type, place, assets);
  if (textIn(value, KEYS.hash) !== undefined && textIn(value, KEYS.file) !== undefined)
    return readFile(undefined, value, {}, place, assets);
  if (isObject(value.registry)) return readRegistry(value, value.registry, place, assets);
  const names = namesIn(value, assets);
  for (const [key, item] of Object.entries(value)) {
    const group = GROUPS.get(key);
    if (isUnread(item)) refuseUnread(item, key, listing);
    else if (group !== undefined && (Array.isArray(item) || isObject(item))) readAssets(item, group, key, assets);
    else if (isObject(item)) readAsset(textIn(item, ["id"]) ?? key, item, type, key, assets);
    else readFile(names.get(key) ?? assets.names.get(key) ?? key, item, {}, key, assets);
  }
}

/** What `pooch.create` is called with. */
function readRegistry({ urls, base_url: base }: Value, registry: Value, place: string, assets: Assets) {
  for (const name of [registry, isObject(urls) ? urls : {}].flatMap(Object.keys)) assets.paths.add(name);
  readAssets(registry, undefined, place, assets);
  if (isUnread(urls) || isObject(urls)) readAssets(urls, undefined, place, assets);
  if (typeof base === "string") assets.listing.note(place, `its base_url is ${shown(base)}: --base-url says it here`);
}

/** Learns of a table what its keys mean, so that a second one with the same keys is understood. */
export function learnNames(table: unknown, assets: Assets) {
  if (!isObject(table)) return;
  const hashed = Object.keys(table).filter((key) => isHash(table[key]));
  // Where one key of a registry is the name of a file, all are.
  if (hashed.some(hasEnding)) for (const key of hashed) assets.paths.add(key);
  for (const [key, name] of namesIn(table, assets)) assets.names.set(key, name);
}

/**
 * The names of the files of a table, by their keys: a key that is no name of a file gives way to the one that its tuple
 * or URL has. Where several of a table have the same there, the key becomes their folder.
 */
function namesIn(table: Value, { paths }: Assets): Map<string, string> {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const [key, item] of Object.entries(table)) {
    if (hasEnding(key) || paths.has(key) || isObject(item) || isUnread(item)) continue;
    const { filename, url } = fromWords(Array.isArray(item) ? item : [item]) ?? {};
    const name = [filename, typeof url === "string" ? nameIn(url) : undefined].find(
      (one): one is string => typeof one === "string" && hasEnding(one),
    );
    if (name === undefined) continue;
    names.set(key, name);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map([...names].map(([key, name]) => [key, counts.get(name) === 1 ? name : `${key}/${name}`]));
}

function readAsset(id: string | undefined, asset: Value, type: string | undefined, place: string, assets: Assets) {
  const { listing, about } = assets;
  const lost = unreadUnder(asset, [...ESSENTIAL, "id", "files"]);
  if (lost !== undefined) return refuseUnread(lost, id, listing);
  const left = Object.keys(asset).filter(
    (key) => (!KNOWN.has(key) && !key.startsWith("x-")) || (key !== "files" && firstUnread(asset[key]) !== undefined),
  );
  if (!isFile(asset) && !isFileHolder(asset)) {
    // A registry, whose files lie below one base.
    if (textIn(asset, KEYS.hash) !== undefined) return readFile(id, asset, {}, place, assets);
    return listing.refuse(place, `${shown(id ?? "it")} has neither a URL nor files`);
  }
  if (left.length > 0) listing.leave(place, left.slice(0, 20).map(shown).join(", "));
  const own = id === undefined ? {} : { asset: id };
  if (id !== undefined) about.set(id, factsOf(asset, type));
  if (!isFileHolder(asset)) return readFile(undefined, asset, own, place, assets, id);
  const folder = textIn(asset, KEYS.folder)?.replace(/\/+$/, "");
  const { files } = asset;
  const entries = Array.isArray(files)
    ? files.map((file, index) => [undefined, file, `${place}, file ${index + 1}`] as const)
    : Object.entries(files as Value).map(([name, file]) => [name, file, `${place}, ${name}`] as const);
  for (const [name, file, here] of entries) {
    if (isUnread(file)) refuseUnread(file, name ?? id, listing);
    else readFile(name, file, { ...own, ...(folder !== undefined && folder !== "." && { folder }) }, here, assets);
  }
}

/** A file: an object, a hash, a URL, or a tuple of such. */
function readFile(
  name: string | undefined,
  value: unknown,
  { folder, ...own }: { asset?: string; folder?: string },
  place: string,
  { listing }: Assets,
  id?: string,
) {
  const words = Array.isArray(value) ? value : [value];
  const lost = isObject(value) ? unreadUnder(value, ESSENTIAL) : words.find(isUnread);
  if (lost !== undefined) return refuseUnread(lost, name ?? id, listing);
  const file = isObject(value) ? value : fromWords(words);
  if (file === undefined) return listing.refuse(place, "it is neither a URL nor a hash, nor a table of such");
  const urls = [textIn(file, KEYS.url), ...KEYS.mirrors.flatMap((key) => textsIn(file[key]))].filter(
    (url) => url !== undefined,
  );
  const suggested = urls[0] === undefined ? id : nameIn(urls[0]);
  const said = textIn(file, KEYS.file);
  // A loose word may be anything: a name has an ending, or nothing else is one.
  const stated = isObject(value)
    ? (said ?? name)
    : (name ?? [said, suggested].find((one) => one && hasEnding(one)) ?? said);
  const path = stated?.endsWith("/") ? joined(stated, suggested) : (stated ?? suggested);
  if (path === undefined) return listing.refuse(place, `nothing gives the file a name: ${shown(urls[0] ?? "no URL")}`);
  const { pins, unchecked, fault } = readPins(file, place, listing);
  if (fault !== undefined) return listing.refuse(place, `${shown(path)}${fault}`);
  const whole = folder === undefined ? path : `${folder}/${path}`;
  if (pins.sha256 === undefined && pins.md5 === undefined) noteHashIn(urls[0], whole, place, listing);
  listing.add({ path: whole, urls, place, ...own, ...pins }, unchecked);
}

/** Some publishers have the SHA-256 of a file as a folder in its address. Nothing says that it is one. */
function noteHashIn(url: string | undefined, path: string, place: string, listing: ListingBuilder) {
  const hex = /\/([0-9a-f]{64})\//i.exec(url ?? "")?.[1];
  if (hex === undefined) return;
  listing.note(place, `${path}: ${hex.slice(0, 12)}… in its URL may be its SHA-256, and is not taken for one`);
}

/** What stands in a tuple, told by its looks. */
function fromWords(words: readonly unknown[]): Value | undefined {
  const file: Record<string, unknown> = {};
  for (const word of words) {
    if (typeof word === "number") file.size ??= word;
    else if (typeof word !== "string") {
      if (word !== null) return undefined;
    } else if (isHash(word)) file.hash ??= word;
    else if (/^[a-z][a-z0-9+.-]*:/i.test(word)) file.url ??= word;
    else file.filename ??= word;
  }
  return file.url === undefined && file.hash === undefined ? undefined : file;
}

function hasEnding(name: string): boolean {
  return /[^/]\.(?=\w*[A-Za-z])\w{1,12}$/.test(name);
}

function unreadUnder(value: Value, keys: readonly string[]): Unread | undefined {
  for (const key of keys) {
    const member = value[key];
    const found = Array.isArray(member) && key !== "files" ? member.find(isUnread) : member;
    if (isUnread(found)) return found;
  }
  return undefined;
}

function refuseUnread(value: Unread, name: string | undefined, listing: ListingBuilder) {
  listing.refuse(`line ${value.line}`, `${name === undefined ? "" : `${shown(name)}: `}${problemOf(value)}`);
}

function factsOf(asset: Value, type: string | undefined): About {
  const tags = textsIn(asset.tags);
  const stated = textIn(asset, ["type"]) ?? type ?? tags.find((tag) => tag === "model" || tag === "dataset");
  const { metadata, required } = asset;
  const version = asset.version;
  return {
    ...(stated !== undefined && { type: stated }),
    ...factsIn(asset, ["name", "description", "license", "homepage"]),
    ...((typeof version === "string" || typeof version === "number") && { version: String(version) }),
    ...(tags.length > 0 && { tags }),
    ...(typeof required === "boolean" && { required }),
    ...(isObject(metadata) && firstUnread(metadata) === undefined && { metadata }),
  };
}

function factsIn(asset: Value, keys: readonly string[]): About {
  return Object.fromEntries(keys.flatMap((key) => (typeof asset[key] === "string" ? [[key, asset[key]]] : [])));
}

function textIn(value: Value, keys: readonly string[]): string | undefined {
  for (const key of keys) if (typeof value[key] === "string" && value[key] !== "") return value[key];
  return undefined;
}

function textsIn(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === "string" && one !== "");
}

function joined(folder: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${folder}${name}`;
}

function isFile(value: Value): boolean {
  if (unreadUnder(value, [...KEYS.url, ...KEYS.mirrors]) !== undefined) return true;
  return textIn(value, KEYS.url) !== undefined || KEYS.mirrors.some((key) => textsIn(value[key]).length > 0);
}

function isFileHolder(value: Value): boolean {
  return Array.isArray(value.files) || isObject(value.files);
}

function isObject(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isUnread(value);
}
