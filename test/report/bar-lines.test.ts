/** The lines of bars, for every width and height. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { renderFrame } from "../../src/report/bar-lines.js";
import { createColors } from "../../src/report/colors.js";
import { displayWidth } from "../../src/report/format.js";
import { createProgress } from "../../src/report/progress.js";
import { done, HOSTILE, plan, progress, retry, start } from "./samples.js";

/** The lines for events, each after so many milliseconds. */
function frame(size: { columns: number; rows?: number }, ...steps: (AssetEvent | number)[]): string[] {
  let now = 0;
  const picture = createProgress(() => now);
  for (const step of steps) {
    if (typeof step === "number") now += step;
    else picture.apply(step);
  }
  return renderFrame(picture, { rows: 24, longestPath: 0, ...size, now, colors: createColors(false) });
}

const NAMES = [
  "models/a.onnx",
  "models/small-llms/qwen2.5/model.gguf",
  "データセット/第一巻/とても長い名前.parquet",
  HOSTILE,
];

describe("a line", () => {
  it("tells name, bar, percent, bytes, speed and time left", () => {
    const lines = frame(
      { columns: 100 },
      plan(["a.onnx", 1e7]),
      start("a.onnx", 0, 1e7),
      1000,
      progress("a.onnx", 5e6, 1e7),
    );
    const numbers = `${"━".repeat(15)}${"─".repeat(15)}   50%      5.0/10.0 MB    5.0 MB/s  eta 0:01`;
    expect(lines).toEqual([`a.onnx    ${numbers}`, `0/1 file  ${numbers}`]);
  });

  it("of unknown size has an empty bar, and neither percent nor an end", () => {
    const [line] = frame({ columns: 100 }, plan(["a"]), start("a"), 1000, progress("a", 5e6));
    expect(line).toMatch(/^a {9}─{30} +5\.0 MB +5\.0 MB\/s$/);
  });

  it("of an empty file is full", () => {
    expect(frame({ columns: 100 }, plan(["a", 0]), start("a", 0, 0))[0]).toContain("100%");
  });

  it("counts down to a retry, then says that it is under way", () => {
    const steps = [plan(["a", 100]), retry("a", 3000, 2)];
    expect(frame({ columns: 80 }, ...steps, 100)[0]).toMatch(/ retry 2 in 3 s$/);
    expect(frame({ columns: 80 }, ...steps, 2500)[0]).toMatch(/ retry 2 in 1 s$/);
    expect(frame({ columns: 80 }, ...steps, 3500)[0]).toMatch(/ retry 2$/);
  });

  it("says what it waits for", () => {
    const wait: AssetEvent = { type: "transfer:wait", path: "a", owner: "pid 123 on host" };
    expect(frame({ columns: 80 }, plan(["a", 100]), wait)[0]).toMatch(/ waiting for pid 123 on host$/);
  });

  it("tells in 40 columns the name, the percent and the speed, and a retry as well", () => {
    const path = "models/small-llms/qwen/model.gguf";
    const steps = [plan([path, 1e7]), start(path, 0, 1e7), 1000, progress(path, 5e6, 1e7)];
    expect(frame({ columns: 40 }, ...steps)[0]).toBe("mode…/model.gguf   50%    5.0 MB/s");
    expect(frame({ columns: 40 }, ...steps, retry(path, 3000))[0]).toBe("mode…/model.gguf   50%  retry 2 in 3 s");
  });
});

describe("the total", () => {
  it("stands last, and names failures", () => {
    const events = [plan(["a", 1], ["b", 1]), start("b"), done("a", { status: "failed" })];
    const lines = frame({ columns: 80 }, ...events);
    expect(lines.at(-1)).toMatch(/^1\/2, 1 failed /);
  });
});

describe("the inspection", () => {
  it("is one line before the transfers begin", () => {
    const event: AssetEvent = { type: "inspect:progress", files: 3, totalFiles: 12, bytes: 25, totalBytes: 100 };
    expect(frame({ columns: 80 }, event)).toEqual([expect.stringMatching(/^Checking 12 files… .* 25% +25\/100 B$/)]);
  });
});

describe("a frame", () => {
  it("draws as many of 200 transfers as there is room for, counts the rest, and keeps two rows free", () => {
    const names = Array.from({ length: 200 }, (_, index) => `f${index}`);
    const events = names.map((name) => start(name, 0, 100));
    const lines = frame(
      { columns: 80, rows: 10 },
      plan(...names.map((name): [string, number] => [name, 100])),
      ...events,
    );
    expect(lines).toHaveLength(8);
    expect(lines[6]).toBe("… and 194 more");
    expect(lines[7]).toMatch(/^0\/200 files /);
  });

  it.each([0, 1, 2, 3])("in a terminal of %d rows is the total alone", (rows) => {
    const lines = frame({ columns: 80, rows }, plan(["a", 1], ["b", 1]), start("a"), start("b"));
    expect(lines).toEqual([expect.stringMatching(/^0\/2 files/)]);
  });

  it("does not move sideways when a long name comes", () => {
    let now = 0;
    const picture = createProgress(() => now);
    const draw = () =>
      renderFrame(picture, { columns: 120, rows: 24, longestPath: 40, now, colors: createColors(false) });
    picture.apply(plan(["a", 100], ["b".repeat(40), 100]));
    picture.apply(start("a", 0, 100));
    const before = draw()[0]?.indexOf("─");
    now += 100;
    picture.apply(start("b".repeat(40), 0, 100));
    expect(draw()[0]?.indexOf("─")).toBe(before);
  });

  it("stays within columns - 1 and rows - 2, and shows no NaN or Infinity, whatever happens", () => {
    const name = fc.constantFrom(...NAMES);
    const bytes = fc.oneof(fc.nat(), fc.constantFrom(0, 1e15, Number.MAX_SAFE_INTEGER));
    const size = fc.option(bytes, { nil: undefined });
    const step = fc.oneof(
      fc.nat({ max: 100_000 }),
      fc.tuple(name, size).map(([path, total]) => plan([path, total])),
      fc.tuple(name, bytes, size).map(([path, received, total]) => start(path, received, total)),
      fc.tuple(name, bytes, size).map(([path, received, total]) => progress(path, received, total)),
      fc.tuple(name, bytes).map(([path, delay]) => retry(path, delay)),
      name.map((path): AssetEvent => ({ type: "transfer:restart", path, received: 0, reason: path })),
      name.map((path): AssetEvent => ({ type: "transfer:wait", path, owner: path })),
      fc.tuple(bytes, bytes).map(([read, all]): AssetEvent => {
        return { type: "inspect:progress", files: 1, totalFiles: 2, bytes: read, totalBytes: all };
      }),
    );
    const sizes = fc.record({ columns: fc.integer({ min: 1, max: 250 }), rows: fc.integer({ min: 0, max: 12 }) });
    fc.assert(
      fc.property(sizes, fc.array(step, { maxLength: 30 }), (canvas, steps) => {
        const lines = frame(canvas, ...steps);
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, canvas.rows - 2));
        for (const line of lines) {
          expect(displayWidth(line)).toBeLessThan(canvas.columns);
          expect(line).not.toMatch(/NaN|Infinity|undefined|\n/);
        }
      }),
    );
  });
});
