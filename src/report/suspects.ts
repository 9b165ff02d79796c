/** The answer of `assets verify FOLDER` as text. */
import type { SuspectReport, SuspectsReport } from "../commands/loose-reports.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, formatDuration, oneLine, plural } from "./format.js";
import { type Column, type RenderOptions, renderTable } from "./table.js";

const KINDS: Record<SuspectReport["kind"], string> = {
  pointer: "LFS pointer",
  empty: "empty",
  leftover: "leftover",
  page: "web page",
  format: "format",
};

/** What is suspicious and why, then one line of summary. */
export function renderSuspects(report: SuspectsReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const { suspects, unreadable } = report;
  const columns: Column[] = [{ title: "KIND" }, { title: "SIZE", align: "right" }, { title: "PATH" }, { title: "WHY" }];
  const rows = suspects.map(({ kind, size, path, reason }) => [
    { text: KINDS[kind], paint: colors.warn },
    formatBytes(size),
    path,
    reason,
  ]);
  const blocks = [
    rows.length > 0 ? renderTable(columns, rows, options) : "",
    unreadable.length > 0 ? renderUnreadable(unreadable, colors) : "",
    `${summary(report, options, colors)}\n`,
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function renderUnreadable(places: SuspectsReport["unreadable"], colors: Colors): string {
  const lines = places.map(({ path, reason }) => `  ${oneLine(path)}: ${oneLine(reason)}\n`);
  return `${colors.warn(`${plural(places.length, "place")} could not be read:`)}\n${lines.join("")}`;
}

function summary({ totals, suspects, durationMs }: SuspectsReport, options: RenderOptions, colors: Colors): string {
  const looked = `${plural(totals.files, "file")} looked at in ${formatDuration(durationMs)}`;
  if (suspects.length === 0) return `${looked}: ${colors.good("nothing suspicious")}. Nothing is proven by that.`;
  const head = `${looked}: ${colors.warn(`${suspects.length} suspicious`)}, which is not to say wrong.`;
  if (!suspects.some(({ kind }) => kind === "pointer")) return head;
  return `${head}\nWhat the pointers stand for: ${colors.command(`${options.program ?? "assets"} lfs`)}`;
}
