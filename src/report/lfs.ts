/** The answer of `assets lfs` as text. */
import type { LfsReport, PointerReport } from "../commands/reports.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, formatCount, oneLine, plural, shortDigest } from "./format.js";
import { type Cell, type RenderOptions, renderTable } from "./table.js";

/** A table of the pointers, the commands that put content in their place, places that could not be read, a summary. */
export function renderLfs(report: LfsReport, options: RenderOptions): string {
  const colors = createColors(options.color);
  const blocks = [
    report.pointers.length > 0 ? renderPointers(report.pointers, options, colors) : "",
    report.unreadable.length > 0 ? renderUnreadable(report.unreadable, colors) : "",
    `${summary(report, colors)}\n`,
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function renderPointers(pointers: readonly PointerReport[], options: RenderOptions, colors: Colors): string {
  const rows = pointers.map((pointer): Cell[] => [
    pointer.size === undefined ? "?" : formatBytes(pointer.size),
    pointer.oid === undefined ? "?" : shortDigest(pointer.oid),
    kind(pointer, colors),
    pinned(pointer),
    pointer.path,
  ]);
  const table = renderTable(
    [
      { title: "SIZE", align: "right" },
      { title: "OID" },
      { title: "KIND" },
      { title: "IN THE MANIFEST" },
      { title: "PATH", path: true },
    ],
    rows,
    options,
  );
  const problems = pointers
    .filter((pointer) => pointer.problem !== undefined)
    .map(({ path, problem }) => `${oneLine(path)}: ${oneLine(problem ?? "")}\n`);
  const fixes = [...new Set(pointers.map((pointer) => oneLine(pointer.fix)))].filter((fix) => fix !== "");
  const mend = fixes.length === 0 ? "" : `\nTo mend:\n${fixes.map((fix) => `  ${colors.command(fix)}\n`).join("")}`;
  const all = colors.command(`${options.program ?? "assets"} lfs hydrate`);
  const atOnce = pointers.some(({ oid }) => oid !== undefined) ? `Or all at once, without git-lfs:\n  ${all}\n` : "";
  return `${table}${problems.length === 0 ? "" : `\n${problems.join("")}`}${mend}${atOnce}`;
}

function kind({ kind: word }: PointerReport, colors: Colors): Cell {
  if (word === "pointer") return word;
  return { text: word, paint: word === "malformed" ? colors.bad : colors.warn };
}

/** Which entry of the manifest stands for the same thing, and by what it is recognised. */
function pinned({ pinned: entry }: PointerReport): string {
  if (!entry) return "no";
  if (!entry.samePath) return `${entry.asset}, as ${entry.path}`;
  return entry.sameDigest === false ? `${entry.asset}, but other content` : entry.asset;
}

/** The places that could not be read, and why. */
export function renderUnreadable(places: LfsReport["unreadable"], colors: Colors): string {
  const lines = places.map(({ path, reason }) => `  ${oneLine(path)}: ${oneLine(reason)}\n`);
  return `${colors.warn(`${plural(places.length, "place")} could not be read:`)}\n${lines.join("")}`;
}

function summary({ pointers, filesExamined }: LfsReport, colors: Colors): string {
  const among = `${plural(filesExamined, "file")} looked at`;
  if (pointers.length === 0) return `${colors.good("No Git LFS pointers")}: ${among}.`;
  const bytes = pointers.reduce((sum, pointer) => sum + (pointer.size ?? 0), 0);
  const verb = pointers.length === 1 ? "stands" : "stand";
  const head = `${plural(pointers.length, "Git LFS pointer")} ${verb} where content should be`;
  const inManifest = formatCount(pointers.filter((pointer) => pointer.pinned).length);
  return `${colors.bad(head)} (${formatBytes(bytes)}), ${inManifest} in the manifest; ${among}.`;
}
