/** The results as a Markdown table. */
import { isHeld, type Spread } from "./statistics.js";

/** One comparison. The texts are ready to be printed; `undefined` leaves its cell empty. */
export interface Row {
  /** What was done. */
  task: string;
  /** What it is compared with. */
  against: string;
  ours?: string;
  theirs?: string;
  /** Ours to theirs: lower is better. */
  ratio?: Spread;
  /** The highest ratio that the project allows itself. */
  atMost?: number;
  /** Why there is nothing to compare, or what a reader must know. */
  note?: string;
}

export function secondsText(seconds: number): string {
  const digits = seconds >= 100 ? 0 : seconds >= 10 ? 1 : seconds >= 1 ? 2 : 3;
  return `${seconds.toFixed(digits)} s`;
}

/** Bytes in the unit that suits them: KiB, MiB or GiB. */
export function bytesText(bytes: number): string {
  const unit = ["KiB", "MiB", "GiB"].find((_, power) => bytes < 1024 ** (power + 2)) ?? "GiB";
  const value = bytes / 1024 ** (["KiB", "MiB", "GiB"].indexOf(unit) + 1);
  return `${Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2))} ${unit}`;
}

/** `1.30 s (1.21 to 1.52)`; only the value where there was one run. */
export function spreadText({ median, min, max }: Spread, text: (value: number) => string): string {
  if (text(min) === text(max)) return text(median);
  return `${text(median)} (${text(min).replace(/ \S+$/, "")} to ${text(max)})`;
}

function verdict({ ratio, atMost }: Row): string {
  if (atMost === undefined) return "";
  if (ratio === undefined) return "?";
  return isHeld(ratio.median, atMost) ? "yes" : "**no**";
}

function cells(row: Row): string[] {
  return [
    row.task,
    row.ours ?? "",
    row.against,
    row.theirs ?? "",
    row.ratio === undefined ? "" : spreadText(row.ratio, (value) => value.toFixed(2)),
    row.atMost === undefined ? "" : String(row.atMost),
    verdict(row),
    row.note ?? "",
  ];
}

function line(texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** A table with one line for each comparison. */
export function table(rows: readonly Row[]): string {
  const head = ["task", "ours", "against", "theirs", "ratio", "at most", "held", "note"];
  return [line(head), line(head.map(() => "---")), ...rows.map((row) => line(cells(row)))].join("\n");
}
