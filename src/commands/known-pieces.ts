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
 * another one than is there, or none that can be read, of which a warning tells.
 */
export async function committedPieces(
  { file, pieces }: Manifest,
  emit: EventListener,
): Promise<ReadonlyMap<string, Pieces>> {
  const none = new Map<string, Pieces>();
  if (pieces === undefined) return none;
  const path = piecesPath(file);
  const warn = (why: string) => {
    emit({ type: "warning", message: `${path} ${why}, so it is not used. To write it anew: assets lock --pieces` });
    return none;
  };
  let text: string | undefined;
  try {
    text = await readText(path);
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error;
    emit({ type: "warning", message: `${error.message} It is not used.` });
    return none;
  }
  if (text === undefined) return warn("is missing");
  if (createHash("sha256").update(text).digest("hex") !== pieces) return warn("is not the one that the manifest names");
  return readPieces(text) ?? warn("is no file of pieces");
}

/**
 * The files of pieces beside a manifest, whether it names them (yet) or not: a run may have been stopped after it wrote
 * them. A warning tells of a file that is none of pieces. Throws LOCAL_IO.
 */
export async function piecesBeside({ file }: Manifest, emit: EventListener): Promise<ReadonlyMap<string, Pieces>> {
  const path = piecesPath(file);
  const text = await readText(path);
  const found = text === undefined ? new Map<string, Pieces>() : readPieces(text);
  if (found !== undefined) return found;
  emit({ type: "warning", message: `${path} is no file of pieces, so nothing of it is kept.` });
  return new Map();
}

/** As it was written, also where git gave it the line ends of Windows, or an editor the mark of UTF-8. */
async function readText(path: string): Promise<string | undefined> {
  const bytes = await readWhole(path, MOST_BYTES);
  return bytes
    ?.toString("utf8")
    .replace(/^\ufeff/, "")
    .replaceAll("\r\n", "\n");
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
