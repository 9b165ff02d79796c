/** The answer of `assets verify` as text. */
import type { ExtraFile, FileReport, FileStatus, VerifyReport } from "../commands/reports.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { fixOf } from "./fixes.js";
import { formatBytes, formatCount, formatDuration, formatExactBytes, oneLine, plural, shortDigest } from "./format.js";
import { type Cell, type Column, type RenderOptions, renderTable } from "./table.js";

/** How one kind of finding is explained. */
interface Finding {
  status: FileStatus;
  /** Stands before the table; the count comes first. */
  title: string;
  /** Stands in the summary after a count. */
  short: string;
  /** Columns before the path. */
  columns: { titles: string[]; cells: (file: FileReport) => string[] };
}

const PATH: Column = { title: "PATH", path: true };
const EXPECTED_FOUND = ["EXPECTED", "FOUND"];

/** In the order in which they are shown: the most surprising first. */
const FINDINGS: readonly Finding[] = [
  {
    status: "digest-mismatch",
    title: "with another SHA-256 than pinned",
    short: "with another SHA-256",
    columns: { titles: EXPECTED_FOUND, cells: (file) => [digest(file.expected?.sha256), digest(file.actual?.sha256)] },
  },
  {
    status: "size-mismatch",
    title: "with another size than pinned",
    short: "with another size",
    columns: { titles: EXPECTED_FOUND, cells: (file) => [bytes(file.expected?.size), bytes(file.actual?.size)] },
  },
  {
    status: "lfs-pointer",
    title: "with a Git LFS pointer in place of the content",
    short: "with a Git LFS pointer",
    columns: { titles: EXPECTED_FOUND, cells: (file) => [bytes(file.expected?.size), file.reason ?? "a pointer"] },
  },
  {
    status: "missing",
    title: "missing",
    short: "missing",
    columns: { titles: ["SIZE", "ASSET"], cells: (file) => [known(file.size), file.asset] },
  },
  {
    status: "unreadable",
    title: "unreadable",
    short: "unreadable",
    columns: { titles: ["REASON"], cells: (file) => [file.reason ?? "unknown"] },
  },
];

/** What is wrong, kind by kind with the command that mends it, then one line of summary. */
export function renderVerify(report: VerifyReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const blocks = FINDINGS.flatMap((finding) => {
    const files = report.files.filter((file) => file.status === finding.status);
    return files.length === 0 ? [] : [renderFinding(finding, files, options, colors)];
  });
  const fine = options.verbose ? renderFine(report.files, options, colors) : "";
  const unpinned = report.files.filter((file) => file.status === "unpinned");
  const note = unpinned.length === 0 ? "" : renderUnpinned(unpinned, options, colors);
  const others = renderOthers(report, options, colors);
  return [fine, note, ...blocks, ...others, `${summary(report, colors)}\n`].filter((block) => block !== "").join("\n");
}

/** What is told beside the files of the manifest. */
function renderOthers(
  { unmatched = [], extra = [], leftovers = [] }: VerifyReport,
  options: RenderOptions,
  colors: Colors,
) {
  const table = (files: readonly ExtraFile[]) => {
    const rows = files.map(({ path, size, reason }) => [reason ?? known(size), path]);
    return renderTable([{ title: "SIZE" }, PATH], rows, { ...options, indent: 2 });
  };
  const blocks: string[] = [];
  if (leftovers.length > 0) {
    const title = `${plural(leftovers.length, "leftover")} of downloads that no pin goes on with; remove what you do not need:`;
    blocks.push(`${colors.warn(title)}\n${table(leftovers)}`);
  }
  if (extra.length > 0) {
    const title = `${plural(extra.length, "file")} that no asset names:`;
    blocks.push(`${colors.bad(title)}\n${table(extra)}`);
  }
  if (unmatched.length > 0) {
    const rows = unmatched.map((pattern) => [pattern]);
    const title = `${plural(unmatched.length, "required pattern")} that no file of the manifest matches:`;
    blocks.push(`${colors.bad(title)}\n${renderTable([{ title: "PATTERN" }], rows, { ...options, indent: 2 })}`);
  }
  return blocks;
}

function renderFinding(finding: Finding, files: readonly FileReport[], options: RenderOptions, colors: Colors): string {
  const columns: Column[] = [...finding.columns.titles.map((title) => ({ title })), PATH];
  const rows = files.map((file) => [...finding.columns.cells(file), file.path]);
  const table = renderTable(columns, rows, { ...options, indent: 2 });
  const title = colors.bad(`${plural(files.length, "file")} ${finding.title}:`);
  const ids = [...new Set(files.map((file) => shellWord(oneLine(file.asset))))].join(" ");
  const fix = fixOf(finding.status, ids, options.program);
  if (!fix) return `${title}\n${table}`;
  return `${title}\n${table}  To mend: ${colors.command(fix.command)}${fix.effect && `  (${fix.effect})`}\n`;
}

function renderFine(files: readonly FileReport[], options: RenderOptions, colors: Colors): string {
  const fine = files.filter((file) => file.status === "valid" || file.status === "unverified");
  if (fine.length === 0) return "";
  const rows = fine.map((file): Cell[] => [
    file.status === "valid"
      ? { text: file.proof === "remembered" ? "remembered" : "ok", paint: colors.good }
      : { text: "size ok", paint: colors.warn },
    known(file.size),
    digest(file.actual?.sha256 ?? file.expected?.sha256),
    file.path,
  ]);
  const columns: Column[] = [{ title: "STATE" }, { title: "SIZE", align: "right" }, { title: "SHA-256" }, PATH];
  return renderTable(columns, rows, options);
}

function renderUnpinned(files: readonly FileReport[], options: RenderOptions, colors: Colors): string {
  const rows = files.map((file): Cell[] => [known(file.size), file.actual?.sha256 ?? "not hashed", file.path]);
  const title = colors.warn(`${plural(files.length, "file")} without a pinned SHA-256, so there is nothing to prove:`);
  const columns: Column[] = [{ title: "SIZE", align: "right" }, { title: "SHA-256 FOUND" }, PATH];
  return `${title}\n${renderTable(columns, rows, { ...options, indent: 2 })}`;
}

/** The last line alone, without colours. */
export function summarise(report: VerifyReport): string {
  return summary(report, createColors(false));
}

function summary(report: VerifyReport, colors: Colors): string {
  const { files, totals, durationMs, ok } = report;
  const count = (status: FileStatus) => files.filter((file) => file.status === status).length;
  if (!ok) return failure(report, colors);
  const checked = `${plural(totals.files, "file")}, ${formatBytes(totals.bytes)}`;
  const [valid, unverified, unpinned] = [count("valid"), count("unverified"), count("unpinned")];
  const known = proofs(report);
  const parts = [
    valid > 0 ? `${valid} match the manifest${known && ` (${known})`}` : "",
    unverified > 0 ? `${unverified} have the right size but were not hashed` : "",
    unpinned > 0 ? `${unpinned} not pinned` : "",
  ].filter((part) => part !== "");
  if (parts.length > 1) return `${checked} checked in ${formatDuration(durationMs)}: ${parts.join(", ")}.`;
  if (unverified > 0) return `${checked}: all have the right size. They were not hashed.`;
  if (unpinned > 0) return `${checked}: none of them pinned, so nothing is proven.`;
  const all = colors.good("all match the manifest");
  if (known !== "") return `${checked} checked in ${formatDuration(durationMs)}: ${all} (${known}).`;
  return `${checked} verified in ${formatDuration(durationMs)}: ${all}.`;
}

/** How the files that are right are known to be; nothing where all were hashed since that was asked for. */
function proofs({ quick, totals: { proven, remembered } }: VerifyReport): string {
  return quick ? `${formatCount(proven)} proven now, ${formatCount(remembered)} remembered` : "";
}

function failure(report: VerifyReport, colors: Colors): string {
  const { files, totals, extra = [], unmatched = [] } = report;
  const kinds = FINDINGS.map(({ status, short }) => ({
    number: files.filter((file) => file.status === status).length,
    short,
  }));
  const others = extra.length + unmatched.length;
  // Files without a pin are findings only where the user asked for pins.
  const unasked = totals.findings - others - kinds.reduce((sum, { number }) => sum + number, 0);
  const found = [...kinds, { number: unasked, short: "without a pinned SHA-256" }].filter(({ number }) => number > 0);
  const failed = totals.findings - others;
  const known = totals.proven + totals.remembered === 0 ? "" : proofs(report);
  const sentences = [
    failed === 0
      ? ""
      : `${colors.bad(`${formatCount(failed)} of ${plural(totals.files, "file")} ${failed === 1 ? "fails" : "fail"}`)}: ${found.map(({ number, short }) => `${formatCount(number)} ${short}`).join(", ")}.`,
    extra.length === 0 ? "" : colors.bad(`${plural(extra.length, "file")} that no asset names.`),
    unmatched.length === 0 ? "" : colors.bad(`${plural(unmatched.length, "required pattern")} without a file.`),
    known === "" ? "" : `Of those that are right ${known}.`,
  ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function digest(hex: string | undefined): string {
  return hex === undefined ? "?" : shortDigest(hex);
}

function bytes(size: number | undefined): string {
  return size === undefined ? "?" : formatExactBytes(size);
}

function known(size: number | undefined): string {
  return size === undefined ? "?" : formatBytes(size);
}
