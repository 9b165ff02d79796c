/** The answer of `assets lock` as text. */
import { type LockNeed, type LockPinsReport, lacksSizeOnly, type PinnedFile } from "../commands/author-reports.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { formatExactBytes, oneLine, plural, shortDigest } from "./format.js";
import { measuredWords } from "./measured.js";
import type { RenderOptions } from "./table.js";

const NEEDS: Readonly<Record<LockNeed, string>> = {
  unpinned: "no SHA-256 is pinned",
  weak: "only a weaker digest is stated",
  size: "no size is written beside its SHA-256",
  repository: "the files of its repository are not written down",
  moving: "its URL stands on a reference that moves",
};

/** What was written and what could not be, then one line of summary. */
export function renderPins(report: LockPinsReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const isQuiet = (file: PinnedFile) => file.status === "locked" || lacksSizeOnly(file);
  const shown = report.files.filter((file) => options.verbose || !isQuiet(file));
  return `${shown.map((file) => renderFile(file, report, colors)).join("")}${sizes(report, options, colors)}${summary(report, options, colors)}`;
}

/** One line for all sizes that are still wanted: nobody states them together with the digest, and the files are not here. */
function sizes({ files }: LockPinsReport, { program = "assets" }: RenderOptions, colors: Colors): string {
  const wanted = files.filter(lacksSizeOnly);
  if (wanted.length === 0) return "";
  const ids = [...new Set(wanted.map(({ asset }) => asset))].map((id) => shellWord(oneLine(id))).join(" ");
  const ways = [`${program} download ${ids}`, `${program} lock ${ids}`].map((way) => colors.command(way));
  return `The size of ${plural(wanted.length, "file")} is not known: ${ways.join(", then ")}\n`;
}

function renderFile(file: PinnedFile, { dryRun }: LockPinsReport, colors: Colors): string {
  const { asset, path, status, needs, moved, error } = file;
  const name = `${oneLine(asset)}  ${oneLine(path)}`;
  if (status === "locked") return `${colors.quiet("locked")}  ${name}\n`;
  if (status === "failed") {
    const told = [error?.message, error?.hint].flatMap((words) => words?.split("\n") ?? []);
    return `${colors.bad("failed")}  ${name}\n${told.map((line) => `  ${oneLine(line)}\n`).join("")}`;
  }
  if (status === "open") {
    return `${colors.warn("open")}  ${name}: ${needs.map((need) => NEEDS[need]).join(", ")}\n`;
  }
  const lines = [pinWords(file), ...moved.map(({ reference, to }) => `${oneLine(reference)} is now ${oneLine(to)}`)];
  const word = dryRun ? colors.quiet("would lock") : colors.good("locked");
  const text = lines.filter((line) => line !== "").map((line) => `  ${line}\n`);
  return `${word}  ${name}\n${text.join("")}`;
}

function pinWords(file: PinnedFile): string {
  const { needs, size, sha256, pinnedAs, statedBy } = file;
  if (needs.includes("size")) {
    if (size === undefined) return "";
    return `${formatExactBytes(size)} ${statedBy === undefined ? "measured of the file that is here" : `stated by ${oneLine(statedBy)}`}, with the SHA-256 that is pinned`;
  }
  if (sha256 === undefined || !needs.some((need) => need !== "moving")) return "";
  const what = `${size === undefined ? "" : `${formatExactBytes(size)}, `}SHA-256 ${shortDigest(sha256)}…`;
  if (pinnedAs === "declared") return `${what} stated${statedBy === undefined ? "" : ` by ${oneLine(statedBy)}`}`;
  return `${what} ${measuredWords(file)}`;
}

function summary(report: LockPinsReport, { program = "assets" }: RenderOptions, colors: Colors): string {
  const { files, dryRun, check, written, manifest } = report;
  const open = files.filter((file) => file.status === "open" && !lacksSizeOnly(file));
  if (check) {
    if (open.length === 0) return `${plural(files.length, "file")}, all of them locked.\n`;
    const ids = [...new Set(open.map(({ asset }) => asset))].map(shellWord).join(" ");
    const fix = colors.command(`${program} lock ${ids}`);
    return `${colors.bad(`${plural(open.length, "file")} of ${files.length} not locked.`)} To mend: ${fix}\n`;
  }
  if (dryRun) return "Dry run: nothing was fetched or written.\n";
  const changed = files.filter(({ status }) => status === "changed").length;
  if (!written) return `${plural(files.length, "file")}; nothing has changed in ${oneLine(manifest)}.\n`;
  return `${plural(changed, "file")} of ${files.length} locked anew in ${oneLine(manifest)}.\n`;
}
