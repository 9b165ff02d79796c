/** Loads a manifest with the files of its whole repositories, as far as they are known on this machine. */
import { type LoadOptions, loadManifest, type ManifestSource } from "../manifest/load.js";
import type { Manifest } from "../manifest/types.js";

/** Uses no network; `source` is what was read already. Throws MANIFEST_NOT_FOUND, MANIFEST_INVALID. */
export async function openManifest(options: LoadOptions, source?: ManifestSource): Promise<Manifest> {
  const manifest = await loadManifest(options, source);
  if (manifest.assets.every(({ repository }) => repository === undefined)) return manifest;
  const { recallRepositories } = await import("./repositories.js");
  return recallRepositories(manifest);
}
