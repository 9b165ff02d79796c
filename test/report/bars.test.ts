/** What bars show during a run, and what is left of them after it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBars } from "../../src/report/bars.js";
import { bars, names, warning } from "./bars-on-screen.js";
import { done, plan, progress, retry, start } from "./samples.js";
import { createScreen } from "./screen.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const percentOf = (line = "") => Number(/(\d+)%/.exec(line)?.[1]);

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

  it("at the bottom of the screen log a warning while files end, and move nothing out of its place", () => {
    const { tell, wait, seen, screen, reporter } = bars(80, 10);
    const above = Array.from({ length: 12 }, (_, index) => `line ${index}`);
    screen.write(above.map((line) => `${line}\n`).join(""));
    const files = names(6);
    tell(plan(...files.map((path): [string, number] => [path, 10])), ...files.map((path) => start(path, 0, 10)));
    wait();
    tell(...files.slice(0, 4).map((path) => done(path)), warning("one"), warning("two"));
    wait();
    expect(seen()).toEqual([
      ...above,
      "warning one",
      "warning two",
      expect.stringMatching(/^models\/m4/),
      expect.stringMatching(/^models\/m5/),
      expect.stringMatching(/^4\/6 files/),
    ]);
    reporter.stop();
    expect(seen()).toEqual([...above, "warning one", "warning two"]);
  });

  it("survive a resize right after a file has ended", () => {
    const { tell, wait, seen, screen } = bars(100);
    const files = names(3);
    tell(plan(...files.map((path): [string, number] => [path, 1e6])), ...files.map((path) => start(path, 1e5, 1e6)));
    wait(1000);
    tell(...files.map((path) => progress(path, 2e5, 1e6)), done("models/m0.onnx"));
    wait();
    screen.resize(30, 24);
    expect(seen()).toEqual([
      expect.stringMatching(/^models\/m1/),
      expect.stringMatching(/^models\/m2/),
      expect.stringMatching(/^1\/3 files/),
    ]);
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
      "receiving a  https://cdn.example.org/files/x  10 bytes",
      "retry a  attempt 2 in 1 s  The connection was reset.",
      "downloaded a  7.9 MB  0 ms  https://cdn.example.org/files/x",
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

  it("does not make terminals keep the bars as a page, also where they stand at the top of the screen", () => {
    const screen = createScreen(80, 24);
    const reporter = createBars({ stream: screen, now: Date.now, color: false });
    for (const event of [plan(["a", 10], ["b", 10]), start("a", 0, 10), start("b", 0, 10)]) reporter.onEvent(event);
    vi.advanceTimersByTime(100);
    reporter.onEvent(warning("shown above"));
    vi.advanceTimersByTime(100);
    screen.resize(30, 24);
    reporter.onEvent(done("a"));
    vi.advanceTimersByTime(100);
    reporter.stop();
    expect(screen.lines()).toEqual(["warning shown above"]);
    const bare = createScreen(80, 24);
    const other = createBars({ stream: bare, now: Date.now, color: false });
    for (const event of [plan(["a", 10]), start("a", 0, 10)]) other.onEvent(event);
    vi.advanceTimersByTime(100);
    other.stop();
    expect([screen.pages, bare.pages]).toEqual([0, 0]);
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
