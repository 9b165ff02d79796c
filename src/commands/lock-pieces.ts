/** `assets lock --pieces`: writes down the digests of the pieces of what is here and proven. */
import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { AssetsError, abortError } from "../errors.js";
import type { EventListener } from "../events.js";
import { withEdits } from "../manifest/edit.js";
import { formatPieces, type Pieces, pieceBytesFor, pieceCount, piecesPath } from "../manifest/pieces.js";
import { type Selection, select } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import { readWhole, replaceWhole } from "../store/whole-text.js";
import { runPool } from "../transfer/pool.js";
import { piecesBeside } from "./known-pieces.js";
import type { LockedFile, LockReport } from "./piece-reports.js";
import { createProgress, type Looked, openWorkspace, type Workspace } from "./workspace.js";
import { refuseChanged, rewriteManifest } from "./write-manifest.js";

export interface LockOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Say what would be written, and write nothing. Default false. */
  dryRun?: boolean;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/** Files that are hashed side by side. */
const FILES = 8;

/**
 * Hashes every selected file piece by piece, writes `assets.pieces.json`, and its digest into the manifest, of which all
 * else stays as it is. What is known of pinned files that are not selected, or not here, is kept. Throws UNKNOWN_ID,
 * NOTHING_SELECTED, ABORTED, LOCAL_IO, DISK_FULL, MANIFEST_INVALID when the manifest has become another meanwhile.
 */
export async function lockPieces(options: LockOptions): Promise<LockReport> {
  const started = performance.now();
  const { manifest, selection = {}, dryRun = false } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  setMaxListeners(0, signal);
  const selected = select(manifest, selection);
  const known = knownOf(manifest, await piecesBeside(manifest, emit));
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(selected, { recall: false, hash: false, signal });
    const progress = createProgress(
      found.filter(isCut).map(({ state }) => state),
      emit,
    );
    const files = await runPool(found, FILES, async (looked) => {
      if (!isCut(looked)) return lockedFile(looked, known);
      const own = progress.file();
      const pieces = await hashPieces(looked, workspace, signal, own.read).catch((error) => {
        if (signal.aborted) throw abortError();
        // Unreadable, or written to meanwhile: it is not here as pinned.
        if (!(error instanceof AssetsError)) throw error;
        return undefined;
      });
      own.done(looked.state.size);
      // Whatever is known of the pinned bytes stays true when others stand in their place.
      if (pieces === undefined || pieces.sha256 !== looked.file.sha256) return lockedFile(looked, known);
      known.set(pieces.sha256, pieces);
      return lockedFile(looked, known, "locked");
    });
    const { text, written } = dryRun
      ? { text: formatPieces([...known.values()]), written: false }
      : await write(manifest, known, new Set(selected.map(({ asset }) => asset)), signal);
    return {
      manifest: manifest.file,
      pieces: piecesPath(manifest.file),
      dryRun,
      ok: files.every(({ status }) => status !== "missing" && status !== "differs"),
      files,
      written,
      bytes: Buffer.byteLength(text),
      durationMs: performance.now() - started,
    };
  } finally {
    await workspace.close();
  }
}

type Cut = Looked & { state: { kind: "unverified"; size: number } };

/** Whether a file is here, pinned, and large enough to be cut into pieces. */
function isCut(looked: Looked): looked is Cut {
  return looked.state.kind === "unverified" && pieceBytesFor(looked.state.size) !== undefined;
}

async function hashPieces(
  { target, state: { size } }: Cut,
  workspace: Workspace,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Pieces | undefined> {
  const cutting = { pieceBytes: pieceBytesFor(size) ?? size, algorithm: "sha256" } as const;
  const { hex, pieces, ...hashed } = await workspace.hash(target, { signal, onProgress, cutting });
  return pieces && { ...pieces, sha256: hex, size: hashed.size };
}

function lockedFile({ file, state }: Looked, known: ReadonlyMap<string, Pieces>, done?: "locked"): LockedFile {
  const { asset, path, sha256 = "" } = file;
  const pieces = known.get(sha256);
  const size = file.size ?? ("size" in state ? state.size : undefined);
  const small = size !== undefined && pieceBytesFor(size) === undefined;
  const away = state.kind === "missing" ? "missing" : "differs";
  const status =
    done ?? (sha256 === "" ? "unpinned" : small ? "small" : pieces === undefined ? away : ("kept" as const));
  const cut = status === "locked" || status === "kept" ? pieces : undefined;
  return {
    asset,
    path,
    status,
    ...(size !== undefined && { size }),
    ...(cut && { pieceSize: cut.pieceBytes, pieces: pieceCount(cut) }),
  };
}

/** What is told of the pieces of files that the manifest pins. */
function knownOf({ assets }: Manifest, pieces: ReadonlyMap<string, Pieces>): Map<string, Pieces> {
  const known = new Map<string, Pieces>();
  for (const { sha256 = "" } of assets.flatMap(({ files }) => files)) {
    const own = pieces.get(sha256);
    if (own !== undefined) known.set(sha256, own);
  }
  return known;
}

/**
 * Writes the pieces down beside those that another run wrote meanwhile, and names them in the manifest. They come first:
 * until the manifest names them, they only tell the next such run what is known.
 */
async function write(
  manifest: Manifest,
  known: ReadonlyMap<string, Pieces>,
  hashed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ text: string; written: boolean }> {
  const path = piecesPath(manifest.file);
  let text = "";
  let isNew = false;
  const edit = async (source: string, now: Manifest) => {
    refuseChanged(now, manifest, hashed);
    const there = await piecesBeside(now, () => {});
    const wanted = knownOf({ ...manifest, assets: [...manifest.assets, ...now.assets] }, new Map([...there, ...known]));
    text = formatPieces([...wanted.values()]);
    const named = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    const edited = withEdits(source, [{ do: "set", at: [], key: "pieces", value: named, after: ["version"] }]);
    const bytes = Buffer.from(text);
    isNew = !(await readWhole(path, bytes.length).catch(() => undefined))?.equals(bytes);
    if (isNew) await replaceWhole(path, text);
    return edited;
  };
  const { written } = await rewriteManifest(manifest, edit, { signal });
  return { text, written: written || isNew };
}
