/** Looks for the manifest of a folder. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { AssetsError, visibleLine } from "../errors.js";

/** Names of a manifest, relative to a folder; the first that exists counts. */
const NAMES = ["assets.manifest.json", join("config", "assets.json")];

const EXAMPLE = `{
  "version": 1,
  "assets": [
    {
      "id": "my-model",
      "type": "model",
      "url": "https://example.com/model.onnx",
      "localPath": "models/model.onnx"
    }
  ]
}`;

/** What to do where there is no manifest yet. */
export const HOW_TO_WRITE = `Name one with --manifest FILE, or begin one: assets init. It is assets.manifest.json, for example:\n${EXAMPLE}\nThe README explains every key under "Manifest reference".`;

/** The nearest manifest in a folder (absolute) or one above it, if there is any. */
export function nearestManifest(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    // Whatever stands there counts: reading it will tell what is wrong. A folder that may not be entered has nothing.
    const name = NAMES.find((name) => existsSync(join(at, name)));
    if (name !== undefined) return join(at, name);
    if (dirname(at) === at) return undefined;
  }
}

/** The same, where there has to be one. Throws MANIFEST_NOT_FOUND. */
export function findManifest(folder: string): string {
  const found = nearestManifest(folder);
  if (found !== undefined) return found;
  const message = `There is no manifest: looked for ${NAMES.join(" and ")} in ${visibleLine(folder)} and every folder above it.`;
  throw new AssetsError("MANIFEST_NOT_FOUND", message, { hint: HOW_TO_WRITE });
}
