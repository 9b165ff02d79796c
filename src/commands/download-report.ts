/** The answer of `assets download`, added up from the outcomes of its files. */
import { exitCodeOf, redact } from "../errors.js";
import type { Outcome } from "../events.js";
import type { Manifest } from "../manifest/types.js";
import type { PlanItem } from "../plan.js";
import type { DownloadReport, TransferReport } from "./reports.js";

/** `planned` for a dry run; `started` by `performance.now()`. */
export function downloadReport(
  { manifest, dryRun = false }: { manifest: Manifest; dryRun?: boolean },
  outcomes: Outcome[],
  archiveBytes: number,
  started: number,
  planned?: readonly PlanItem[],
): DownloadReport {
  const { file, root } = manifest;
  return { manifest: file, root, ...transferReport(dryRun, outcomes, archiveBytes, started, planned) };
}

/** What became of files, whatever named them. Parameters as of {@link downloadReport}. */
export function transferReport(
  dryRun: boolean,
  outcomes: Outcome[],
  archiveBytes: number,
  started: number,
  planned?: readonly PlanItem[],
): TransferReport {
  const count = (status: Outcome["status"]) => outcomes.filter((outcome) => outcome.status === status).length;
  const exitCode = exitCodeFor(outcomes);
  return {
    dryRun,
    ok: exitCode === 0,
    exitCode,
    outcomes,
    ...(planned && { planned: planned.map(plannedReport) }),
    totals: {
      files: planned?.length ?? outcomes.length,
      downloaded: count("downloaded"),
      reused: count("reused"),
      present: count("present"),
      failed: count("failed"),
      skipped: count("skipped"),
      received: archiveBytes + outcomes.reduce((sum, { received }) => sum + received, 0),
    },
    keptPartialBytes: 0,
    durationMs: performance.now() - started,
  };
}

function plannedReport({ file: { asset, path, size, urls }, action, reason }: PlanItem) {
  const about = { ...(size !== undefined && { size }), ...(reason !== undefined && { reason }) };
  return { asset, path, action, ...about, urls: urls.map(redact) };
}

/** 0 when nothing failed; the code of the failures when they are of one kind; 1 when of several. */
function exitCodeFor(outcomes: readonly Outcome[]): number {
  const codes = new Set<number>();
  for (const { status, error } of outcomes) {
    if (error !== undefined && status === "failed") codes.add(exitCodeOf(error.code));
  }
  if (codes.size === 0) return outcomes.some(({ status }) => status === "skipped") ? exitCodeOf("ABORTED") : 0;
  return codes.size === 1 ? ([...codes][0] ?? 1) : 1;
}
