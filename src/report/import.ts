/** The answers of `assets import` and `assets export` as text. */
import type { ExportReport } from "../commands/export.js";
import type { ImportReport } from "../commands/import.js";
import { safeText } from "../errors.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, oneLine, plural } from "./format.js";
import type { RenderOptions } from "./table.js";

/** More remarks of a kind than these are only counted, unless all are wanted. */
const MOST_REMARKS = 20;

/** The diff of a dry run, what is in conflict, what was left out and why, then one line of summary and what to do next. */
export function renderImport(report: ImportReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const { conflicts, refused, notes, dryRun } = report;
  const block = (title: string, lines: readonly string[]) => {
    if (lines.length === 0) return "";
    const told = options.verbose ? lines : lines.slice(0, MOST_REMARKS);
    const more = lines.length > told.length ? `  … and ${lines.length - told.length} more: --verbose\n` : "";
    return `${title}\n${told.map((line) => `  ${oneLine(line)}\n`).join("")}${more}`;
  };
  const blocks = [
    dryRun ? renderDiff(report.diff, colors) : "",
    block(
      colors.warn("To be known:"),
      notes.flatMap(({ place, message, left }) => (left ? [] : [`${place}: ${message}`])),
    ),
    block(
      colors.warn("Left out:"),
      notes.flatMap(({ place, message, left }) => (left ? [`${place}: ${message}`] : [])),
    ),
    block(
      colors.bad(`${plural(refused.length, "entry", "entries")} that cannot be taken over:`),
      refused.map(({ place, message }) => `${place}: ${message}`),
    ),
    block(
      colors.bad(`${plural(conflicts.length, "conflict")}, in which the manifest stays as it is:`),
      conflicts.map((one) => `${one.path} (of ${one.asset}, meets ${one.with}): ${one.reason}`),
    ),
    advice(report, options, colors),
    summary(report, options, colors),
  ];
  return blocks.filter((text) => text !== "").join("\n");
}

/** What to do where the list is right, and not the manifest: nothing is to be lost that is in no conflict. */
function advice(report: ImportReport, { program = "assets", verbose }: RenderOptions, colors: Colors): string {
  const { conflicts, replaceable, manifest } = report;
  const title = "If what is imported is right";
  const ids = verbose ? replaceable : replaceable.slice(0, MOST_REMARKS);
  const remove = colors.command(`${program} remove ${ids.map((id) => shellWord(oneLine(id))).join(" ")}`);
  const whole = ids.length === 0 ? "" : `${title}: ${remove}, and the same import again. No file is deleted by that.\n`;
  const met = conflicts.flatMap((one) =>
    one.meets === undefined || replaceable.includes(one.with) ? [] : [one.meets],
  );
  if (met.length === 0) return whole;
  const lines = [...new Map(met.map((one) => [one.path, one])).values()].map(({ path, line, keys }) => {
    const what = keys.length === 0 ? "the whole entry" : keys.map((key) => `"${key}"`).join(", ");
    return `  line ${line}: ${what} of ${oneLine(path)}\n`;
  });
  const told = verbose ? lines : lines.slice(0, MOST_REMARKS);
  const more = lines.length > told.length ? `  … and ${lines.length - told.length} more: --verbose\n` : "";
  const how = `take out of ${oneLine(manifest)} what is named here, and import again, which writes it anew`;
  return `${whole}${title}, ${how}:\n${told.join("")}${more}`;
}

function renderDiff(diff: string, colors: Colors): string {
  const lines = safeText(diff).split("\n");
  return lines
    .map((line) => (line.startsWith("+") ? colors.good(line) : line.startsWith("-") ? colors.bad(line) : line))
    .join("\n");
}

function summary(report: ImportReport, { program = "assets" }: RenderOptions, colors: Colors): string {
  const { manifest, added, filled, same, bytes, unpinned, dryRun, written, created } = report;
  const assets = new Set(added.map(({ asset }) => asset)).size;
  const parts = [
    `${plural(added.length, "file")}${added.length > 0 ? ` in ${plural(assets, "asset")}` : ""}${bytes > 0 ? ` (${formatBytes(bytes)})` : ""} added`,
    filled.length > 0 ? `${filled.length} pinned now` : "",
    same.length > 0 ? `${same.length} there already` : "",
    unpinned > 0 ? colors.warn(`${unpinned} without a SHA-256`) : "",
  ].filter((part) => part !== "");
  const how = dryRun
    ? "Dry run: nothing was written"
    : written
      ? colors.good(created ? "Made anew" : "Written")
      : "Nothing has changed";
  // What is fetched without a pin proves nothing.
  const [aim, way] =
    unpinned > 0 ? ["pin and fetch those without a SHA-256", "lock"] : ["fetch and prove them", "download --all"];
  const next = written ? `To ${aim}: ${colors.command(`${program} ${way}`)}\n` : "";
  const more = dryRun ? "" : report.next.map((words) => `${oneLine(words)}\n`).join("");
  return `${oneLine(manifest)}: ${parts.join(", ")}. ${how}.\n${next}${more}`;
}

/** What was written where, and what was left out, for standard error. */
export function renderExport({ output, files, left, notes = [] }: ExportReport): string {
  const lines = left
    .slice(0, MOST_REMARKS)
    .map(({ path, reason }) => `assets: left out: ${oneLine(path)}: ${reason}.\n`);
  const more = left.length > MOST_REMARKS ? `assets: … and ${left.length - MOST_REMARKS} more.\n` : "";
  const known = notes.map((note) => `assets: ${note}.\n`).join("");
  return `${lines.join("")}${more}${known}${output === undefined ? "" : `${plural(files, "file")} written to ${oneLine(output)}.\n`}`;
}
