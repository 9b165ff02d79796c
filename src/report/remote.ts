/** The answer of `assets remote ls` as text. */
import type { RemoteReport } from "../commands/reports.js";
import { createColors } from "./colors.js";
import { formatBytes, oneLine, plural, shortDigest } from "./format.js";
import { type RenderOptions, renderTable } from "./table.js";

/** What it is, a table of its files, the sum. */
export function renderRemote(report: RemoteReport, options: RenderOptions): string {
  const { url, moved, licence, gated, lastModified, files, totals } = report;
  const colors = createColors(options.color);
  const about = [
    moved === undefined ? "" : `${moved} now`,
    licence ?? "",
    gated ? "gated: its licence has to be accepted" : "",
    report.private ? "private" : "",
    lastModified === undefined ? "" : `changed ${lastModified.slice(0, 10)}`,
  ].filter((part) => part !== "");
  const table = renderTable(
    [{ title: "SIZE", align: "right" }, { title: "DIGEST" }, { title: "PATH", path: true }],
    files.map(({ path, size, digest }) => [
      size === undefined ? "?" : formatBytes(size),
      digest === undefined ? "?" : `${digest.algorithm} ${shortDigest(digest.hex)}`,
      path,
    ]),
    options,
  );
  const head = `${oneLine(url)}${about.length === 0 ? "" : `  ${colors.quiet(oneLine(about.join(", ")))}`}`;
  return `${head}\n\n${table}\n${plural(totals.files, "file")}, ${formatBytes(totals.size)}.\n`;
}
