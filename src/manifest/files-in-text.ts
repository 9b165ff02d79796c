/** Where the files of a manifest stand in its text, for commands that edit it. */
import type { JsonPath } from "./issues.js";
import { normaliseAsset } from "./normalise.js";
import { parseJson } from "./parse.js";
import { lineAndColumn } from "./position.js";
import { parseAsset, type RawAsset, type RawContent } from "./schema.js";

/** A file as the text has it. */
export interface FileInText {
  /** Relative to the root, as the rest of the program names it. */
  path: string;
  /** Leads to the object that holds its URL and its pins: the file's own, or its asset's. */
  at: JsonPath;
  /** What that object says. */
  content: RawContent;
}

/** An asset as the text has it. */
export interface AssetInText {
  id: string;
  at: JsonPath;
  raw: RawAsset;
  files: FileInText[];
}

/** What a text has, and where. */
export interface ManifestInText {
  assets: AssetInText[];
  /** Where a value stands, or its key; both counted from 1. */
  place(path: JsonPath, onKey?: boolean): { line: number; column: number };
}

/** Finds the assets of a valid text; `base` as in the manifest that came of it. */
export function readText(source: string, base: string): ManifestInText {
  const text = source.replace(/^\ufeff/, "");
  const { value, offsetOf } = parseJson(text);
  const position = lineAndColumn(text);
  const all = (value as { assets?: unknown[] } | undefined)?.assets ?? [];
  const assets = all.flatMap((each, index): AssetInText[] => {
    const at = ["assets", index];
    const raw = parseAsset(each, at).value;
    if (raw === undefined) return [];
    const { claims } = normaliseAsset(raw, at, base);
    const files = claims.map(({ path, at: placeOf, onKey }) => {
      const place = placeOf();
      const own = onKey ? place : place.slice(0, -1);
      return { path, at: own, content: valueAt(raw, own.slice(at.length)) as RawContent };
    });
    return [{ id: raw.id, at, raw, files }];
  });
  return { assets, place: (path, onKey) => position(offsetOf(path, onKey)) };
}

function valueAt(value: unknown, path: JsonPath): unknown {
  return path.reduce((at: unknown, step) => (at as Record<string | number, unknown>)[step], value);
}
