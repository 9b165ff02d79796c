/** `assets verify`: proves every selected file by its bytes, without a network. */
import type { EventListener } from "../events.js";
import { type Selection, select } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import { fileReport } from "./file-report.js";
import type { FileReport, FileStatus, VerifyReport } from "./reports.js";
import { openWorkspace } from "./workspace.js";

export interface VerifyOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Count files without a pinned SHA-256 as findings. Default false. */
  requirePins?: boolean;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/** Hashes every selected file. Never writes to an asset. Throws UNKNOWN_ID, NOTHING_SELECTED, ABORTED. */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const started = performance.now();
  const { manifest, selection = {}, requirePins = false, signal, onEvent } = options;
  const files = select(manifest, selection);
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(files, {
      recall: false,
      hash: true,
      hashUnpinned: true,
      ...(signal && { signal }),
      ...(onEvent && { emit: onEvent }),
    });
    const reports = found.map(fileReport);
    const isFinding = ({ status }: FileReport) => status !== "valid" && (requirePins || status !== "unpinned");
    const findings = reports.filter(isFinding).length;
    const byStatus: Partial<Record<FileStatus, number>> = {};
    let bytes = 0;
    for (const { status, size = 0 } of reports) {
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      if (status === "valid" || status === "unpinned") bytes += size;
    }
    return {
      manifest: manifest.file,
      root: manifest.root,
      ok: findings === 0,
      files: reports,
      totals: { files: reports.length, bytes, findings, byStatus },
      durationMs: performance.now() - started,
    };
  } finally {
    await workspace.close();
  }
}
