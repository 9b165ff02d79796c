/** `assets verify`: proves every selected file by its bytes, without a network. */
import type { EventListener } from "../events.js";
import { fileMatcher, type Selection, select } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { fileReport } from "./file-report.js";
import type { FileReport, FileStatus, VerifyReport } from "./reports.js";
import { openWorkspace } from "./workspace.js";

export interface VerifyOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Take the ledger's word for files that stand as they stood when they were proven. Default false. */
  quick?: boolean;
  /** With `quick`: not for what was proven longer ago than this, in milliseconds. Default: however long ago. */
  maxAgeMs?: number | undefined;
  /** Count files without a pinned SHA-256 as findings. Default false. */
  requirePins?: boolean;
  /**
   * Patterns of files that must be named, here and proven, whatever else is selected. A pattern that no file of the
   * manifest matches is a finding, and so is a file that matches and has no pin.
   */
  require?: readonly string[];
  /** Look for files in the folders of the selected ones that no asset names; they are findings. Default false. */
  extra?: boolean;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/**
 * Proves every selected file, and those that `require` names. Never writes to an asset. Throws UNKNOWN_ID,
 * NOTHING_SELECTED, USAGE, ABORTED.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const started = performance.now();
  const { manifest, selection = {}, quick = false, maxAgeMs, requirePins = false, signal, onEvent } = options;
  const required = requiredFiles(manifest, options.require ?? []);
  const files = union(manifest, select(manifest, selection), required.files);
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(files, {
      recall: quick,
      ...(quick && maxAgeMs !== undefined && { during: await workspace.span(maxAgeMs) }),
      hash: true,
      // Without a pin there is nothing that hashing would prove.
      hashUnpinned: !quick,
      ...(signal && { signal }),
      ...(onEvent && { emit: onEvent }),
    });
    const extras = options.extra === true ? await lookForExtras(options, files) : undefined;
    const reports = found.map(fileReport);
    for (const [index, report] of reports.entries()) {
      const needsPin = requirePins || required.files.has(files[index] as AssetFile);
      if (report.status !== "valid" && (needsPin || report.status !== "unpinned")) report.finding = true;
    }
    const totals = totalsOf(reports);
    totals.findings += required.unmatched.length + (extras?.extra.length ?? 0);
    return {
      manifest: manifest.file,
      root: manifest.root,
      ok: totals.findings === 0,
      ...(quick && { quick: true as const }),
      files: reports,
      ...(required.unmatched.length > 0 && { unmatched: required.unmatched }),
      ...extras,
      totals,
      durationMs: performance.now() - started,
    };
  } finally {
    await workspace.close();
  }
}

function totalsOf(reports: readonly FileReport[]) {
  const byStatus: Partial<Record<FileStatus, number>> = {};
  let bytes = 0;
  let findings = 0;
  let remembered = 0;
  for (const { status, size = 0, finding, proof } of reports) {
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    if (status === "valid" || status === "unpinned") bytes += size;
    if (finding) findings++;
    if (proof === "remembered") remembered++;
  }
  return { files: reports.length, bytes, findings, byStatus, proven: (byStatus.valid ?? 0) - remembered, remembered };
}

/** The files that the patterns name, and the patterns that name none. */
function requiredFiles({ assets }: Manifest, patterns: readonly string[]) {
  const all = assets.flatMap(({ files }) => files);
  const files = new Set<AssetFile>();
  const unmatched = patterns.filter((pattern) => {
    const matched = all.filter(fileMatcher([pattern]));
    for (const file of matched) files.add(file);
    return matched.length === 0;
  });
  return { files, unmatched };
}

/** In the manifest's order. */
function union({ assets }: Manifest, selected: AssetFile[], more: ReadonlySet<AssetFile>): AssetFile[] {
  if (more.size === 0) return selected;
  const wanted = new Set([...selected, ...more]);
  return assets.flatMap(({ files }) => files.filter((file) => wanted.has(file)));
}

async function lookForExtras({ manifest, selection = {}, signal }: VerifyOptions, files: readonly AssetFile[]) {
  const { findExtras } = await import("./extras.js");
  return findExtras({ manifest, files, exclude: selection.exclude ?? [], signal });
}
