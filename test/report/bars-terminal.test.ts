/** Bars on terminals that are small, resized, silent about their size or under attack. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBars } from "../../src/report/bars.js";
import { displayWidth } from "../../src/report/format.js";
import { bars, names, warning } from "./bars-on-screen.js";
import { DRIVES_TERMINAL, done, everyEvent, HOSTILE, plan, progress, start } from "./samples.js";
import { createScreen } from "./screen.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a terminal", () => {
  it.each([
    [80, 24],
    [40, 24],
    [40, 6],
    [20, 3],
    [9, 2],
    [1, 1],
  ])("of %d columns and %d rows is neither wrapped nor scrolled by 200 files", (columns, rows) => {
    const { tell, wait, screen, reporter, seen } = bars(columns, rows);
    const wraps = screen.wraps;
    const files = names(200);
    tell(plan(...files.map((path): [string, number] => [path, 1e6])));
    for (let first = 0; first < 200; first += 8) {
      const some = files.slice(first, first + 8);
      tell(...some.map((path) => start(path, 0, 1e6)));
      wait(70);
      tell(...some.map((path) => progress(path, 5e5, 1e6)));
      wait(170);
      expect(seen().length).toBeLessThanOrEqual(Math.max(1, rows - 2));
      tell(...some.map((path) => done(path, { size: 1e6 })));
      wait(40);
    }
    expect(screen.wraps).toBe(wraps);
    reporter.stop();
    expect(seen()).toEqual([]);
  });

  it.each([0, undefined])("that says %s of its size is taken for one of 80 x 24", (size) => {
    const screen = createScreen(200, 60);
    const stream = { write: screen.write, ...(size !== undefined && { columns: size, rows: size }) };
    const reporter = createBars({ stream, now: Date.now, color: false });
    const files = names(60).map((name) => `${name.repeat(20)}`);
    reporter.onEvent(plan(...files.map((path): [string, number] => [path, 10])));
    for (const path of files) reporter.onEvent(start(path, 0, 10));
    vi.advanceTimersByTime(1000);
    const lines = screen.lines();
    expect(lines).toHaveLength(22);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThan(80);
    expect(Math.max(...lines.map(displayWidth))).toBeGreaterThan(60);
    reporter.stop();
    expect(screen.lines()).toEqual([]);
  });

  it.each([
    [120, 24, 40, 24],
    [120, 24, 25, 24],
    [40, 12, 120, 24],
    [80, 24, 79, 24],
  ])("of %d x %d that becomes %d x %d keeps one frame, and what stood above it", (columns, rows, toColumns, toRows) => {
    const { tell, wait, screen, seen, reporter } = bars(columns, rows);
    const files = names(4);
    tell(plan(...files.map((path): [string, number] => [path, 1e6])), ...files.map((path) => start(path, 1e5, 1e6)));
    tell(warning("stays"));
    wait(300);
    screen.resize(toColumns, toRows);
    wait();
    const lines = seen();
    expect(lines.slice(0, 1)).toEqual(["warning stays"]);
    expect(lines).toHaveLength(1 + 4 + 1);
    expect(lines.at(-1)).toMatch(/^0\/4 files/);
    reporter.stop();
    expect(seen()).toEqual(["warning stays"]);
  });

  it("gets wide characters within its columns", () => {
    const path = "データセット/第一巻/とても長い名前のファイル.parquet";
    const { tell, wait, screen, seen } = bars(50);
    tell(plan([path, 1e6]), start(path, 0, 1e6));
    wait();
    expect(screen.wraps).toBe(0);
    expect(seen()[0]).toContain(".parquet ");
  });

  it.each([false, true])("is not driven by names and messages from outside (colour: %s)", (color) => {
    const { tell, wait, screen, reporter } = bars(200, 24, { verbose: true, color });
    const before = screen.writes.length;
    for (const event of everyEvent(HOSTILE)) {
      tell(event);
      wait();
    }
    reporter.stop();
    const written = screen.writes.slice(before).join("");
    // What remains are the bars' own movements and colours; the screen refuses any other sequence.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what this takes out
    const text = written.replace(/\u001b\[(?:\d*[ABGJKm]|\?25[hl])|\r/g, "");
    expect(text).not.toMatch(DRIVES_TERMINAL);
    expect(text).toContain("\\nsecond line");
    expect(screen.lines().filter((line) => line.startsWith("second line"))).toEqual([]);
  });
});
