/** Lists of assets in JSON, or pasted from a Python script: our own forms, tables by id, tables of hashes. */
import { decodeText } from "../manifest/decode.js";
import { parseJson } from "../manifest/parse.js";
import type { Pins } from "../manifest/same-bytes.js";
import {
  type About,
  contradiction,
  createListing,
  type Listing,
  type ListingBuilder,
  shown,
  sizePin,
} from "./listing.js";
import { nameIn } from "./place.js";
import { hashPin } from "./pooch.js";
import { readPythonLiterals } from "./python-literal.js";

type Value = Readonly<Record<string, unknown>>;

/** The keys that other scripts have for the same, the first that is there counts. */
const KEYS = {
  url: ["url", "href", "uri", "download_url", "downloadUrl"],
  mirrors: ["fallbackUrls", "fallback_urls", "mirrors", "urls", "mirror"],
  hash: ["sha256", "checksum", "hash", "digest", "sha512", "sha1", "md5", "gitBlob"],
  size: ["size", "size_bytes", "sizeBytes", "bytes"],
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
const GROUPS: ReadonlyMap<string, string> = new Map([
  ["models", "model"],
  ["datasets", "dataset"],
]);

interface Reading {
  readonly listing: ListingBuilder;
  readonly about: Map<string, About>;
}

/** Reads a list; what names no URL of its own lies below `baseUrl`. */
export function readJson(bytes: Uint8Array, { baseUrl }: { baseUrl: string | undefined }): Listing {
  const reading: Reading = { listing: createListing({ baseUrl }), about: new Map() };
  const { listing, about } = reading;
  const decoded = decodeText(bytes);
  if ("issue" in decoded) {
    listing.refuse(`line ${decoded.issue.line}`, decoded.issue.message);
    return listing.done();
  }
  const json = parseJson(decoded.text);
  if (json.findings.length === 0 && decoded.text.trim() !== "") readAssets(json.value, undefined, "the list", reading);
  else readScript(decoded.text, reading);
  return listing.done(about);
}

/** Of several literals of a script those that name files; all of them where none does, to say why not. */
function readScript(text: string, reading: Reading) {
  const literals = readPythonLiterals(text).map((literal) => ({ ...literal, place: `line ${literal.line}` }));
  const found = literals.flatMap((literal) => {
    if ("problem" in literal) return [];
    const value = literal.key === undefined ? literal.value : { [literal.key]: literal.value };
    const trial = createListing({ baseUrl: "x:" });
    readAssets(value, undefined, literal.place, { listing: trial, about: new Map() });
    return [{ value, place: literal.place, hasFiles: trial.done().files.length > 0 }];
  });
  const telling = found.some(({ hasFiles }) => hasFiles) ? found.filter(({ hasFiles }) => hasFiles) : found;
  for (const { value, place } of telling) readAssets(value, undefined, place, reading);
  for (const literal of literals) {
    if (!("problem" in literal)) continue;
    // Much of a script is no list of files, and need not be read.
    if (literals.length === 1 || literal.key !== undefined) reading.listing.refuse(literal.place, literal.problem);
    else reading.listing.note(literal.place, `what is assigned there is not read: ${literal.problem}`);
  }
}

/** A list of assets, a table by id, or what holds one of the two; `type` where the key above says it. */
function readAssets(value: unknown, type: string | undefined, place: string, reading: Reading) {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const here = `${place}, item ${index + 1}`;
      if (isObject(item)) readAsset(textIn(item, ["id"]) ?? textIn(item, ["name"]), item, type, here, reading);
      else readFile(undefined, item, {}, here, reading);
    }
    return;
  }
  if (!isObject(value)) return reading.listing.refuse(place, "it is neither a list nor a table");
  if (Array.isArray(value.assets) || isObject(value.assets)) return readAssets(value.assets, type, "assets", reading);
  if (isFile(value) || isFileHolder(value))
    return readAsset(textIn(value, ["id"]) ?? textIn(value, ["name"]), value, type, place, reading);
  for (const [key, item] of Object.entries(value)) {
    const group = GROUPS.get(key);
    if (group !== undefined && (Array.isArray(item) || isObject(item))) readAssets(item, group, key, reading);
    else if (isObject(item)) readAsset(textIn(item, ["id"]) ?? key, item, type, key, reading);
    else readFile(key, item, {}, key, reading);
  }
}

function readAsset(id: string | undefined, asset: Value, type: string | undefined, place: string, reading: Reading) {
  const { listing, about } = reading;
  const left = Object.keys(asset).filter((key) => !KNOWN.has(key) && !key.startsWith("x-"));
  if (!isFile(asset) && !isFileHolder(asset)) {
    // A registry, whose files lie below one base.
    if (textIn(asset, KEYS.hash) !== undefined) return readFile(id, asset, {}, place, reading);
    return listing.refuse(place, `${shown(id ?? "it")} has neither a URL nor files`);
  }
  if (left.length > 0) listing.note(place, `left out: ${left.slice(0, 20).map(shown).join(", ")}`);
  const own = id === undefined ? {} : { asset: id };
  if (id !== undefined) about.set(id, factsOf(asset, type));
  if (!isFileHolder(asset)) return readFile(undefined, asset, own, place, reading, id);
  const folder = textIn(asset, KEYS.folder)?.replace(/\/+$/, "");
  const { files } = asset;
  const entries = Array.isArray(files)
    ? files.map((file, index) => [undefined, file, `${place}, file ${index + 1}`] as const)
    : Object.entries(files as Value).map(([name, file]) => [name, file, `${place}, ${name}`] as const);
  for (const [name, file, here] of entries) {
    readFile(name, file, { ...own, ...(folder !== undefined && folder !== "." && { folder }) }, here, reading);
  }
}

/** A file: an object, a hash, a URL, or a tuple of such. */
function readFile(
  name: string | undefined,
  value: unknown,
  { folder, ...own }: { asset?: string; folder?: string },
  place: string,
  { listing }: Reading,
  id?: string,
) {
  const file = isObject(value) ? value : fromWords(Array.isArray(value) ? value : [value], name);
  if (file === undefined) return listing.refuse(place, "it is neither a URL nor a hash, nor a table of such");
  const stated = textIn(file, KEYS.file) ?? name;
  const urls = [textIn(file, KEYS.url), ...KEYS.mirrors.flatMap((key) => textsIn(file[key]))].filter(
    (url) => url !== undefined,
  );
  const suggested = urls[0] === undefined ? id : nameIn(urls[0]);
  const path = stated?.endsWith("/") ? joined(stated, suggested) : (stated ?? suggested);
  if (path === undefined) return listing.refuse(place, `nothing gives the file a name: ${shown(urls[0] ?? "no URL")}`);
  const pins = readPins(file, place, listing);
  if (pins === undefined) return listing.refuse(place, `${shown(path)} has two digests of a kind that differ`);
  listing.add({ path: folder === undefined ? path : `${folder}/${path}`, urls, place, ...own, ...pins });
}

/** What stands in a tuple, told by its looks. */
function fromWords(words: readonly unknown[], name: string | undefined): Value | undefined {
  const file: Record<string, unknown> = {};
  for (const word of words) {
    if (typeof word === "number") file.size ??= word;
    else if (typeof word !== "string") {
      if (word !== null) return undefined;
    } else if (/^(?:[a-z0-9-]+:)?[0-9a-f]{32,128}$/i.test(word)) file.hash ??= word;
    else if (/^[a-z][a-z0-9+.-]*:/i.test(word)) file.url ??= word;
    else if (name === undefined) file.filename ??= word;
  }
  return file.url === undefined && file.hash === undefined ? undefined : file;
}

/** Everything that is said of the bytes; undefined where it contradicts itself. */
function readPins(file: Value, place: string, listing: ListingBuilder): Pins | undefined {
  const pins: Pins[] = [];
  const take = (pin: ReturnType<typeof hashPin>) => {
    if ("problem" in pin) listing.note(place, pin.problem);
    else pins.push(pin);
  };
  for (const key of KEYS.hash) {
    const hash = file[key];
    if (hash === undefined || hash === null || hash === "") continue;
    if (typeof hash !== "string") listing.note(place, `${key} is no text`);
    else take(hashPin(withName(key, hash.trim())));
  }
  const size = KEYS.size.map((key) => file[key]).find((one) => one !== undefined && one !== null);
  if (size !== undefined) take(sizePin(String(size)));
  const all: Pins = Object.assign({}, ...pins);
  return pins.some((pin) => contradiction(pin, all) !== undefined) ? undefined : all;
}

/** A hash with the name of its algorithm, which its key, itself or its length tells. */
function withName(key: string, hash: string): string {
  const [, named, digits = hash] = /^([A-Za-z0-9-]+)[:=](.*)$/s.exec(hash) ?? [];
  if (named !== undefined) return `${named}:${digits}`;
  if (["sha256", "sha512", "sha1", "md5", "gitBlob"].includes(key)) return `${key}:${digits}`;
  const algorithm = { 32: "md5", 40: "sha1", 128: "sha512" }[digits.length] ?? "sha256";
  return `${algorithm}:${digits}`;
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
    ...(isObject(metadata) && { metadata }),
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
  return textIn(value, KEYS.url) !== undefined || KEYS.mirrors.some((key) => textsIn(value[key]).length > 0);
}

function isFileHolder(value: Value): boolean {
  return Array.isArray(value.files) || isObject(value.files);
}

function isObject(value: unknown): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
