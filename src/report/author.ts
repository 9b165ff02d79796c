/** The answers of the commands that write the manifest as text. */
import { relative } from "node:path";
import type { AddedFile, AddReport, InitReport, RemoveReport } from "../commands/author-reports.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, formatExactBytes, oneLine, plural, shortDigest } from "./format.js";
import { measuredWords } from "./measured.js";
import type { RenderOptions } from "./table.js";

/** Options of the command line that are not called what the library calls them. */
const FLAGS: Readonly<Record<string, string>> = { tags: "--tag", fallbackUrls: "--fallback" };

/** What was added with where its pin came from, what failed and why, then what to do next. */
export function renderAdd(report: AddReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const { files, dryRun, entries } = report;
  const blocks = files.map((file) => renderAdded(file, report, options.program, colors));
  if (dryRun && entries.length > 0) blocks.push(`${entries.map((entry) => oneBlock(entry)).join("")}`);
  blocks.push(addSummary(report, options, colors));
  return blocks.join("");
}

function renderAdded(file: AddedFile, { dryRun }: AddReport, program = "assets", colors: Colors): string {
  const { asset, path, status, error, moved, url } = file;
  const name = `${oneLine(asset)}  ${oneLine(path)}`;
  if (status === "failed") {
    const hint = error?.hint === undefined ? "" : `  ${error.hint.split("\n").map(oneLine).join("\n  ")}\n`;
    return `${colors.bad("failed")}  ${oneLine(url)}\n  ${oneLine(error?.message ?? "")}\n${hint}`;
  }
  if (status === "known") return `${colors.quiet("there already")}  ${name}\n${ignoredWords(file, program, colors)}`;
  const word = dryRun ? "would add" : "added";
  const from = moved === undefined ? "" : `  ${oneLine(moved)} is now ${oneLine(url)}\n`;
  return `${dryRun ? colors.quiet(word) : colors.good(word)}  ${name}\n  ${pinWords(file)}\n${from}`;
}

/** What was asked for and is not so, and what brings it about. */
function ignoredWords({ ignored = [], asset }: AddedFile, program: string, colors: Colors): string {
  if (ignored.length === 0) return "";
  const flags = ignored.map((key) => FLAGS[key] ?? `--${key}`).join(", ");
  const remove = colors.command(`${program} remove ${shellWord(asset)}`);
  return `  not carried out: ${flags}. What is there stays as it is: change its entry in the manifest, or take that out and add it again: ${remove}\n`;
}

/** Where a pin came from, in words. */
function pinWords(file: AddedFile): string {
  const { size, sha256, pinnedAs, statedBy, status } = file;
  if (sha256 === undefined || status === "unmeasured") return "no SHA-256 is stated: it would be fetched and measured";
  const what = `${size === undefined ? "" : `${formatExactBytes(size)}, `}SHA-256 ${shortDigest(sha256)}…`;
  const by = statedBy === undefined ? "" : ` by ${oneLine(statedBy)}`;
  if (pinnedAs === "declared") return `${what} stated${by}`;
  return `${what} ${measuredWords(file)}`;
}

function oneBlock(entry: object): string {
  return `${JSON.stringify(entry, null, 2).split("\n").map(oneLine).join("\n")}\n`;
}

function addSummary(
  { files, dryRun, written, manifest }: AddReport,
  { program = "assets" }: RenderOptions,
  colors: Colors,
): string {
  if (dryRun) return "Dry run: nothing was fetched or written.\n";
  if (!written) return `Nothing has changed in ${oneLine(manifest)}.\n`;
  const added = files.filter(({ status }) => status === "added");
  const away = [...new Set(added.filter(({ here }) => !here).map(({ asset }) => asset))];
  const next =
    away.length === 0 ? "" : `To fetch: ${colors.command(`${program} download ${away.map(shellWord).join(" ")}`)}\n`;
  return `${plural(added.length, "file")} written into ${oneLine(manifest)}.\n${next}`;
}

/** What was begun and what was left alone, then what could come next. */
export function renderInit(
  { steps, next, dryRun }: InitReport,
  { color, cwd }: RenderOptions & { cwd: string },
): string {
  const colors = createColors(color);
  const lines = steps.map(({ file, status, what }) => {
    const isDone = status === "created" || status === "changed";
    const word = isDone && dryRun ? `would be ${status}` : status;
    return `${isDone ? colors.good(word) : colors.quiet(word)}  ${oneLine(relative(cwd, file) || file)}  ${oneLine(what)}\n`;
  });
  const end = dryRun
    ? "Dry run: nothing was written.\n"
    : `Next: ${next.map((words) => colors.command(words)).join("   or   ")}\n`;
  return `${lines.join("")}${end}`;
}

/** What is gone and what became of its files. */
export function renderRemove(report: RemoveReport, { color }: RenderOptions): string {
  const colors = createColors(color);
  const { assets, files, dryRun, manifest } = report;
  const would = dryRun ? "would be " : "";
  const lines = files.flatMap(({ path, status, size, reason }) => {
    if (status === "missing") return [];
    const bytes = size === undefined ? "" : `  ${formatBytes(size)}`;
    const why = reason === undefined ? "" : `: ${oneLine(reason)}`;
    const word = status === "deleted" ? `${would}deleted` : "left where it is";
    return `  ${reason === undefined ? word : colors.bad(word)}  ${oneLine(path)}${bytes}${why}\n`;
  });
  const ids = assets.map(oneLine).join(", ");
  return `${colors.good(`${would}removed`)}  ${ids}\n${lines.join("")}${plural(assets.length, "asset")} ${dryRun ? "would be taken" : "taken"} out of ${oneLine(manifest)}.\n`;
}
