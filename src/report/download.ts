/** The answer of `assets download` as text. */
import type { TransferReport } from "../commands/reports.js";
import type { Outcome, PlannedAction, TriedUrl } from "../events.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, formatDuration, formatSpeed, oneLine, plural } from "./format.js";
import { type Cell, type RenderOptions, renderTable } from "./table.js";

/** What {@link renderDownload} wants to know beside the report. */
export interface DownloadOptions extends RenderOptions {
  /** The user stopped the run. */
  interrupted?: boolean;
  /** What can be done about a file that was left alone. Default: the command that replaces it. */
  afterConflict?: string;
}

/** What failed with every source that was tried, then one line of totals, then how to go on. */
export function renderDownload(report: TransferReport, options: DownloadOptions): string {
  const colors = createColors(options.color);
  if (report.dryRun) return renderDryRun(report, options, colors);

  const failed = report.outcomes.filter((outcome) => outcome.status === "failed");
  const conflicts = failed.filter((outcome) => outcome.error?.code === "CONFLICT");
  const others = failed.filter((outcome) => outcome.error?.code !== "CONFLICT");
  const blocks = [
    options.verbose ? renderDone(report.outcomes, options, colors) : "",
    others.length > 0 ? renderFailures(others, colors) : "",
    conflicts.length > 0 ? renderConflicts(conflicts, options, colors) : "",
    `${[totalLine(report, colors), ...stopLines(report, options, colors)].join("\n")}\n`,
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function renderDone(outcomes: readonly Outcome[], options: RenderOptions, colors: Colors): string {
  const done = outcomes.filter((outcome) => outcome.error === undefined);
  if (done.length === 0) return "";
  const rows = done.map((outcome): Cell[] => [
    { text: outcome.status, paint: outcome.status === "present" ? colors.quiet : colors.good },
    formatBytes(outcome.size),
    outcome.verified ? "verified" : { text: "not pinned", paint: colors.warn },
    outcome.path,
  ]);
  const columns = [{ title: "STATE" }, { title: "SIZE", align: "right" as const }, { title: "SHA-256" }];
  return renderTable([...columns, { title: "PATH", path: true }], rows, options);
}

/** What failed, with every source that was tried. */
export function renderFailures(outcomes: readonly Outcome[], colors: Colors): string {
  const files = outcomes.map(({ path, asset, error, tried }) => {
    const sources = tried.flatMap((each) => [
      `    ${oneLine(each.url)}`,
      `      ${plural(each.attempts, "attempt")}: ${oneLine(withoutUrl(each))}`,
    ]);
    // A file's own error mostly repeats that of a source, which is told with it.
    const told = error === undefined || tried.some((each) => error.message.includes(each.error.message));
    const lines = [`  ${colors.heading(oneLine(path))}  (${oneLine(asset)})`];
    if (!told) lines.push(`    ${oneLine(error.message)}`);
    lines.push(...sources);
    if (error?.hint !== undefined) lines.push(`    ${colors.command(oneLine(error.hint))}`);
    return lines.join("\n");
  });
  return `${colors.bad(`${plural(outcomes.length, "file")} failed:`)}\n${files.join("\n")}\n`;
}

/** What went wrong at a source; its URL stands on the line above already. */
function withoutUrl({ url, error: { message } }: TriedUrl): string {
  return message.startsWith(url) ? message.slice(url.length).replace(/^[:\s]+/, "") : message;
}

function renderConflicts(outcomes: readonly Outcome[], options: DownloadOptions, colors: Colors): string {
  const files = outcomes.map(({ path, error }) => {
    const message = error?.message ?? "";
    return `  ${oneLine(message.includes(path) ? message : `${path}: ${message}`)}`;
  });
  const ids = [...new Set(outcomes.map((outcome) => shellWord(oneLine(outcome.asset))))].join(" ");
  const title = `${plural(outcomes.length, "file")} left alone, because something else stands in the place:`;
  const fix = colors.command(`${options.program ?? "assets"} download ${ids} --force`);
  const then = options.afterConflict ?? `To replace ${outcomes.length === 1 ? "it" : "them"}: ${fix}`;
  return `${colors.bad(title)}\n${files.join("\n")}\n  ${then}\n`;
}

function totalLine({ totals, outcomes, durationMs, stopped }: TransferReport, colors: Colors): string {
  const files = plural(totals.files, "file");
  if (totals.present === totals.files && !stopped) {
    const unproven = outcomes.filter((outcome) => !outcome.verified).length;
    if (unproven === 0) return allPresentLine(totals.files, colors);
    return `${files}, all present, ${unproven} without a pinned SHA-256 to verify. Nothing to fetch.`;
  }
  const speed = durationMs > 0 ? formatSpeed((totals.received * 1000) / durationMs) : "";
  const how = [`${formatBytes(totals.received)} in ${formatDuration(durationMs)}`, speed].filter((part) => part !== "");
  const unproven = outcomes.filter(({ status, verified }) => status === "downloaded" && !verified).length;
  const done = `${totals.downloaded} downloaded${unproven === 0 ? " and verified" : `, ${unproven} without a pin to verify`}`;
  const parts = [
    totals.downloaded > 0 ? `${colors.good(done)} (${how.join(", ")})` : "",
    totals.reused > 0 ? colors.good(`${totals.reused} copied from elsewhere on this machine`) : "",
    totals.present > 0 ? `${totals.present} already here` : "",
    totals.failed > 0 ? colors.bad(`${totals.failed} failed`) : "",
    totals.skipped > 0 ? colors.warn(`${totals.skipped} not finished`) : "",
  ];
  return `${files}: ${parts.filter((part) => part !== "").join(", ")}.`;
}

/** The answer where everything is present and verified already. */
export function renderAllPresent(files: number, { color }: Pick<RenderOptions, "color">): string {
  return `${allPresentLine(files, createColors(color))}\n`;
}

function allPresentLine(files: number, colors: Colors): string {
  return `${plural(files, "file")}, ${colors.good("all present and verified")}. Nothing to fetch.`;
}

/** How a run goes on that did not reach its end. */
export function stopLines(
  { stopped, keptPartialBytes, ok }: Pick<TransferReport, "stopped" | "keptPartialBytes" | "ok">,
  options: DownloadOptions,
  colors: Colors,
): string[] {
  const kept = keptPartialBytes > 0 ? ` ${formatBytes(keptPartialBytes)} of unfinished files are kept.` : "";
  if (options.interrupted || stopped?.code === "ABORTED") {
    return [`${colors.warn("Stopped.")}${kept} Run the same command again to go on from there.`];
  }
  if (stopped) {
    const hint = stopped.hint === undefined ? [] : [colors.command(oneLine(stopped.hint))];
    return [`${colors.bad(oneLine(stopped.message))}${kept}`, ...hint];
  }
  return ok || kept === "" ? [] : [`${kept.trimStart()} The next run goes on from there.`];
}

const ACTIONS: Record<PlannedAction, { word: string; paint: keyof Colors }> = {
  keep: { word: "keep", paint: "quiet" },
  download: { word: "download", paint: "good" },
  replace: { word: "replace", paint: "warn" },
  conflict: { word: "conflict", paint: "bad" },
};

function renderDryRun({ planned = [] }: TransferReport, options: DownloadOptions, colors: Colors): string {
  const shown = planned.filter((file) => options.verbose || file.action !== "keep");
  const rows = shown.map((file): Cell[] => {
    const { word, paint } = ACTIONS[file.action];
    const fetches = file.action === "download" || file.action === "replace";
    const from = [file.reason, fetches ? file.urls[0] : undefined].filter((part) => part !== undefined).join("; ");
    return [
      { text: word, paint: colors[paint] },
      file.size === undefined ? "?" : formatBytes(file.size),
      file.path,
      from,
    ];
  });
  const columns = [
    { title: "ACTION" },
    { title: "SIZE", align: "right" as const },
    { title: "PATH" },
    { title: "FROM" },
  ];
  const table = rows.length === 0 ? "" : `${renderTable(columns, rows, options)}\n`;
  return `${table}${dryRunTotals(planned, colors)}\n`;
}

function dryRunTotals(planned: NonNullable<TransferReport["planned"]>, colors: Colors): string {
  const wanted = planned.filter((file) => file.action === "download" || file.action === "replace");
  const conflicts = planned.filter((file) => file.action === "conflict").length;
  const bytes = wanted.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const atLeast = wanted.some((file) => file.size === undefined) ? "at least " : "";
  const fetch = wanted.length === 0 ? "nothing to fetch" : `${wanted.length} to fetch, ${atLeast}${formatBytes(bytes)}`;
  const stuck = conflicts === 0 ? "" : colors.bad(`, ${plural(conflicts, "conflict")} (--force replaces)`);
  return `${plural(planned.length, "file")}: ${fetch}${stuck}. Dry run: no asset was changed.`;
}
