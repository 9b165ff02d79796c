/** The answer of `assets list` as text. */
import type { FileStatus, ListReport, ListRow } from "../commands/reports.js";
import { shellWord } from "../shell-word.js";
import { type Colors, createColors } from "./colors.js";
import { formatBytes, oneLine, plural } from "./format.js";
import { type Cell, type RenderOptions, renderTable } from "./table.js";

/** What {@link renderList} wants to know beside the report. */
export interface ListOptions extends RenderOptions {
  /** What the user selected, as it is typed (`--models`), for the command that fetches the same. */
  selection?: string;
}

/** A table of the assets, totals, and what to type when something is missing. */
export function renderList(report: ListReport, options: ListOptions): string {
  const { assets, totals } = report;
  if (assets.length === 0) return "No assets.\n";
  const colors = createColors(options.color);

  const table = renderTable(
    [
      { title: "ID" },
      { title: "TYPE" },
      { title: "SIZE", align: "right" },
      { title: "FILES", align: "right" },
      { title: "STATE" },
      { title: "TAGS" },
    ],
    assets.map((row) => [row.id, row.type, size(row), String(row.files.length), state(row, colors), labels(row)]),
    options,
  );

  const allKnown = assets.every((row) => row.sizeKnown);
  const bytes = `${allKnown ? "" : "at least "}${formatBytes(totals.size)}`;
  const all = totals.present === totals.files && assets.every((row) => row.files.length > 0);
  const here = all ? "all of them here" : `${plural(totals.present, "file")} here`;
  const summary = `${plural(totals.assets, "asset")}, ${plural(totals.files, "file")}, ${bytes}; ${here}.`;

  return [table, `${[summary, ...nextSteps(report, options, colors)].join("\n")}\n`].join("\n");
}

const HERE: ReadonlySet<FileStatus> = new Set(["valid", "unverified", "unpinned"]);

function state(row: ListRow, colors: Colors): Cell {
  const here = row.files.filter((file) => HERE.has(file.status)).length;
  const missing = row.files.filter((file) => file.status === "missing").length;
  const of = (count: number) => (row.files.length > 1 ? ` ${count} of ${row.files.length}` : "");
  switch (row.state) {
    case "ready":
      if (row.proven) return { text: "ready", paint: colors.good };
      return { text: row.unpinned > 0 ? "ready, not pinned" : "ready, not hashed", paint: colors.warn };
    case "partial":
      return { text: `partial${of(here)}`, paint: colors.warn };
    case "missing":
      return { text: "missing", paint: colors.quiet };
    case "damaged":
      return { text: `damaged${of(row.files.length - here - missing)}`, paint: colors.bad };
  }
}

function size(row: ListRow): string {
  if (row.sizeKnown) return formatBytes(row.size);
  return row.size === 0 ? "?" : `${formatBytes(row.size)}+`;
}

function labels(row: ListRow): string {
  const tags = row.tags.join(", ");
  if (!row.required) return tags;
  return tags === "" ? "required" : `required · ${tags}`;
}

// More ids than this in one command are harder to read than a flag.
const MOST_IDS = 4;

function nextSteps({ assets }: ListReport, { selection, program = "assets" }: ListOptions, colors: Colors): string[] {
  const steps: string[] = [];
  const unproven = assets.filter((row) => row.state === "ready" && !row.proven);
  if (unproven.some((row) => row.unpinned === 0)) {
    steps.push(
      `Not hashed: the sizes are right, the content is not proven. ${colors.command(`${program} verify`)} proves it.`,
    );
  }
  if (unproven.some((row) => row.unpinned > 0)) {
    steps.push("Not pinned: the manifest has no SHA-256 to hold the content against.");
  }
  if (assets.some((row) => row.state === "damaged")) {
    steps.push(`Damaged: ${colors.command(`${program} verify`)} tells what is wrong.`);
  }
  const wanted = assets.filter((row) => row.state === "missing" || row.state === "partial");
  if (wanted.length > 0) {
    const ids = wanted.length <= MOST_IDS ? wanted.map((row) => shellWord(oneLine(row.id))).join(" ") : "--all";
    steps.push(`To fetch what is missing: ${colors.command(`${program} download ${selection ?? ids}`)}`);
  }
  return steps;
}
