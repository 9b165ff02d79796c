/** The answer of `assets repair` as text. */
import type { Damage, RepairReport } from "../commands/piece-reports.js";
import type { FileStatus } from "../commands/reports.js";
import { type Colors, createColors } from "./colors.js";
import { renderFailures, stopLines } from "./download.js";
import { formatBytes, formatDuration, formatExactBytes, plural } from "./format.js";
import { type Column, type RenderOptions, renderTable } from "./table.js";

/** What {@link renderRepair} wants to know beside the report. */
export interface RepairOptions extends RenderOptions {
  /** The user stopped the run. */
  interrupted?: boolean;
}

/** What is damaged, what failed with every source that was tried, then one line of totals. */
export function renderRepair(report: RepairReport, options: RepairOptions): string {
  const colors = createColors(options.color);
  const failed = report.outcomes.filter(({ status }) => status === "failed");
  const last = report.dryRun ? [dryRunLine(report, colors)] : [totalLine(report, colors)];
  const blocks = [
    report.damages.length > 0 ? renderDamages(report.damages, options, colors) : "",
    failed.length > 0 ? renderFailures(failed, colors) : "",
    `${[...last, ...stopLines(report, options, colors)].join("\n")}\n`,
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

const FOUND: Record<FileStatus, string> = {
  valid: "right",
  missing: "missing",
  unverified: "not hashed",
  unpinned: "not pinned",
  "size-mismatch": "another size",
  "digest-mismatch": "another SHA-256",
  "lfs-pointer": "a Git LFS pointer",
  unreadable: "unreadable",
};

const WHOLE: Record<NonNullable<Damage["whole"]>, string> = {
  absent: "the whole",
  "no-pieces": "the whole: its pieces are not known",
  "all-damaged": "the whole: no piece is right",
  unreadable: "the whole: what stands there cannot be read",
  unpinned: "the whole: it is not pinned",
};

function renderDamages(damages: readonly Damage[], options: RenderOptions, colors: Colors): string {
  const columns: Column[] = [
    { title: "FOUND" },
    { title: "DAMAGED" },
    { title: "TO FETCH", align: "right" },
    { title: "PATH", path: true },
  ];
  const rows = damages.map((damage) => [
    damage.reason ?? FOUND[damage.status],
    damaged(damage),
    damage.toFetch === undefined ? "?" : formatBytes(damage.toFetch),
    damage.path,
  ]);
  return `${colors.bad(`${plural(damages.length, "file")} not as pinned:`)}\n${renderTable(columns, rows, { ...options, indent: 2 })}`;
}

function damaged({ pieces, whole, toFetch }: Damage): string {
  if (whole !== undefined) return WHOLE[whole];
  if (pieces !== undefined && pieces.damaged > 0) {
    return `${pieces.damaged} of ${plural(pieces.all, "piece")} of ${formatBytes(pieces.size)}`;
  }
  return toFetch === 0 ? "bytes behind its end" : "";
}

function dryRunLine({ totals, damages }: RepairReport, colors: Colors): string {
  if (totals.damaged === 0) return `${fine(totals, colors)} Nothing to repair.`;
  const atLeast = damages.some(({ toFetch }) => toFetch === undefined) ? "at least " : "";
  const cost = `${atLeast}${formatExactBytes(totals.toFetch)} to fetch`;
  return `${plural(totals.files, "file")}: ${colors.bad(`${totals.damaged} not as pinned`)}, ${cost}. Dry run: no asset was changed.`;
}

function totalLine({ totals, durationMs, stopped }: RepairReport, colors: Colors): string {
  if (totals.damaged === 0 && !stopped) return `${fine(totals, colors)} Nothing to repair.`;
  const parts = [
    totals.right > 0 ? `${totals.right} right` : "",
    totals.unpinned > 0 ? colors.warn(`${totals.unpinned} not pinned`) : "",
    totals.repaired > 0 ? colors.good(`${totals.repaired} repaired and verified`) : "",
    totals.failed > 0 ? colors.bad(`${totals.failed} not repaired`) : "",
  ];
  const cost = `${formatExactBytes(totals.received)} fetched in ${formatDuration(durationMs)}`;
  return `${plural(totals.files, "file")}: ${parts.filter((part) => part !== "").join(", ")}; ${cost}.`;
}

function fine({ files, unpinned }: RepairReport["totals"], colors: Colors): string {
  if (unpinned === 0) return `${plural(files, "file")}: ${colors.good("all match the manifest")}.`;
  return `${plural(files, "file")}: ${files - unpinned} match the manifest, ${colors.warn(`${unpinned} not pinned`)}.`;
}
