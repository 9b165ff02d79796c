/** Progress for logs: one finished line after another, none of them ever redrawn. */
import type { AssetEvent, EventListener } from "../events.js";
import { createColors } from "./colors.js";
import { detailLine, noticeLine, outcomeLine, planLine } from "./event-lines.js";
import { formatBytes, formatClock, formatPercent, formatSpeed, oneLine, plural } from "./format.js";
import { createProgress, type Transfer } from "./progress.js";
import { timeLeft } from "./rate.js";

/** What {@link createLines} needs of the world. */
export interface LinesOptions {
  /** Gets whole lines, line feed included. */
  write: (text: string) => unknown;
  /** Milliseconds. */
  now: () => number;
  color: boolean;
  /** Also which URL serves a file, how it came, and files that were there already or were not begun. */
  verbose?: boolean;
  /** Only warnings and failures, and for those what to do about them. */
  quiet?: boolean;
}

// Often enough to see that a long download lives, seldom enough that a log stays readable.
const STILL_GOING_MS = 30_000;

/** A listener that writes a line per plan, finished file and mishap, and now and then one for a long transfer. */
export function createLines({ write, now, color, verbose = false, quiet = false }: LinesOptions): EventListener {
  const colors = createColors(color);
  const progress = createProgress(now);
  const told = new Map<string, number>();
  // No path is empty, so this key is free for the files that are being checked.
  const CHECKING = "";

  /** Whether it is time for another line about `key`, which began at `since`. */
  function due(key: string, since: number): boolean {
    if (now() - (told.get(key) ?? since) < STILL_GOING_MS) return false;
    told.set(key, now());
    return true;
  }

  function say(line: string | undefined): void {
    if (line !== undefined) write(`${line}\n`);
  }

  function transferLine({ path, received, size, rate }: Transfer): string {
    const speed = rate.speed(now());
    const left = size === undefined ? undefined : timeLeft(size - received, speed);
    return [
      `${colors.quiet("fetching")} ${oneLine(path)}`,
      size ? formatPercent(received / size) : "",
      size === undefined ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(size)}`,
      formatSpeed(speed),
      left === undefined ? "" : `eta ${formatClock(left)}`,
    ]
      .filter((part) => part !== "")
      .join("  ");
  }

  function quietly(event: AssetEvent): void {
    if (event.type === "warning") say(noticeLine(event, colors));
    if (event.type !== "outcome" || event.outcome.status !== "failed") return;
    say(outcomeLine(event.outcome, undefined, colors));
    const hint = event.outcome.error?.hint;
    if (hint !== undefined) say(`  ${oneLine(hint)}`);
  }

  return (event) => {
    if (quiet) return quietly(event);
    const path = event.type === "outcome" ? event.outcome.path : "path" in event ? event.path : undefined;
    const since = path === undefined ? undefined : progress.active.get(path)?.since;
    const ms = since === undefined ? undefined : now() - since;
    progress.apply(event);
    switch (event.type) {
      case "plan":
        return say(planLine(event));
      case "outcome":
        told.delete(event.outcome.path);
        if (!verbose && (event.outcome.status === "present" || event.outcome.status === "skipped")) return;
        return say(outcomeLine(event.outcome, ms, colors, verbose));
      case "transfer:progress": {
        const transfer = progress.active.get(event.path);
        if (transfer && due(event.path, transfer.since)) say(transferLine(transfer));
        return;
      }
      case "transfer:end":
        told.delete(event.path);
        return verbose ? say(detailLine(event, ms, colors)) : undefined;
      case "inspect:progress": {
        const { inspection } = progress;
        if (!inspection || !due(CHECKING, inspection.since)) return;
        return say(
          `${colors.quiet("checking")} ${plural(event.totalFiles, "file")}  ${formatPercent(inspection.fraction)}`,
        );
      }
      default:
        return say(verbose ? detailLine(event, ms, colors) : noticeLine(event, colors));
    }
  };
}
