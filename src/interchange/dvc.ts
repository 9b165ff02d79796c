/** Files of DVC: `.dvc` and `dvc.lock`, listings of folders, the configuration of remotes. */
import { posix } from "node:path";
import { parse, stringify } from "yaml";
import type { KnownPins } from "../manifest/same-bytes.js";
import { encodePath } from "../short-urls.js";
import type { ExportedFile, Written } from "./exported.js";
import { digestPin, pinsOf, type Remark, shown, sizePin } from "./listing.js";
import { isWeb } from "./place.js";

/** One output as a file of DVC names it. */
export interface DvcOut extends KnownPins {
  /** From the folder on that the file's own path starts from; not checked. */
  readonly path: string;
  /** Name of its object in remotes and caches: an MD5, with `.dir` behind it for a folder. */
  readonly object: string | undefined;
  /** Stored as DVC did before version 3, with another way to the object. */
  readonly legacy: boolean;
  /** Name of the remote that it is kept in, where that is not the usual one. */
  readonly remote?: string;
  /** Where it came from, if that is said. */
  readonly urls: readonly string[];
  readonly place: string;
  /** Id of the asset that it was exported from. */
  readonly asset?: string;
}

/** What a file of DVC says. */
export interface DvcFile {
  readonly outs: readonly DvcOut[];
  readonly refused: readonly Remark[];
  readonly notes: readonly Remark[];
}

type Table = Readonly<Record<string, unknown>>;

/** The digest was made of the text with other line ends, where DVC took the file for one: none of these is text. */
const NO_TEXT =
  /\.(?:7z|avi|bin|bmp|bz2|ckpt|dcm|flac|gguf|gif|gz|h5|hdf5|jar|jpe?g|joblib|keras|lz4|mkv|mov|mp[34]|nii|np[yz]|ogg|onnx|parquet|pdf|pickle|pkl|png|pth?|rar|safetensors|so|sqlite|tar|tflite|tgz|tiff?|wav|weights|webm|webp|whl|xlsx?|xz|zip|zst)$/i;

/**
 * Reads a `.dvc` or `dvc.lock`; `file` is its path, `/`-separated, and its outputs lie beside it. `inGit`: outputs that git
 * keeps, as {@link dvcInGit} tells them of the `dvc.yaml` beside a lock file.
 */
export function readDvcFile(text: string, file: string, inGit: ReadonlySet<string> = new Set()): DvcFile {
  const refused: Remark[] = [];
  const notes: Remark[] = [];
  const remark = (message: string) => ({ place: file, message });
  const document = yaml(text);
  if ("problem" in document) {
    return { outs: [], refused: [remark(`it is no YAML of DVC's: ${document.problem}`)], notes };
  }
  const outs: DvcOut[] = [];
  const top = table(document.value);
  const read = (stage: Table, place: string) => {
    const folder = posix.join(posix.dirname(file), textOf(stage.wdir) ?? "");
    const from = importedFrom(stage);
    if (from.repository !== undefined) {
      const own = "dvc push does not put it onto the remote of this repository, which may not have it";
      notes.push(remark(`${place} was imported from ${from.repository}: ${own}`));
    }
    for (const out of list(stage.outs)) {
      const { path, cache } = table(out);
      if (textOf(cache) === "false" || inGit.has(textOf(path) ?? "")) {
        notes.push({ ...remark(`${shown(textOf(path) ?? "an output")} is kept by git, not by DVC`), left: true });
        continue;
      }
      const found = readOut(out, folder, place, from.url);
      if (typeof found === "string") refused.push(remark(`${place}: ${found}`));
      else {
        const { problems, ...rest } = found;
        notes.push(...problems.map((problem) => ({ ...remark(problem), left: true as const })));
        outs.push(rest);
      }
    }
  };
  if (Array.isArray(top.outs)) read(top, file);
  // Version 1 of the lock file has the stages at its top.
  const stages = top.schema === undefined && !Array.isArray(top.outs) ? top : table(top.stages);
  for (const [name, stage] of Object.entries(stages)) read(table(stage), `${file}, ${shown(name)}`);
  if (outs.length + refused.length + notes.length === 0) refused.push(remark("it names no outputs"));
  return { outs, refused, notes };
}

/** The outputs that a `dvc.yaml` leaves to git: paths as they stand there. */
export function dvcInGit(text: string): Set<string> {
  const document = yaml(text);
  const stages = Object.values(table(table("value" in document ? document.value : undefined).stages));
  const outs = stages.flatMap((stage) => ["outs", "metrics", "plots"].flatMap((kind) => list(table(stage)[kind])));
  const entries = outs.flatMap((out) => Object.entries(table(out)));
  return new Set(entries.flatMap(([path, settings]) => (textOf(table(settings).cache) === "false" ? [path] : [])));
}

/** All values as texts: an MD5 may look like a number. Aliases, which can grow, have no place in files of DVC. */
function yaml(text: string): { value: unknown } | { problem: string } {
  try {
    return { value: parse(text, { schema: "failsafe", maxAliasCount: 0, logLevel: "error" }) };
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { problem: shown(line) };
  }
}

function readOut(
  out: unknown,
  folder: string,
  place: string,
  url: string | undefined,
): (DvcOut & { problems: string[] }) | string {
  const { path, md5, size, hash, meta, remote, ...others } = table(out);
  const name = textOf(path);
  if (name === undefined) return "an output has no path";
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name)) return `${shown(name)} lies outside the repository`;
  const whole = name.startsWith("/") || /^[A-Za-z]:/.test(name) ? name : posix.join(folder, name);
  const problems: string[] = [];
  const take = (pin: KnownPins | { problem: string } | undefined): KnownPins => {
    if (pin !== undefined && "problem" in pin) problems.push(`${shown(whole)}: ${pin.problem}`);
    return pin === undefined || "problem" in pin ? {} : pin;
  };
  const object = textOf(md5);
  const isFolder = object?.endsWith(".dir") === true;
  const legacy = textOf(hash) === undefined;
  if (object !== undefined && !/^[0-9a-f]{32}(?:\.dir)?$/.test(object)) return `${shown(object)} is no MD5`;
  const other = ["etag", "checksum"].find((key) => key in others);
  if (object === undefined && other !== undefined)
    problems.push(`${shown(whole)} has an ${other}, which pins nothing here`);
  const usable = object !== undefined && !isFolder && (!legacy || NO_TEXT.test(whole));
  if (object !== undefined && !isFolder && !usable) {
    problems.push(`${shown(whole)}: its MD5 is of the text with other line ends perhaps, and is left out`);
  }
  const exported = table(table(meta).assets);
  const stated = textOf(exported.sha256);
  const sha256 = stated === undefined ? {} : digestPin("sha256", stated);
  if ("problem" in sha256) return `${shown(whole)}: ${sha256.problem}`;
  const urls = list(exported.urls).flatMap((one) => textOf(one) ?? []);
  const asset = textOf(exported.id);
  return {
    path: whole,
    object,
    legacy,
    urls: urls.length > 0 || url === undefined || isFolder ? urls : [url],
    place,
    ...(usable && take(digestPin("md5", object))),
    ...(!isFolder && size !== undefined && take(sizePin(textOf(size) ?? ""))),
    ...sha256,
    ...(asset !== undefined && { asset }),
    ...(textOf(remote) !== undefined && { remote: textOf(remote) as string }),
    problems,
  };
}

/** Where `dvc import-url` or `dvc import` took an output from. */
function importedFrom({ deps }: Table): { url?: string; repository?: string } {
  const [first, second] = list(deps);
  if (second !== undefined) return {};
  const { path, repo } = table(first);
  const repository = textOf(table(repo).url);
  const url = textOf(path);
  if (repository !== undefined) return { repository: shown(repository) };
  return url !== undefined && isWeb(url) ? { url } : {};
}

/** Reads the listing of a folder, the object `….dir`: its files with their paths in it. */
export function readDvcFolder(text: string): { path: string; md5: string }[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return undefined;
    return value.map((entry) => {
      const { relpath, md5 } = table(entry);
      if (typeof relpath !== "string" || typeof md5 !== "string" || !/^[0-9a-f]{32}$/.test(md5))
        throw new Error(relpath as string);
      return { path: relpath, md5 };
    });
  } catch {
    return undefined;
  }
}

/** A file of a folder's listing, as an output of its own. */
export function dvcMember(folder: DvcOut, { path, md5 }: { path: string; md5: string }): DvcOut {
  const { legacy, place, asset } = folder;
  const whole = `${folder.path}/${path}`;
  const usable = !legacy || NO_TEXT.test(path);
  return {
    path: whole,
    object: md5,
    legacy,
    urls: [],
    place,
    ...(usable && { md5 }),
    ...(asset !== undefined && { asset }),
  };
}

/** Where an object lies below a remote or a cache. */
export function dvcObjectPath({ object = "", legacy }: Pick<DvcOut, "object" | "legacy">): string {
  return `${legacy ? "" : "files/md5/"}${object.slice(0, 2)}/${object.slice(2)}`;
}

/** The URL of the remote that a configuration names as the usual one, or the one of this name; texts later in the list outrank earlier ones. */
export function dvcRemote(texts: readonly string[], name?: string): { name: string; url: string } | undefined {
  const settings = new Map<string, string>();
  for (const text of texts) {
    let section = "";
    for (const line of text.split(/\r?\n/)) {
      const header = /^\s*\[\s*(.*?)\s*\]\s*$/.exec(line)?.[1];
      if (header !== undefined) section = header.replaceAll(/['"]/g, "").replace(/\s+/, " ");
      const [, key, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (key !== undefined && value !== undefined)
        settings.set(`${section}.${key}`, value.replace(/^(['"])(.*)\1$/, "$2"));
    }
  }
  const remotes = [...settings.keys()].flatMap((key) => /^remote (.+)\.url$/.exec(key)?.[1] ?? []);
  const chosen = name ?? settings.get("core.remote") ?? (remotes.length === 1 ? remotes[0] : undefined);
  const url = chosen === undefined ? undefined : settings.get(`remote ${chosen}.url`);
  return chosen === undefined || url === undefined ? undefined : { name: chosen, url };
}

/**
 * Writes one `.dvc` file with all files as its outputs. DVC keeps what stands under `meta` and does not read it: there go
 * the SHA-256 and the sources, which it has no words for.
 */
export function writeDvc(files: readonly ExportedFile[]): Written {
  const left = files
    .filter(({ md5 }) => md5 === undefined)
    .map(({ path }) => ({ path, reason: "its MD5 is not known" }));
  const outs = files.flatMap(({ asset, path, urls, ...file }) => {
    const { md5, size, sha256 } = pinsOf(file);
    if (md5 === undefined) return [];
    const meta = { assets: { id: asset.id, ...(sha256 && { sha256 }), urls: [...urls] } };
    return { md5, ...(size !== undefined && { size }), hash: "md5", path, meta };
  });
  return { text: stringify({ outs }, { lineWidth: 0 }), left };
}

/** The URL of an object of a remote on the web. */
export function dvcObjectUrl(base: string, out: Pick<DvcOut, "object" | "legacy">): string {
  return `${base.replace(/\/+$/, "")}/${encodePath(dvcObjectPath(out))}`;
}

function table(value: unknown): Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
