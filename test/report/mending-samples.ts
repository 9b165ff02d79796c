/** Reports of what was locked, mended and held against lists, to show. */
import type { SumReport, SumsReport } from "../../src/commands/loose-reports.js";
import type { Damage, LockedFile, LockReport, RepairReport } from "../../src/commands/piece-reports.js";
import type { Outcome } from "../../src/events.js";

export function lockReport(files: LockedFile[], more: Partial<LockReport> = {}): LockReport {
  const ok = !files.some(({ status }) => status === "missing" || status === "differs");
  const about = { manifest: "/m/assets.manifest.json", pieces: "/m/assets.pieces.json", dryRun: false, ok };
  return { ...about, files, written: true, bytes: 51_000, durationMs: 1200, ...more };
}

export function repairReport(damages: Damage[], outcomes: Outcome[], more: Partial<RepairReport> = {}): RepairReport {
  const failed = outcomes.filter(({ status }) => status === "failed").length;
  const totals = {
    files: damages.length + 4,
    right: 3,
    unpinned: 1,
    damaged: damages.length,
    repaired: outcomes.length - failed,
    failed,
    toFetch: damages.reduce((sum, { toFetch = 0 }) => sum + toFetch, 0),
    received: outcomes.reduce((sum, { received }) => sum + received, 0),
  };
  const about = { manifest: "/m", root: "/", dryRun: false, ok: failed === 0, exitCode: failed === 0 ? 0 : 1 };
  return { ...about, damages, outcomes, totals, keptPartialBytes: 0, durationMs: 300, ...more };
}

export function sumsReport(files: SumReport[], more: Partial<SumsReport> = {}): SumsReport {
  const findings = files.filter(({ status }) => status !== "valid").length;
  const weak = files.filter((file) => file.weak).length;
  const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
  const totals = { files: files.length, bytes, findings, weak };
  return {
    sums: ["SHA256SUMS"],
    ok: findings === 0,
    files,
    malformed: [],
    notes: [],
    totals,
    durationMs: 250,
    ...more,
  };
}
