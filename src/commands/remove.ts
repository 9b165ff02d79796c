/** `assets remove`: takes assets out of the manifest, and their files off the disk where that is asked for. */
import { AssetsError } from "../errors.js";
import type { EventListener } from "../events.js";
import { withEdits } from "../manifest/edit.js";
import { readText } from "../manifest/files-in-text.js";
import { selectAssets } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import { removeFile } from "../store/remove-file.js";
import type { RemoveReport } from "./author-reports.js";
import { recallRepositories } from "./repositories.js";
import { type Looked, openWorkspace } from "./workspace.js";
import { rewriteManifest } from "./write-manifest.js";

export interface RemoveOptions {
  manifest: Manifest;
  /** Ids, or patterns of ids. */
  ids: readonly string[];
  /** Delete their files as well. Default false. */
  files?: boolean;
  /** Delete files that are not, or cannot be proven to be, the pinned ones. Default false. */
  force?: boolean;
  /** Say what would be done, and do nothing. Default false. */
  dryRun?: boolean;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/**
 * Throws UNKNOWN_ID; CONFLICT, before anything is changed, when a file to delete is not proven to be the pinned one;
 * LOCAL_IO, DISK_FULL, MANIFEST_INVALID, the signal's reason.
 */
export async function removeAssets(options: RemoveOptions): Promise<RemoveReport> {
  const started = performance.now();
  // Of a whole repository, the files that it had when it was last asked here.
  const manifest = await recallRepositories(options.manifest);
  const { ids, files: alsoFiles = false, force = false, dryRun = false, onEvent: emit = () => {} } = options;
  const { signal = new AbortController().signal } = options;
  const selected = selectAssets(manifest, { ids: [...ids] });
  const gone = new Set(selected.map(({ id }) => id));
  const workspace = await openWorkspace(manifest, { dryRun });
  try {
    const all = selected.flatMap(({ files }) => files);
    const found = await workspace.lookAll(all, { recall: true, hash: alsoFiles && !force, signal, emit });
    if (alsoFiles && !force) refuseOthers(found);
    const edit = (text: string) => {
      const places = readText(text, manifest.base).assets.filter(({ id }) => gone.has(id));
      return withEdits(
        text,
        places.map(({ at }) => ({ do: "remove", at })),
      );
    };
    const { written } = await rewriteManifest(manifest, edit, { dryRun, signal });
    const files: RemoveReport["files"] = [];
    for (const { file, target, state, unsafe } of found) {
      const size = "size" in state ? { size: state.size } : {};
      if (state.kind === "missing") files.push({ path: file.path, status: "missing" });
      else if (!alsoFiles || unsafe) files.push({ path: file.path, status: "left", ...size });
      else {
        const reason = dryRun ? undefined : await failureOf(removeFile(manifest.root, target));
        files.push({ path: file.path, status: reason ? "left" : "deleted", ...size, ...(reason && { reason }) });
      }
    }
    const isLeft = files.some(({ reason }) => reason !== undefined);
    return {
      manifest: manifest.file,
      root: manifest.root,
      dryRun,
      ok: !isLeft,
      exitCode: isLeft ? 6 : 0,
      written,
      assets: [...gone],
      files,
      durationMs: performance.now() - started,
    };
  } finally {
    await workspace.close();
  }
}

/** A user's own work is not deleted with the asset in whose place it stands. */
function refuseOthers(found: readonly Looked[]): void {
  const others = found.filter(({ state }) => state.kind !== "valid" && state.kind !== "missing");
  if (others.length === 0) return;
  const names = others.slice(0, 5).map(({ file }) => file.path);
  const more = others.length > names.length ? ` and ${others.length - names.length} more` : "";
  const words = others.length === 1 ? "is not proven to be the pinned file" : "are not proven to be the pinned files";
  throw new AssetsError("CONFLICT", `${names.join(", ")}${more} ${words}; nothing was changed.`, {
    hint: "Without --files they stay where they are; with --files --force they are deleted all the same.",
  });
}

async function failureOf(work: Promise<void>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error) => {
      if (error instanceof AssetsError) return error.message;
      throw error;
    },
  );
}
