/** The lines that bars draw, as text for a given terminal size. */
import type { Colors, Paint } from "./colors.js";
import {
  displayWidth,
  formatByteShare,
  formatClock,
  formatCount,
  formatDuration,
  formatPercent,
  formatSpeed,
  oneLine,
  padLeft,
  padRight,
  plural,
  sourceName,
  truncate,
  truncatePath,
} from "./format.js";
import type { Inspection, Note, Progress, Total, Transfer } from "./progress.js";
import { timeLeft } from "./rate.js";

/** Where and when the lines are drawn. */
export interface Canvas {
  /** Size of the terminal. */
  columns: number;
  rows: number;
  /** Display width of the longest path to come, so that nothing moves sideways when it does. */
  longestPath: number;
  now: number;
  colors: Colors;
}

/** A line before it is laid out. */
interface Line {
  label: string;
  /** The label is a path, to be cut so that the file name stays. */
  path: boolean;
  paint: Paint;
  /** From 0 to 1; undefined where the end is not known. */
  fraction: number | undefined;
  bytes: string;
  speed: string;
  left: string;
  /** Takes the place of bytes, speed and time left. */
  note: string;
}

/**
 * Every line to show now: at most `rows - 2`, each at most `columns - 1` wide, so that the terminal neither scrolls
 * nor wraps. Transfers beyond that are counted in a line, and the total comes last.
 */
export function renderFrame(progress: Progress, canvas: Canvas): string[] {
  const { inspection } = progress;
  const total = progress.total();
  const most = Math.max(1, canvas.rows - 2);
  const transfers = [...progress.active.values()];
  const room = Math.max(0, most - (inspection ? 1 : 0) - (total ? 1 : 0));
  const shown = transfers.length <= room ? transfers : transfers.slice(0, Math.max(0, room - 1));
  const hidden = transfers.length - shown.length;

  const lines: Line[] = [];
  if (inspection) lines.push(inspectionLine(inspection, canvas));
  for (const transfer of shown) lines.push(transferLine(transfer, canvas));
  if (hidden > 0 && room > 0) lines.push(textLine(`… and ${hidden} more`, canvas.colors.quiet));
  if (total) lines.push(totalLine(total, canvas));
  const fitting = lines.slice(-most);
  const layout = planLayout(
    canvas.columns - 1,
    Math.max(canvas.longestPath, ...fitting.map((line) => displayWidth(line.label))),
  );
  return fitting.map((line) => layOut(line, layout, canvas.colors));
}

function transferLine({ path, received, size, rate, note }: Transfer, { now }: Canvas): Line {
  const speed = rate.speed(now);
  return {
    label: oneLine(path),
    path: true,
    paint: (text) => text,
    fraction: size === undefined ? undefined : share(received, size),
    bytes: formatByteShare(received, size),
    speed: formatSpeed(speed),
    left: eta(size === undefined ? undefined : timeLeft(size - received, speed)),
    note: note ? noteText(note, now) : "",
  };
}

function inspectionLine({ totalFiles, bytes, totalBytes, fraction, rate }: Inspection, { now, colors }: Canvas): Line {
  const speed = rate.speed(now);
  return {
    ...textLine(`Checking ${plural(totalFiles, "file")}…`, colors.heading),
    fraction,
    bytes: formatByteShare(bytes, totalBytes),
    speed: formatSpeed(speed),
    left: eta(timeLeft(totalBytes - bytes, speed)),
  };
}

function totalLine({ files, done, failed, received, size, fraction, speed, left }: Total, { colors }: Canvas): Line {
  const all = failed === 0 ? plural(files, "file") : `${formatCount(files)}, ${formatCount(failed)} failed`;
  return {
    ...textLine(`${formatCount(done)}/${all}`, colors.heading),
    fraction,
    bytes: formatByteShare(received, size),
    speed: formatSpeed(speed),
    left: eta(left),
  };
}

function textLine(label: string, paint: Paint): Line {
  return { label, path: false, paint, fraction: undefined, bytes: "", speed: "", left: "", note: "" };
}

function noteText(note: Note, now: number): string {
  switch (note.kind) {
    case "retry": {
      const wait = note.dueAt - now;
      return `retry ${note.attempt}${wait > 0 ? ` in ${formatDuration(Math.ceil(wait / 1000) * 1000)}` : ""}`;
    }
    case "fallback":
      return `trying ${sourceName(note.to)}`;
    case "wait":
      return `waiting for ${oneLine(note.owner)}`;
  }
}

function eta(ms: number | undefined): string {
  return ms === undefined ? "" : `eta ${formatClock(ms)}`;
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 1;
}

/** Widths of the parts of every line of a frame; 0 where there is no room for a part. */
interface Layout {
  width: number;
  label: number;
  bar: number;
  percent: number;
  bytes: number;
  speed: number;
  left: number;
}

const GAP = 2;
const LEAST_LABEL = 16;
/** Room for this is kept right of the bar, because a note may stand there. */
const USUAL_NOTE = "retry 2 in 10 s".length;
/** Share of the width that long labels have before the bar gets more than its least. */
const FAIR_LABEL = 0.35;
const LEAST_BAR = 10;
const MOST_BAR = 30;
// The widest texts: "100%", "999 kB/999.9 MB", "999.9 MB/s", "eta 99:59:59".
const PARTS = { percent: 4, speed: 10, bar: LEAST_BAR, bytes: 15, left: 12 };

/** Shares out a line's width: parts in the order of their worth, then the bar, then the label as far as it needs. */
function planLayout(width: number, longestLabel: number): Layout {
  const layout: Layout = { width, label: 0, bar: 0, percent: 0, bytes: 0, speed: 0, left: 0 };
  const leastLabel = Math.min(LEAST_LABEL, longestLabel);
  let room = width;
  for (const part of ["percent", "speed", "bar", "bytes", "left"] as const) {
    if (room - leastLabel < PARTS[part] + GAP) break;
    layout[part] = PARTS[part];
    room -= PARTS[part] + GAP;
  }
  const fairLabel = Math.min(longestLabel, Math.max(leastLabel, Math.floor(width * FAIR_LABEL)));
  if (layout.bar > 0) {
    const wider = Math.min(MOST_BAR - LEAST_BAR, Math.max(0, room - fairLabel));
    layout.bar += wider;
    room -= wider;
  }
  const besideNote = [layout.bar, layout.percent].reduce((sum, part) => sum + (part && part + GAP), GAP + USUAL_NOTE);
  layout.label = Math.min(longestLabel, room, Math.max(leastLabel, width - besideNote));
  return layout;
}

function layOut(line: Line, layout: Layout, colors: Colors): string {
  // A line without numbers may use all of the width.
  if (line.bytes === "" && line.note === "") return line.paint(truncate(line.label, Math.max(0, layout.width)));
  const label = line.path ? truncatePath(line.label, layout.label) : truncate(line.label, layout.label);
  const parts = [line.paint(padRight(label, layout.label))];
  if (layout.bar > 0) parts.push(drawBar(line.fraction, layout.bar, colors));
  if (layout.percent > 0)
    parts.push(padLeft(line.fraction === undefined ? "" : formatPercent(line.fraction), layout.percent));
  const used = [layout.label, layout.bar, layout.percent]
    .filter((each) => each > 0)
    .reduce((sum, each) => sum + each + GAP, 0);
  if (line.note !== "") {
    parts.push(colors.warn(truncate(line.note, Math.max(0, layout.width - used))));
  } else {
    if (layout.bytes > 0) parts.push(padLeft(line.bytes, layout.bytes));
    if (layout.speed > 0) parts.push(padLeft(line.speed, layout.speed));
    if (layout.left > 0) parts.push(colors.quiet(line.left));
  }
  return parts.join(" ".repeat(GAP)).trimEnd();
}

// Heavy against light: the two differ without colour as well.
const FULL = "━";
const EMPTY = "─";

function drawBar(fraction: number | undefined, width: number, colors: Colors): string {
  const full = fraction === undefined ? 0 : Math.floor(fraction * width);
  return `${full > 0 ? colors.good(FULL.repeat(full)) : ""}${full < width ? colors.quiet(EMPTY.repeat(width - full)) : ""}`;
}
