/** Where the assets of a manifest stand in its text, for reports that point there. */
import { readFileSync } from "node:fs";
import { decodeText } from "./decode.js";
import { normaliseAsset } from "./normalise.js";
import { parseJson } from "./parse.js";
import { lineAndColumn } from "./position.js";
import { parseAsset } from "./schema.js";
import type { Manifest } from "./types.js";

/** A place in a text, both counted from 1; columns in UTF-16 code units. */
export interface Place {
  line: number;
  column: number;
}

/**
 * Tells by a file's path relative to the root where it is named: of an asset of one file its id, else the file's own
 * path. Undefined for what the text does not have.
 */
export type Places = (path: string) => Place | undefined;

/**
 * Reads the manifest once more, this time with the place of every value: loading it keeps none, since few runs ask. A
 * file that has changed or gone since tells fewer places. Throws nothing.
 */
export function loadPlaces({ file, base }: Pick<Manifest, "file" | "base">): Places {
  return readPlaces(textOf(file), base);
}

/** The places in a text; `base` as in the manifest that came of it. */
export function readPlaces(text: string, base: string): Places {
  const { value, offsetOf } = parseJson(text);
  const position = lineAndColumn(text);
  const paths = new Map<string, Place>();
  for (const [index, raw] of assetsIn(value).entries()) {
    const at = ["assets", index];
    const asset = parseAsset(raw, at).value;
    if (asset === undefined) continue;
    const id = position(offsetOf([...at, "id"]));
    const { claims } = normaliseAsset(asset, at, base);
    const isAlone = claims.length === 1;
    for (const claim of claims) paths.set(claim.path, isAlone ? id : position(offsetOf(claim.at(), claim.onKey)));
  }
  return (path) => paths.get(path);
}

function textOf(file: string): string {
  try {
    const decoded = decodeText(readFileSync(file));
    // As the reader counts: a byte order mark takes no column.
    return "text" in decoded ? decoded.text.replace(/^\ufeff/, "") : "";
  } catch {
    return "";
  }
}

function assetsIn(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null || !("assets" in value)) return [];
  return Array.isArray(value.assets) ? value.assets : [];
}
