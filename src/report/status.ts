/** The answer of `assets status` as text. */
import type { StatusReport } from "../commands/reports.js";
import { createColors } from "./colors.js";
import { formatCount, plural } from "./format.js";

/** One line. */
export function renderStatus({ ok, totals }: StatusReport, { color }: { color: boolean }): string {
  const colors = createColors(color);
  const { valid, unpinned, unproven, missing, damaged } = totals;
  const wrong = [
    [missing, "missing"],
    [damaged, "damaged"],
    [unproven, "not proven"],
  ] as const;
  const parts = wrong.filter(([count]) => count > 0).map(([count, word]) => `${formatCount(count)} ${word}`);
  const pins = unpinned > 0 ? ` (${formatCount(unpinned)} not pinned)` : "";
  if (ok) return `${plural(totals.files, "file")}: ${colors.good("all well")}${pins}\n`;
  return `${plural(totals.files, "file")}: ${colors.bad(parts.join(", "))}, ${formatCount(valid + unpinned)} well${pins}\n`;
}
