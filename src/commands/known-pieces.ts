/** What is known of the pieces of a manifest's files: from the file beside it, or from memory. */
import { createHash } from "node:crypto";
import { AssetsError } from "../errors.js";
import type { EventListener } from "../events.js";
import { type Pieces, piecesPath } from "../manifest/pieces.js";
import { readPieces } from "../manifest/read-pieces.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { openPieceMemory } from "../store/piece-memory.js";
import { readWhole } from "../store/whole-text.js";

/** No file of pieces is longer, in bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The files of pieces beside a manifest, by SHA-256. None when the manifest names no such file; also when it names
 * another one than is there, or none that can be read, of which a warning tells. `must`: throws LOCAL_IO where it cannot
 * be read. Default false.
 */
export async function committedPieces(
  { file, pieces }: Manifest,
  emit: EventListener,
  { must = false } = {},
): Promise<ReadonlyMap<string, Pieces>> {
  const none = new Map<string, Pieces>();
  if (pieces === undefined) return none;
  const path = piecesPath(file);
  const warn = (why: string) => {
    emit({ type: "warning", message: `${path} ${why}, so it is not used. To write it anew: assets lock --pieces` });
    return none;
  };
  let bytes: Buffer | undefined;
  try {
    bytes = await readWhole(path, MOST_BYTES);
  } catch (error) {
    if (must || !(error instanceof AssetsError)) throw error;
    emit({ type: "warning", message: `${error.message} It is not used.` });
    return none;
  }
  if (bytes === undefined) return warn("is missing");
  // As it was written, also where git gave it the line ends of Windows, or an editor the mark of UTF-8.
  const text = bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .replaceAll("\r\n", "\n");
  if (createHash("sha256").update(text).digest("hex") !== pieces) return warn("is not the one that the manifest names");
  return readPieces(text) ?? warn("is no file of pieces");
}

/** Tells the pieces of a file, if they are known: those that the manifest names, or what is remembered. */
export function openKnownPieces(
  manifest: Manifest,
  committed: ReadonlyMap<string, Pieces>,
): (file: AssetFile) => Promise<Pieces | undefined> {
  const memory = openPieceMemory(manifest.root);
  return async ({ sha256, size }) => {
    if (sha256 === undefined) return undefined;
    const found = committed.get(sha256) ?? (await memory.recall(sha256));
    return size === undefined || found?.size === size ? found : undefined;
  };
}
