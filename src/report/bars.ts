/** Progress for a terminal: lines that are drawn again and again in the same place. */
import { MultiBar, type SingleBar } from "cli-progress";
import type { AssetEvent, PlannedAction } from "../events.js";
import { renderFrame } from "./bar-lines.js";
import { createColors } from "./colors.js";
import { detailLine, noticeLine, outcomeLine, planLine } from "./event-lines.js";
import { displayWidth, oneLine } from "./format.js";
import { createProgress } from "./progress.js";
import type { OutputStream, Reporter } from "./reporter.js";

/** What {@link createBars} needs of the world. */
export interface BarsOptions {
  stream: OutputStream;
  /** Milliseconds. */
  now: () => number;
  color: boolean;
  /** Also a line that stays for every source that serves a file, every finished file and every mishap. */
  verbose?: boolean;
}

// What a terminal has that does not say how large it is.
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;
const cursorUp = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : "");
/**
 * Empties this row and those below it. Clearing all of the screen's rest at once would not do: at the top of the screen
 * some terminals take that for the end of a page, which they keep.
 */
const eraseRows = (rows: number) => Array(rows).fill("\u001b[2K").join("\u001b[1B") + cursorUp(rows - 1);

/**
 * Bars on `stream`: a line for each file that is being worked on, the total below them. Nothing of them remains after
 * `stop`, which must be called however the run ends; warnings, and with `verbose` all that was told, do remain.
 */
export function createBars({ stream, now, color, verbose = false }: BarsOptions): Reporter {
  const colors = createColors(color);
  const progress = createProgress(now);
  const slots: SingleBar[] = [];
  let frame: string[] = [];
  let longestPath = 0;
  let stopped = false;
  let shrinking = false;
  /** Old lines stand where the next frame will not write. */
  let dirty = false;
  /** Rows of the terminal that the last frame stands on. */
  let covered = 0;
  let held = "";
  let lastWritten = "";

  // cli-progress writes in small pieces. Held together until the frame is complete they do not flicker. The lines are
  // cut by renderFrame, with colours and wide characters in mind, so cli-progress must believe that there is room.
  const screen = {
    isTTY: true,
    columns: Number.MAX_SAFE_INTEGER,
    write: (text: string) => {
      held += text;
      return true;
    },
  };
  const multi = new MultiBar({
    stream: screen as unknown as NodeJS.WritableStream,
    hideCursor: true,
    clearOnComplete: true,
    // Leaves the terminal's own wrapping on, which logged lines need; null, in spite of its documentation, does not.
    linewrap: true,
    // A logged line moves the bars down, so every one of them must be drawn again.
    forceRedraw: true,
    // Signals belong to the caller.
    gracefulExit: false,
  });

  /** One more line for cli-progress to draw: always the frame's line of the same number. */
  function addSlot(): void {
    const index = slots.length;
    slots.push(multi.create(1, 0, {}, { format: () => frame[index] ?? "" }));
  }

  function flush(): void {
    // A frame equal to the one before finds everything as it would leave it, unless it also scrolled a line in.
    if (held !== lastWritten || dirty) stream.write(held);
    lastWritten = held;
    held = "";
    dirty = false;
  }

  multi.on("update-pre", () => {
    const size = { columns: stream.columns || USUAL_COLUMNS, rows: stream.rows || USUAL_ROWS };
    frame = renderFrame(progress, { ...size, longestPath, now: now(), colors });
    while (slots.length < frame.length) addSlot();
  });
  multi.on("redraw-pre", () => {
    // Once for a frame: bars are removed from one that has just been drawn, on rows that were erased for it.
    if (dirty && !shrinking) held += eraseRows(covered);
  });
  multi.on("update-post", () => {
    // Removing a bar makes cli-progress draw again, and so comes back here.
    if (shrinking) return;
    shrinking = true;
    while (slots.length > frame.length) {
      const slot = slots.pop();
      if (slot) multi.remove(slot);
      // That left the cursor below the frame, and it belongs into the last line.
      if (slots.length === frame.length) multi.update();
    }
    shrinking = false;
    covered = frame.length;
    // What a terminal echoes (the ^C of the user) must not wrap and so move the cursor down a row.
    held += "\r";
    flush();
  });

  multi.on("stop-pre-clear", () => {
    held += eraseRows(covered);
  });

  /** Terminals break lines that have become too long, so the old frame may stand on more rows than it had lines. */
  function onResize(): void {
    if (!multi.isActive) return;
    const columns = stream.columns || USUAL_COLUMNS;
    const rows = frame.map((line) => Math.max(1, Math.ceil(displayWidth(line) / columns)));
    covered = rows.reduce((sum, each) => sum + each, 0);
    // The cursor stands where the last line begins, and cli-progress goes up a row for each line before it.
    held += cursorUp(covered - (rows.at(-1) ?? 0) - Math.max(0, rows.length - 1));
    dirty = true;
    multi.update();
  }
  stream.on?.("resize", onResize);

  /** A line that stays, above the bars. */
  function say(line: string | undefined): void {
    if (line === undefined) return;
    if (stopped || !multi.isActive) {
      stream.write(`${line}\n`);
      return;
    }
    multi.log(`${line}\n`);
    dirty = true;
  }

  function remark(event: AssetEvent, ms: number | undefined): void {
    if (event.type === "warning") say(noticeLine(event, colors));
    else if (!verbose) return;
    else if (event.type === "plan") say(planLine(event));
    else if (event.type === "outcome") say(outcomeLine(event.outcome, ms, colors, verbose));
    else say(detailLine(event, ms, colors));
  }

  return {
    onEvent: (event) => {
      const path = event.type === "outcome" ? event.outcome.path : "path" in event ? event.path : undefined;
      const since = path === undefined ? undefined : progress.active.get(path)?.since;
      const ms = since === undefined ? undefined : now() - since;
      progress.apply(event);
      if (event.type === "plan") longestPath = widest(event.files);
      remark(event, ms);
      if (stopped || multi.isActive) return;
      if (progress.active.size > 0 || progress.inspection || progress.total()) addSlot();
    },
    stop: () => {
      if (stopped) return;
      stream.off?.("resize", onResize);
      if (multi.isActive) {
        // Lines may wait to be logged.
        if (dirty) multi.update();
        multi.stop();
        stream.write(held);
      }
      stopped = true;
    },
  };
}

function widest(files: readonly { path: string; action: PlannedAction }[]): number {
  return files.reduce((most, { path, action }) => {
    return action === "download" || action === "replace" ? Math.max(most, displayWidth(oneLine(path))) : most;
  }, 0);
}
