/** Tells whether an asset has the shape that schema.ts describes, and only that: why not is the schema's to say. */
import {
  checkChecksum,
  checkHomepage,
  checkId,
  checkLine,
  checkPattern,
  checkPieces,
  checkProse,
  checkSha256,
  checkStated,
  checkTag,
  checkType,
  PIN_ORIGINS,
  STATED_DIGITS,
} from "./fields.js";
import type { Problem } from "./issues.js";
import { checkFolder, checkLocalPath, checkPath, withoutDot } from "./paths.js";
import type { RawAsset } from "./schema.js";
import { checkSource, checkUrl } from "./urls.js";

type Fits = (value: unknown) => boolean;

/** What may stand in an object, by key. A map, so that no key of a stranger meets the prototype's. */
type Shape = ReadonlyMap<string, Fits>;

/** Texts of a kind that are remembered as right. */
const MOST_REMEMBERED = 1_000;

const isText: Fits = (value) => typeof value === "string";
const text =
  (check: (value: string) => Problem | undefined): Fits =>
  (value) =>
    typeof value === "string" && check(value) === undefined;
/** The same for texts that many assets share, such as types and folders. */
function word(check: (value: string) => Problem | undefined): Fits {
  const right = new Set<unknown>();
  const isRight = text(check);
  return (value) => {
    if (right.has(value)) return true;
    if (!isRight(value)) return false;
    if (right.size < MOST_REMEMBERED) right.add(value);
    return true;
  };
}
const listOf =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits);

const url = text(checkUrl);
const folder = word(checkFolder);
const line = word(checkLine);

const CONTENT: [string, Fits][] = [
  ["url", url],
  ["fallbackUrls", listOf(url)],
  ["size", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  ["size_mb", (value) => Number.isFinite(value) && (value as number) > 0],
  ["sha256", text(checkSha256)],
  ["checksum", text(checkChecksum)],
  ["pinnedAs", (value) => PIN_ORIGINS.some((origin) => origin === value)],
  ...Object.entries(STATED_DIGITS).map(([key, digits]): [string, Fits] => [key, text(checkStated(digits))]),
];

const FILE: Shape = new Map([["path", text((path) => checkPath(withoutDot(path)))], ...CONTENT]);

const ASSET: Shape = new Map([
  ["id", text(checkId)],
  ["type", word(checkType)],
  ["name", line],
  ["description", text(checkProse)],
  ["version", line],
  ["license", line],
  ["homepage", text(checkHomepage)],
  ["tags", listOf(word(checkTag))],
  ["required", (value) => typeof value === "boolean"],
  ["metadata", isObject],
  ["path", folder],
  ["destination", folder],
  ["source", text(checkSource)],
  ["include", arePatterns],
  ["exclude", arePatterns],
  ["files", areFiles],
  ["localPath", text(checkLocalPath)],
  ...CONTENT,
]);

const TOP: Shape = new Map([
  ["$schema", isText],
  ["version", (value) => value === 1],
  ["root", folder],
  ["pieces", text(checkPieces)],
  ["assets", Array.isArray],
]);
/** When the root is set from outside, the one in the manifest need not be usable here. */
const TOP_WITHOUT_ROOT: Shape = new Map([...TOP, ["root", isText]]);

/** The top of a document whose assets are still to be examined. */
export interface Top {
  root?: string;
  pieces?: string;
  assets: unknown[];
}

/** Whether the top of a document is in order. */
export function isTop(value: unknown, options: { ignoreRoot: boolean }): value is Top {
  return fits(value, options.ignoreRoot ? TOP_WITHOUT_ROOT : TOP, ["version", "assets"]);
}

/** Whether an asset is in order. It may still have keys that begin with `x-`, which belong to others. */
export function isAsset(value: unknown): value is RawAsset {
  return fits(value, ASSET, ["id"]);
}

function arePatterns(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(text(checkPattern));
}

function areFiles(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((file) => fits(file, FILE, ["path", "url"]));
  return isObject(value) && Object.values(value).every((file) => fits(file, FILE, ["url"]));
}

function fits(value: unknown, shape: Shape, required: readonly string[]): boolean {
  if (!isObject(value)) return false;
  // What JSON gives inherits nothing that this could meet.
  for (const key in value) {
    const check = shape.get(key);
    if (check === undefined ? !key.startsWith("x-") : !check(value[key])) return false;
  }
  for (const key of required) if (!Object.hasOwn(value, key)) return false;
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
