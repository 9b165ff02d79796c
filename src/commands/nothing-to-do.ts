/** Tells from memory that `assets download --all` has nothing to do, without taking a long manifest apart. */
import { abortError } from "../errors.js";
import { baseOf } from "../manifest/bases.js";
import type { ManifestSource } from "../manifest/load.js";
import type { Manifest } from "../manifest/types.js";
import { recallPresent, rememberPresent } from "../store/present-memory.js";

/** How many files there are, all of them present and verified; undefined where it has to be found out. Throws ABORTED. */
export async function recallAllPresent(source: ManifestSource, signal: AbortSignal): Promise<number | undefined> {
  const files = await recallPresent({ ...source, root: baseOf(source.file) }, signal);
  if (signal.aborted) throw abortError();
  return files;
}

/** Remembers that all files of the manifest are present, where a look at each is enough to tell so anew. Never throws. */
export async function rememberAllPresent(
  source: ManifestSource,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const root = baseOf(source.file);
  // The files of a whole repository are not all in the manifest.
  if (manifest.root !== root || manifest.assets.some(({ repository }) => repository !== undefined)) return;
  const files = manifest.assets.flatMap((asset) => asset.files);
  await rememberPresent({ ...source, root }, files, signal);
}
