import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { createBars } from "../../src/report/bars.js";
import { displayWidth } from "../../src/report/format.js";
import { DRIVES_TERMINAL, done, everyEvent, HOSTILE, plan, progress, retry, start } from "./samples.js";
import { createScreen } from "./screen.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Bars on a terminal of this size. Time stands still but for `wait`. */
function bars(columns = 80, rows = 24, { verbose = false, color = false } = {}) {
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

const percentOf = (line = "") => Number(/(\d+)%/.exec(line)?.[1]);
const warning = (message: string): AssetEvent => ({ type: "warning", message });
const names = (count: number) => Array.from({ length: count }, (_, index) => `models/m${index}.onnx`);

describe("bars", () => {
  it("show a line per file that is worked on, and the total below them", () => {
    const { tell, wait, seen } = bars();
    tell(plan(["a", 1000], ["b", 1000], ["c", 1000]), start("a", 0, 1000), start("b", 500, 1000));
    wait();
    expect(seen()).toEqual([
      expect.stringMatching(/^a .* 0% /),
      expect.stringMatching(/^b .* 50% /),
      expect.stringMatching(/^0\/3 files /),
    ]);
  });

  it("vanish when their file is done, and leave nothing behind at the end", () => {
    const { tell, wait, seen, reporter, screen } = bars();
    tell(plan(["a", 10], ["b", 10]), start("a", 0, 10), start("b", 0, 10));
    wait();
    tell(done("a"));
    wait();
    expect(seen()).toEqual([expect.stringMatching(/^b /), expect.stringMatching(/^1\/2 files /)]);
    tell(done("b"));
    reporter.stop();
    expect(seen()).toEqual([]);
    screen.write("next\n");
    expect(seen()).toEqual(["next"]);
  });

  it("never go backwards, except after a restart", () => {
    const { tell, wait, seen } = bars();
    const percents: number[] = [];
    tell(plan(["a", 1000]), start("a", 0, 1000));
    for (const received of [100, 500, 400, 900, 0]) {
      tell(progress("a", received, 1000));
      wait();
      percents.push(percentOf(seen()[0]), percentOf(seen()[1]));
    }
    expect(percents).toEqual([10, 10, 50, 50, 50, 50, 90, 90, 90, 90]);
    tell({ type: "transfer:restart", path: "a", received: 0, reason: "other bytes" });
    wait();
    expect(seen().map(percentOf)).toEqual([0, 0]);
  });

  it("log warnings above themselves, whole even where the terminal is narrow", () => {
    const { tell, wait, seen, reporter, screen } = bars(40);
    tell(plan(["a", 10]), start("a", 0, 10));
    wait();
    tell(warning("The server's answer names another size than the hint."), warning("Second."));
    wait();
    expect(seen()).toEqual([
      "warning The server's answer names anothe",
      "r size than the hint.",
      "warning Second.",
      expect.stringMatching(/^a /),
      expect.stringMatching(/^0\/1 file /),
    ]);
    reporter.stop();
    expect(seen()).toHaveLength(3);
    expect(screen.wrapping).toBe(true);
  });

  it("lose no warning that comes before the first bar, right before the end, twice, or after it", () => {
    const { tell, wait, seen, reporter } = bars();
    tell(warning("early"));
    expect(seen()).toEqual(["warning early"]);
    tell(plan(["a", 10]), start("a", 0, 10));
    wait();
    tell(warning("twice"));
    wait();
    tell(warning("twice"));
    wait();
    tell(warning("late"));
    reporter.stop();
    tell(warning("after"));
    expect(seen()).toEqual(["early", "twice", "twice", "late", "after"].map((word) => `warning ${word}`));
  });

  it("keep finished files as lines only when asked to be verbose", () => {
    const events = [plan(["a", 10]), start("a", 0, 10), retry("a", 1000), done("a")];
    const quiet = bars();
    quiet.tell(...events);
    quiet.reporter.stop();
    expect(quiet.seen()).toEqual([]);
    const verbose = bars(100, 24, { verbose: true });
    verbose.tell(...events);
    verbose.reporter.stop();
    expect(verbose.seen()).toEqual([
      "Fetching 1 file, 10 B.",
      "retry a  attempt 2 in 1 s  The connection was reset.",
      "downloaded a  7.9 MB  0 ms  https://cdn.example.org",
    ]);
  });

  it("show the check of what is here as one line, until there is a plan", () => {
    const { tell, wait, seen } = bars();
    tell({ type: "inspect:progress", files: 3, totalFiles: 12, bytes: 25, totalBytes: 100 });
    wait();
    expect(seen()).toEqual([expect.stringMatching(/^Checking 12 files… .* 25%/)]);
    tell(plan(["a", 10]));
    wait();
    expect(seen()).toEqual([expect.stringMatching(/^0\/1 file /)]);
  });

  it("write nothing at all when there is nothing to fetch", () => {
    const { tell, wait, reporter, screen } = bars();
    const before = screen.writes.length;
    tell({ type: "plan", files: [{ asset: "a", path: "a", action: "keep" }], bytesToFetch: 0 });
    tell(done("a", { status: "present" }));
    wait(1000);
    reporter.stop();
    expect(screen.writes.slice(before)).toEqual([]);
  });

  it("do not move sideways when a longer name comes, as the plan has told of it", () => {
    const { tell, wait, seen } = bars(120);
    const long = "models/a-long-name-of-some-kind.onnx";
    tell(plan(["a", 10], [long, 10]), start("a", 0, 10));
    wait();
    const before = seen()[0]?.indexOf("─");
    tell(start(long, 0, 10));
    wait();
    expect(seen().map((line) => line.indexOf("─"))).toEqual([before, before, before]);
  });

  it("write a frame as one piece, and none when nothing has changed", () => {
    const { tell, wait, screen } = bars();
    tell(plan(["a", 10], ["b", 10]), start("a", 0, 10), start("b", 0, 10));
    wait(2000);
    const before = screen.writes.length;
    wait(1000);
    expect(screen.writes.length).toBe(before);
    tell(progress("a", 5, 10));
    wait();
    expect(screen.writes.length).toBe(before + 1);
    tell(done("a"), done("b"));
    wait();
    expect(screen.writes.length).toBe(before + 2);
  });
});

describe("the end", () => {
  it("gives the cursor back, leaves no timer that keeps the process alive, and may come twice", () => {
    const { tell, wait, reporter, screen } = bars();
    tell(plan(["a", 10]), start("a", 0, 10));
    wait();
    expect(screen.cursorVisible).toBe(false);
    reporter.stop();
    expect(screen.cursorVisible).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(screen.listeners()).toBe(0);
    const before = screen.writes.length;
    reporter.stop();
    tell(progress("a", 5, 10), done("a"), plan(["b", 10]), start("b", 0, 10));
    screen.resize(40, 10);
    wait(1000);
    expect(screen.writes.length).toBe(before);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("installs no handlers for signals, which belong to the caller", () => {
    const count = () => process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
    const before = count();
    const { tell, wait, reporter } = bars();
    tell(plan(["a", 10]), start("a", 0, 10));
    wait();
    expect(count()).toBe(before);
    reporter.stop();
  });

  it("after ^C, which the terminal echoes into the last line, leaves nothing behind", () => {
    const path = "models/a-name-that-fills-its-column/model.gguf";
    const { tell, wait, reporter, screen, seen } = bars(70);
    tell(plan([path, 1e9]), start(path, 0, 1e9));
    wait(1000);
    tell(progress(path, 9e8, 1e9));
    wait();
    screen.write("^C");
    reporter.stop();
    expect(seen()).toEqual([]);
  });
});

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
    const text = written.replace(/\u001b\[(?:\d*[AGJKm]|\?25[hl])|\r/g, "");
    expect(text).not.toMatch(DRIVES_TERMINAL);
    expect(text).toContain("\\nsecond line");
    expect(screen.lines().filter((line) => line.startsWith("second line"))).toEqual([]);
  });
});
