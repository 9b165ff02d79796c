/** Bars on a played terminal, under a clock that stands still until it is told. Needs fake timers. */
import { vi } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { createBars } from "../../src/report/bars.js";
import { createScreen } from "./screen.js";

/** Bars on a terminal of this size, below a typed command. */
export function bars(columns = 80, rows = 24, { verbose = false, color = false } = {}) {
  const screen = createScreen(columns, rows);
  screen.write("$ assets download --all\n");
  const above = screen.lines().length;
  const reporter = createBars({ stream: screen, now: Date.now, color, verbose });
  return {
    screen,
    reporter,
    tell: (...events: AssetEvent[]) => events.forEach(reporter.onEvent),
    wait: (ms = 100) => vi.advanceTimersByTime(ms),
    /** What is seen below the command. */
    seen: () => screen.lines().slice(above),
  };
}

export const warning = (message: string): AssetEvent => ({ type: "warning", message });

export function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `models/m${index}.onnx`);
}
