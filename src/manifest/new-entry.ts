/** What a new asset is called, and where its files go, told by the URLs they come from: pure. */
import { type HubRepository, parseHub, parseRecord, parseRelease } from "../short-urls.js";
import { parseNpmName } from "../url-forms.js";
import { checkPath, foldPath } from "./paths.js";
import { baseNameOf } from "./urls.js";

/** What the user says of a new asset; the rest is guessed. */
export interface NewAsset {
  id?: string;
  type?: string;
  name?: string;
  /** Where it goes, relative to the root: a folder when it ends with `/` or there are several files, else a file. */
  path?: string;
  license?: string;
  tags?: readonly string[];
  required?: boolean;
}

/** A file of a new asset, its place known. */
export interface NewFile {
  /** As the manifest will have it. */
  url: string;
  fallbackUrls?: readonly string[];
  /** Relative to the root. */
  path: string;
}

/** What is learned of a file. Only what is known is there. */
export interface Pins {
  size?: number;
  sha256?: string;
  pinnedAs?: "declared" | "measured";
}

/** Endings of files that hold what a model has learned, or what it needs to run. */
const MODEL =
  /(?:\.(?:bin|caffemodel|ckpt|engine|ftz|ggml|gguf|h5|keras|mlmodel|msgpack|onnx|pb|pdparams|pte?|pth|safetensors|task|tflite|torchscript|weights)|(?:^|\/)(?:tokenizer|config)\.json)$/i;
const DATASET = /\.(?:csv|tsv|jsonl|ndjson|parquet|arrow|feather|npz|npy|zip|tgz|tar|gz|zst|xz|bz2|txt|wav|flac|mp3)$/i;
/** Names that say nothing of what the file belongs to. */
const GENERIC =
  /^(?:model|pytorch[_-]model|weights|checkpoint|tokenizer(?:[_-]config)?|config|vocab|merges|encoder|decoder|data|dataset|train|test|valid(?:ation)?|dev|index|main|latest|download|file|content|readme|labels?|model[_-](?:quantized|fp16|int8|q4|uint8)|ggml-model.*|special_tokens_map|preprocessor_config|generation_config)$/i;
/** Of these, the ones that add nothing to the name of what they belong to. */
const PLAIN = /^(?:model|pytorch[_-]model|weights|data|dataset|main|latest|download|file|content)$/i;
const ENDINGS = /(?:\.tar)?\.[a-z][a-z0-9]{0,11}$/i;
const FORBIDDEN = /[<>:"|?*\\/\p{Cc}]+/gu;

/** The last part of a URL as a file name that every system can store; undefined where it has none. */
export function fileNameOf(url: string): string | undefined {
  const name = baseNameOf(url)
    ?.replace(FORBIDDEN, "_")
    .replace(/^[ ]+|[. ]+$/g, "");
  return name !== undefined && checkPath(name) === undefined ? name : undefined;
}

/** The asset that a whole repository of the Hub becomes, whoever writes it down; its folder is {@link folderFor}'s. */
export function repositoryAsset({ type, name }: HubRepository): { id: string; type: string } {
  return { id: name, type: type === "model" ? "model" : "dataset" };
}

/** An id for the file of a URL. */
export function idFor(url: string): string {
  const stem = (fileNameOf(url) ?? "").replace(ENDINGS, "");
  const project = GENERIC.test(stem) || stem === "" ? projectOf(url) : undefined;
  const words = project === undefined ? stem : PLAIN.test(stem) || stem === "" ? project : `${project}-${stem}`;
  return idOfWords(words);
}

/** The id, or with a number behind it one that no other asset has, ids differing by more than case. */
export function freeId(id: string, taken: Iterable<string>): string {
  const used = new Set([...taken].map(foldPath));
  for (let count = 1; ; count++) {
    const next = count === 1 ? id : `${id}-${count}`;
    if (!used.has(foldPath(next))) return next;
  }
}

/** Whether the name of a file tells that it is one of a model. */
export function isModelFile(path: string): boolean {
  return MODEL.test(path);
}

/** What an asset is, by the URLs of its files: `file` where nothing tells. */
export function typeFor(urls: readonly string[]): string {
  for (const url of urls) {
    if (/^hf:(?:\/\/)?datasets\/|huggingface\.co\/datasets\//i.test(url)) return "dataset";
    const name = fileNameOf(url) ?? "";
    if (isModelFile(name)) return "model";
    if (DATASET.test(name)) return "dataset";
    if (/^hf:|^https:\/\/huggingface\.co\//i.test(url)) return "model";
  }
  return "file";
}

/** The folder that an asset gets when none is named, without a slash at its end. */
export function folderFor(id: string, type: string): string {
  return `${type === "model" ? "models" : "datasets"}/${id.replace(/[/:]+/g, "-")}`;
}

/**
 * The object that stands for a new asset in the manifest, its keys in the order that people write them in. `root`: the
 * folder of an asset that further files may come to. Default: a single file stands alone, several share a folder.
 */
export function entryOf(
  asset: NewAsset & { id: string; type: string },
  files: readonly (NewFile & Pins)[],
  root?: string,
): object {
  const { id, type, name, license, tags = [], required = false } = asset;
  const about = {
    id,
    type,
    ...(name !== undefined && { name }),
    ...(license !== undefined && { license }),
    ...(tags.length > 0 && { tags }),
    ...(required && { required }),
  };
  const [only] = files;
  if (files.length === 1 && only !== undefined && root === undefined) {
    const { url, fallbackUrls, path, ...pins } = only;
    return { ...about, url, ...fallbacks(fallbackUrls), localPath: path, ...pinsOf(pins) };
  }
  const folder = root ?? commonFolder(files.map(({ path }) => path));
  const below = (path: string) => (folder === "" ? path : path.slice(folder.length + 1));
  return { ...about, ...(folder !== "" && { path: folder }), files: files.map((file) => listed(file, below)) };
}

/** A file as it stands in the list of its asset. */
export function listed(
  { url, fallbackUrls, path, ...pins }: NewFile & Pins,
  below: (path: string) => string = (same) => same,
): object {
  return { path: below(path), ...pinsOf(pins), url, ...fallbacks(fallbackUrls) };
}

function fallbacks(urls: readonly string[] = []): object {
  return urls.length === 0 ? {} : { fallbackUrls: urls };
}

function pinsOf({ size, sha256, pinnedAs }: Pins): Pins {
  return { ...(size !== undefined && { size }), ...(sha256 && { sha256 }), ...(sha256 && pinnedAs && { pinnedAs }) };
}

/** The folder that all paths share, without a slash at its end; empty for the root. */
export function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => path.split("/").slice(0, -1));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return first.slice(0, differs === -1 ? first.length : differs).join("/");
}

/** The repository, package or folder that a URL leads into. */
function projectOf(url: string): string | undefined {
  if (/^hf:/i.test(url)) {
    const hub = parseHub(url);
    return "name" in hub ? hub.name.split("/")[1] : undefined;
  }
  if (/^github:/i.test(url)) {
    const release = parseRelease(url);
    return "repository" in release ? release.repository.split("/")[1] : undefined;
  }
  if (/^zenodo:/i.test(url)) {
    const record = parseRecord(url);
    return "record" in record ? `zenodo-${record.record}` : undefined;
  }
  if (/^npm:/i.test(url)) return parseNpmName(url);
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  const parts = pathname.split("/").filter((part) => part !== "");
  const offset = parts[0] === "datasets" || parts[0] === "spaces" ? 1 : 0;
  if (/(?:^|\.)(?:huggingface\.co|github\.com|githubusercontent\.com|gitlab\.com)$/.test(hostname))
    return parts[1 + offset];
  return parts.at(-2) ?? hostname;
}

function idOfWords(words: string): string {
  const slug = words
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}._-]+/gu, "-")
    .replace(/\.{2,}/g, ".")
    .replace(/^[^\p{L}\p{N}]+|[-._]+$/gu, "")
    .slice(0, 100);
  return slug || "asset";
}
