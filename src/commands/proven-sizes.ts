/** Sizes of pinned files that lie here, told only of those that have the pinned SHA-256. */
import type { EventListener } from "../events.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { openWorkspace } from "./workspace.js";

/**
 * In bytes, in the order of the files; undefined for one that is not here as pinned. What the ledger does not remember as
 * proven is hashed. Throws the signal's reason.
 */
export async function provenSizes(
  files: readonly AssetFile[],
  manifest: Manifest,
  { signal, emit }: { signal: AbortSignal; emit: EventListener },
): Promise<(number | undefined)[]> {
  if (files.length === 0) return [];
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(files, { recall: true, hash: true, signal, emit });
    return found.map(({ state }) => (state.kind === "valid" ? state.size : undefined));
  } finally {
    await workspace.close();
  }
}
