/** The answer of `assets verify --sums` as text. */
import type { SumReport, SumsReport } from "../commands/loose-reports.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, formatDuration, oneLine, plural, shortDigest } from "./format.js";
import { type Cell, type Column, type RenderOptions, renderTable } from "./table.js";

/** In the order in which they are shown, each with what stands before its table. */
const KINDS: readonly { status: SumReport["status"]; title: string; short: string }[] = [
  { status: "mismatch", title: "with another digest than listed", short: "with another digest" },
  { status: "missing", title: "missing", short: "missing" },
  { status: "unreadable", title: "unreadable", short: "unreadable" },
];

/** What is wrong, kind by kind, then one line of summary. */
export function renderSums(report: SumsReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const fine = report.files.filter(({ status }) => status === "valid");
  const blocks = [
    options.verbose && fine.length > 0 ? renderFine(fine, options, colors) : "",
    ...KINDS.map((kind) => renderKind(kind, report, options, colors)),
    renderMalformed(report, colors),
    `${summary(report, colors)}\n${weakness(report, colors)}${renderNotes(report, colors)}`,
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function renderFine(files: readonly SumReport[], options: RenderOptions, colors: Colors): string {
  const rows = files.map(({ algorithm, expected, size = 0, path }): Cell[] => [
    { text: "ok", paint: colors.good },
    formatBytes(size),
    algorithm,
    shortDigest(expected),
    path,
  ]);
  const columns: Column[] = [
    { title: "STATE" },
    { title: "SIZE", align: "right" },
    { title: "BY" },
    { title: "DIGEST" },
  ];
  return renderTable([...columns, { title: "PATH", path: true }], rows, options);
}

function renderKind(
  { status, title }: (typeof KINDS)[number],
  { files, sums }: SumsReport,
  options: RenderOptions,
  colors: Colors,
): string {
  const found = files.filter((file) => file.status === status);
  if (found.length === 0) return "";
  const columns: Column[] = [{ title: "LISTED" }, { title: "FOUND" }, { title: "LINE", align: "right" }];
  const rows = found.map(({ algorithm, expected, actual, reason, line, sums: list, path }) => [
    `${algorithm} ${shortDigest(expected)}`,
    reason ?? (actual === undefined ? "nothing" : shortDigest(actual)),
    sums.length > 1 ? `${list}:${line}` : String(line),
    path,
  ]);
  const table = renderTable([...columns, { title: "PATH", path: true }], rows, { ...options, indent: 2 });
  return `${colors.bad(`${plural(found.length, "file")} ${title}:`)}\n${table}`;
}

function renderMalformed({ malformed }: SumsReport, colors: Colors): string {
  if (malformed.length === 0) return "";
  const lines = malformed.map(({ sums, line, reason }) => `  ${oneLine(sums)}:${line}: ${oneLine(reason)}\n`);
  return `${colors.bad(`${plural(lines.length, "line")} that nothing can be proven by:`)}\n${lines.join("")}`;
}

function summary({ files, malformed, totals, durationMs, ok }: SumsReport, colors: Colors): string {
  const checked = `${plural(totals.files, "file")}, ${formatBytes(totals.bytes)}`;
  if (ok) return `${checked} verified in ${formatDuration(durationMs)}: ${colors.good("all match the list")}.`;
  const kinds = KINDS.map(({ status, short }) => ({
    number: files.filter((file) => file.status === status).length,
    short,
  }));
  const wrong = kinds.reduce((sum, { number }) => sum + number, 0);
  const found = kinds.filter(({ number }) => number > 0).map(({ number, short }) => `${number} ${short}`);
  if (malformed.length > 0) found.push(`${plural(malformed.length, "line")} that cannot be read`);
  const head = wrong > 0 ? `${wrong} of ${plural(totals.files, "file")} ${wrong === 1 ? "fails" : "fail"}` : checked;
  return `${colors.bad(head)}: ${found.join(", ")}.`;
}

function weakness({ files }: SumsReport, colors: Colors): string {
  const weak = [...new Set(files.filter((file) => file.weak).map(({ algorithm }) => algorithm))].sort();
  if (weak.length === 0) return "";
  const verb = weak.length === 1 ? "is" : "are";
  return `${colors.warn(`${weak.join(" and ")} ${verb} weak`)}: a match rules out accidents, but not that somebody made another file to match.\n`;
}

function renderNotes({ notes }: SumsReport, colors: Colors): string {
  return notes.map(({ sums, message }) => `${colors.warn(oneLine(sums))}: ${oneLine(message)}.\n`).join("");
}
