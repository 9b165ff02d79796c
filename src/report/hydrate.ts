/** The answer of `assets lfs hydrate` as text. */
import type { HydrateReport } from "../commands/reports.js";
import { createColors } from "./colors.js";
import { type DownloadOptions, renderDownload } from "./download.js";
import { plural } from "./format.js";
import { renderUnreadable } from "./lfs.js";

/** What could not be read, then what became of each pointer as of any other download; one line where there was none. */
export function renderHydrate(report: HydrateReport, options: DownloadOptions): string {
  const colors = createColors(options.color);
  const { unreadable, outcomes, planned = [], filesExamined } = report;
  const places = unreadable.length > 0 ? `${renderUnreadable(unreadable, colors)}\n` : "";
  if (outcomes.length === 0 && planned.length === 0) {
    return `${places}${colors.good("No Git LFS pointers")}: ${plural(filesExamined, "file")} looked at. Nothing to fetch.\n`;
  }
  const afterConflict = `To look at what stands there now: ${colors.command(`${options.program ?? "assets"} lfs`)}`;
  return `${places}${renderDownload(report, { ...options, afterConflict })}`;
}
