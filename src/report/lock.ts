/** The answer of `assets lock --pieces` as text. */
import type { LockedFile, LockReport } from "../commands/piece-reports.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, formatDuration, oneLine, plural } from "./format.js";
import { type Cell, type RenderOptions, renderTable } from "./table.js";

/** What could not be locked with the command that helps, then one line of summary. */
export function renderLock(report: LockReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const blocks = [options.verbose ? renderFiles(report.files, options, colors) : ""];
  const away = report.files.filter(({ status }) => status === "missing" || status === "differs");
  if (away.length > 0) blocks.push(renderAway(away, options, colors));
  blocks.push(`${summary(report, colors)}\n`);
  return blocks.filter((block) => block !== "").join("\n");
}

function renderFiles(files: readonly LockedFile[], options: RenderOptions, colors: Colors): string {
  const rows = files.map(({ status, size, pieces, pieceSize, path }): Cell[] => [
    { text: status, paint: status === "locked" || status === "kept" ? colors.good : colors.quiet },
    size === undefined ? "?" : formatBytes(size),
    pieces === undefined ? "" : `${plural(pieces, "piece")} of ${formatBytes(pieceSize ?? 0)}`,
    path,
  ]);
  const columns = [{ title: "STATE" }, { title: "SIZE", align: "right" as const }, { title: "PIECES" }];
  return renderTable([...columns, { title: "PATH", path: true }], rows, options);
}

function renderAway(files: readonly LockedFile[], options: RenderOptions, colors: Colors): string {
  const rows = files.map(({ status, path }) => [status === "missing" ? "missing" : "not the pinned file", path]);
  const ids = [...new Set(files.map(({ asset }) => shellWord(oneLine(asset))))].join(" ");
  const title = colors.bad(`${plural(files.length, "file")} without pieces, not being here as pinned:`);
  const table = renderTable([{ title: "STATE" }, { title: "PATH", path: true }], rows, { ...options, indent: 2 });
  const fix = colors.command(`${options.program ?? "assets"} repair ${ids}`);
  return `${title}\n${table}  To mend: ${fix}  (brings the pinned bytes, in place of what is there)\n`;
}

function summary({ files, pieces, bytes, written, dryRun, durationMs }: LockReport, colors: Colors): string {
  const count = (...all: LockedFile["status"][]) => files.filter(({ status }) => all.includes(status)).length;
  const parts = [
    `the pieces of ${plural(count("locked", "kept"), "file")}`,
    count("small") > 0 ? `${count("small")} too small to need any` : "",
    count("unpinned") > 0 ? colors.warn(`${count("unpinned")} not pinned`) : "",
  ].filter((part) => part !== "");
  const how = dryRun
    ? "Dry run: nothing was written"
    : `${written ? colors.good("Written") : "Nothing has changed"}, in ${formatDuration(durationMs)}`;
  return `${oneLine(pieces)} (${formatBytes(bytes)}): ${parts.join(", ")}. ${how}.`;
}
