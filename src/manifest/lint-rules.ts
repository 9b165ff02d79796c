/** What could be better about the entries of a manifest, told by nothing but its text: pure. */
import { redact } from "../errors.js";
import { digestOf } from "./fields.js";
import type { AssetInText, FileInText } from "./files-in-text.js";
import type { JsonPath } from "./issues.js";
import { isToldByHost, movingReference } from "./moving.js";
import { checkPublic } from "./public-urls.js";
import type { RawContent } from "./schema.js";

/** A rule that was broken, and where. */
export interface Broken {
  rule: string;
  level: "error" | "warning" | "note";
  asset: string;
  /** Relative to the root; absent for the asset as a whole. */
  path?: string;
  message: string;
  /** Leads to what is wrong. */
  at: JsonPath;
  /** What is wrong is a key, not its value. */
  onKey?: boolean;
  /** To take out what `at` leads to mends it, and changes nothing else. */
  removable?: boolean;
  /** What follows the program's name in the command that mends it, or in several, one after the other. */
  command?: string | readonly string[];
}

/** Files that run code when they are loaded as their users load them. */
const PICKLE = /\.(?:pkl|pickle|pt|pth|ckpt|joblib)$|(?:^|\/)pytorch_model[^/]*\.bin$/i;
/** Plain http that nobody listens to. */
const ON_THIS_MACHINE = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/?#]|$)/i;
const WEAK = ["sha512", "sha1", "gitBlob", "md5"] as const;

/** Everything that the rules find, in the order of the text. */
export function lintText(assets: readonly AssetInText[]): Broken[] {
  return [...assets.flatMap(lintAsset), ...duplicates(assets)];
}

function lintAsset(asset: AssetInText): Broken[] {
  const { id, at, raw } = asset;
  const broken: Broken[] = [];
  if (raw.license === undefined) {
    const message = `The asset ${id} has no licence: nobody can tell who may use it.`;
    broken.push({ rule: "no-license", level: "note", asset: id, message, at: [...at, "id"] });
  }
  if (raw.source !== undefined && raw.files === undefined) {
    const message = `The files of ${id} are not written down: it is whatever ${raw.source} has.`;
    broken.push({ rule: "unpinned", level: "error", asset: id, message, at: [...at, "source"], command: `lock ${id}` });
  }
  if (raw.homepage !== undefined) broken.push(...lintSecret(raw.homepage, [...at, "homepage"], { asset: id }));
  const dead = (key: "tags" | "metadata", message: string, below: JsonPath = []) =>
    broken.push({ ...deadField(id, message), at: [...at, key, ...below], onKey: below.length === 0 });
  const { tags, metadata } = raw;
  if (tags?.length === 0) dead("tags", `The asset ${id} has an empty list of tags.`);
  for (const [index, tag] of (tags ?? []).entries()) {
    if (tags?.indexOf(tag) !== index) dead("tags", `The asset ${id} has the tag ${tag} twice.`, [index]);
  }
  if (metadata !== undefined && Object.keys(metadata).length === 0) dead("metadata", `The metadata of ${id} is empty.`);
  return [...broken, ...asset.files.flatMap((file) => lintFile(id, file))];
}

function deadField(asset: string, message: string) {
  return { rule: "dead-field", level: "warning", asset, message, removable: true } as const;
}

function lintFile(asset: string, { path, at, content }: FileInText): Broken[] {
  const { url, fallbackUrls = [], size } = content;
  const pinned = pinOf(content) !== undefined;
  const about = { asset, path };
  const command = `lock ${asset}`;
  const broken: Broken[] = [];
  const weak = WEAK.filter((key) => content[key] !== undefined);
  if (!pinned && weak.length === 0) {
    const message = `${path} has no pinned SHA-256: whatever comes is taken for it.`;
    broken.push({ rule: "unpinned", level: "error", ...about, message, at: [...at, "url"], command });
  } else if (!pinned) {
    const message = `${path} has only a weaker digest (${weak.join(", ")}): verify cannot prove it.`;
    broken.push({ rule: "weak-pin", level: "warning", ...about, message, at: [...at, weak[0] ?? "url"], command });
  }
  if (pinned && size === undefined) {
    const message = `${path} has no size: wrong answers are found out only when all has come.`;
    const ways = [url, ...fallbackUrls].some(isToldByHost) ? command : [`download ${asset}`, command];
    broken.push({ rule: "no-size", level: "note", ...about, message, at: [...at, "url"], command: ways });
  }
  if (fallbackUrls.length === 0) {
    const message = `${path} has a single source: when it is gone, so is the file.`;
    broken.push({ rule: "single-source", level: "note", ...about, message, at: [...at, "url"] });
  }
  if (PICKLE.test(path)) {
    const message = `${path} is of a format that can run code when it is loaded: safetensors, ONNX and GGUF cannot.`;
    broken.push({ rule: "pickle", level: "warning", ...about, message, at: [...at, "url"] });
  }
  const places = [{ each: url, place: [...at, "url"] as JsonPath }].concat(
    fallbackUrls.map((each, index) => ({ each, place: [...at, "fallbackUrls", index] })),
  );
  for (const { each, place } of places) broken.push(...lintUrl(each, place, pinned, about, command));
  return [...broken, ...deadFields(asset, path, at, content)];
}

function lintUrl(
  url: string,
  at: JsonPath,
  pinned: boolean,
  about: { asset: string; path: string },
  command: string,
): Broken[] {
  const broken: Broken[] = [];
  const level = pinned ? "warning" : "error";
  const shown = redact(url);
  const moving = movingReference(url);
  if (moving !== undefined) {
    const message = `${shown} stands on ${moving.reference}, which may be other bytes tomorrow.`;
    broken.push({ rule: "moving-reference", level, ...about, message, at, ...(moving.told && { command }) });
  }
  broken.push(...lintSecret(url, at, about));
  if (/^http:/i.test(url) && !ON_THIS_MACHINE.test(url)) {
    const message = `${shown} is plain http: ${pinned ? "others can read what is fetched, and keep it from coming" : "anybody on the way can put other bytes in its place"}.`;
    broken.push({ rule: "plain-http", level, ...about, message, at });
  }
  return broken;
}

function lintSecret(url: string, at: JsonPath, about: { asset: string; path?: string }): Broken[] {
  const secret = checkPublic(url);
  const shown = redact(url);
  if (secret !== undefined) {
    const message = `${shown}: ${secret.message}: all who can read the repository have it. ${secret.suggestion}`;
    return [{ rule: "secret-in-url", level: "error", ...about, message, at }];
  }
  if (shown === url) return [];
  const message = `${shown}: what is cut out here may be a login or a signature, which all who can read the repository have.`;
  return [{ rule: "secret-in-url", level: "warning", ...about, message, at }];
}

/** Keys that say nothing beside others. */
function deadFields(asset: string, path: string, at: JsonPath, content: RawContent): Broken[] {
  const broken: Broken[] = [];
  const dead = (words: string, key: string, below: JsonPath = []) =>
    broken.push({
      ...deadField(asset, `${path} ${words}.`),
      path,
      at: [...at, key, ...below],
      onKey: below.length === 0,
    });
  const { url, fallbackUrls, sha256, checksum, size, size_mb, pinnedAs } = content;
  if (size !== undefined && size_mb !== undefined)
    dead("has a size_mb beside its size, which is never looked at", "size_mb");
  if (sha256 !== undefined && checksum !== undefined) dead("has the same SHA-256 twice", "checksum");
  if (pinOf(content) === undefined && pinnedAs !== undefined) dead("has pinnedAs without a pin", "pinnedAs");
  if (pinOf(content) !== undefined) {
    for (const key of WEAK)
      if (content[key] !== undefined) dead(`has a ${key} beside its SHA-256, which is never looked at`, key);
  }
  if (fallbackUrls?.length === 0) dead("has an empty list of fallback URLs", "fallbackUrls");
  const seen = new Set([url]);
  for (const [index, each] of (fallbackUrls ?? []).entries()) {
    if (seen.has(each)) dead(`has the URL ${redact(each)} twice`, "fallbackUrls", [index]);
    seen.add(each);
  }
  return broken;
}

function duplicates(assets: readonly AssetInText[]): Broken[] {
  const first = new Map<string, string>();
  const broken: Broken[] = [];
  for (const { id, files } of assets) {
    for (const { path, at, content } of files) {
      const pin = pinOf(content);
      const other = pin === undefined ? undefined : first.get(pin);
      if (other !== undefined) {
        const message = `${path} has the same content as ${other}.`;
        broken.push({ rule: "duplicate-content", level: "note", asset: id, path, message, at: [...at, "url"] });
      } else if (pin !== undefined) first.set(pin, path);
    }
  }
  return broken;
}

function pinOf({ sha256, checksum }: RawContent): string | undefined {
  const pin = sha256 ?? checksum;
  return pin === undefined ? undefined : digestOf(pin);
}
