/** Reads a manifest that has no flaw, which is nearly every one, without what it takes to explain flaws. */
import { baseOf, piecesOf, type ReadOptions, reservedIn, rootOf } from "./bases.js";
import { collide } from "./collisions.js";
import { normaliseAsset } from "./normalise.js";
import { foldPath } from "./paths.js";
import { isAsset, isTop } from "./shape.js";
import type { Asset, Manifest } from "./types.js";

/** Deeper, or of more parts, and the careful reader decides, which has limits of its own. */
const MAX_DEPTH = 32;
const MAX_PARTS = 4_000_000;

/**
 * Reads a manifest in plain JSON. Undefined where anything is wrong or merely unusual (comments, trailing commas):
 * `readManifest` then tells what. Where both answer with a manifest, it is the same. Touches no file, throws nothing.
 */
export function readFlawless(source: string, options: ReadOptions): Manifest | undefined {
  const text = source.replace(/^\ufeff/, "");
  const value = parseStrictly(text);
  if (!isTop(value, { ignoreRoot: options.root !== undefined })) return undefined;
  const base = baseOf(options.file);
  const root = rootOf(options, value.root);
  const assets: Asset[] = [];
  const paths = reservedIn(root, options.file).map(({ path }) => path);
  const ids = new Set<string>();
  for (const [index, raw] of value.assets.entries()) {
    if (!isAsset(raw)) return undefined;
    const normalised = normaliseAsset(raw, ["assets", index], base);
    if (normalised.findings.length > 0) return undefined;
    for (const { path } of normalised.asset.files) paths.push(path);
    assets.push(normalised.asset);
    ids.add(foldPath(raw.id));
  }
  if (ids.size < assets.length || collide(paths)) return undefined;
  return { file: options.file, base, root, version: 1, ...piecesOf(value.pieces), assets };
}

/** The value of a JSON text that names no key twice in one object; undefined for any other text. */
function parseStrictly(text: string): unknown {
  // At least as many parts as the value can have; a container takes as much as several values.
  const parts = count(text, ",") + 8 * (count(text, "{") + count(text, "["));
  if (parts > MAX_PARTS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    // Every key and every text takes two quotes: where the value needs fewer, a key has displaced its namesake.
    return quotesOf(value, 0) === count(text, '"') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How often a mark stands in a JSON text, unless a backslash takes its meaning away. */
function count(text: string, mark: string): number {
  let marks = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
    if (!isEscaped(text, at)) marks++;
  }
  return marks;
}

/** Whether the backslashes before a character are odd in number. In JSON they stand in texts only. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === 0x5c) before--;
  return (at - before) % 2 === 1;
}

/** Quotes that a value takes when it is written down; NaN for one that the careful reader is to judge. */
function quotesOf(value: unknown, depth: number): number {
  if (typeof value === "string") return 2;
  // A number may be too large for a double.
  if (typeof value === "number") return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value !== "object" || value === null) return 0;
  if (depth === MAX_DEPTH) return Number.NaN;
  let quotes = 0;
  if (Array.isArray(value)) {
    for (const member of value) quotes += quotesOf(member, depth + 1);
    return quotes;
  }
  // What JSON gives inherits nothing that this could meet.
  for (const key in value) {
    if (key === "__proto__") return Number.NaN;
    quotes += 2 + quotesOf((value as Record<string, unknown>)[key], depth + 1);
  }
  return quotes;
}
