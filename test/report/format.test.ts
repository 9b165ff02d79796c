/** Numbers, names and lengths as people read them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { visibleLine } from "../../src/errors.js";
import {
  displayWidth,
  formatByteShare,
  formatBytes,
  formatClock,
  formatDuration,
  formatExactBytes,
  formatPercent,
  formatSpeed,
  oneLine,
  padLeft,
  padRight,
  plural,
  sourceName,
  truncate,
  truncatePath,
} from "../../src/report/format.js";

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [10, "10 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9949, "9.9 kB"],
    [9950, "10 kB"],
    [812_345, "812 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [34_512_345, "34.5 MB"],
    [118_300_000, "118.3 MB"],
    [999_949_999, "999.9 MB"],
    [999_950_000, "1.0 GB"],
    [1_234_567_890, "1.2 GB"],
    [5e12, "5.0 TB"],
    [7e18, "7000.0 PB"],
    [-3, "0 B"],
    [Number.NaN, "?"],
    [Number.POSITIVE_INFINITY, "?"],
  ])("%d bytes read %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("never round up to a thousand of a unit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 - 1e12 }), (bytes) => {
        const [number] = formatBytes(bytes).split(" ");
        expect(Number(number)).toBeLessThan(1000);
      }),
    );
  });

  it("share a unit where they can", () => {
    expect(formatByteShare(40_300_000, 118_300_000)).toBe("40.3/118.3 MB");
    expect(formatByteShare(812_000, 118_300_000)).toBe("812 kB/118.3 MB");
    expect(formatByteShare(812_000, undefined)).toBe("812 kB");
    expect(formatByteShare(0, 0)).toBe("0/0 B");
  });

  it("are told to the byte where two of them are compared", () => {
    expect(formatExactBytes(34_512_345)).toBe("34,512,345 bytes");
    expect(formatExactBytes(999)).toBe("999 bytes");
    expect(formatExactBytes(1)).toBe("1 byte");
  });

  it("become speeds, and an unknown speed is nothing", () => {
    expect(formatSpeed(12_100_000)).toBe("12.1 MB/s");
    expect(formatSpeed(0)).toBe("0 B/s");
    expect(formatSpeed(undefined)).toBe("");
  });
});

describe("times", () => {
  it.each([
    [0, "0 ms"],
    [87.4, "87 ms"],
    [99.4, "99 ms"],
    [99.5, "0.1 s"],
    [412, "0.4 s"],
    [3000, "3 s"],
    [9800, "9.8 s"],
    [9949, "9.9 s"],
    [9950, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [4_020_000, "1 h 07 min"],
    [273_600_000, "3 d 4 h"],
    [Number.NaN, "?"],
  ])("%d ms read %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [0, "0:00"],
    [1, "0:01"],
    [6000, "0:06"],
    [59_001, "1:00"],
    [754_000, "12:34"],
    [3_723_000, "1:02:03"],
    [359_999_000, "99:59:59"],
  ])("%d ms left read %s", (ms, text) => {
    expect(formatClock(ms)).toBe(text);
  });
});

describe("shares", () => {
  it.each([
    [0, "0%"],
    [0.29, "29%"],
    [0.57, "57%"],
    [0.999999, "99%"],
    [1, "100%"],
    [1.5, "100%"],
    [-1, "0%"],
  ])("%d is %s: 100%% only when complete", (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text);
  });
});

describe("words", () => {
  it("agree with their number", () => {
    expect([plural(0, "file"), plural(1, "file"), plural(2, "file"), plural(12_345, "entry", "entries")]).toEqual([
      "0 files",
      "1 file",
      "2 files",
      "12,345 entries",
    ]);
  });

  it("from outside carry neither credentials nor control characters", () => {
    expect(oneLine("https://me:secret@host/x?token=abc\n\u001b[31m")).toBe("https://host/x?token=***\\n\\u{1b}[31m");
  });

  it("for a source are its scheme and host, or all of a URL that has no host", () => {
    expect(sourceName("https://cdn.example.org/a/b?c#d")).toBe("https://cdn.example.org");
    expect(sourceName("npm:@scope/name@1.2.3/dist/x.bin")).toBe("npm:@scope/name@1.2.3/dist/x.bin");
    expect(sourceName("../local/x.zip#member=y")).toBe("../local/x.zip");
  });
});

describe("width", () => {
  it("counts wide characters twice when padding", () => {
    expect(padRight("日本", 6)).toBe("日本  ");
    expect(padLeft("日本", 6)).toBe("  日本");
    expect(padRight("too long", 3)).toBe("too long");
  });

  it.each([
    ["short", 10, "short"],
    ["a longer text", 8, "a longe…"],
    ["日本語データ", 7, "日本語…"],
    ["日本語データ", 6, "日本…"],
    ["anything", 1, "…"],
    ["anything", 0, ""],
  ])("%s cut to %d is %s", (text, width, cut) => {
    expect(truncate(text, width)).toBe(cut);
  });

  it.each([
    ["models/small-llms/qwen/model.gguf", 40, "models/small-llms/qwen/model.gguf"],
    ["models/small-llms/qwen/model.gguf", 24, "models/small…/model.gguf"],
    ["models/small-llms/qwen/model.gguf", 12, "…/model.gguf"],
    ["models/small-llms/qwen/model.gguf", 9, "…del.gguf"],
    ["a-very-long-name.safetensors", 15, "…me.safetensors"],
    ["日本語/データセット.parquet", 21, "…データセット.parquet"],
    ["x/y", 1, "…"],
    ["x/y", 0, ""],
  ])("the path %s cut to %d is %s, so that the file's name stays as long as it can", (path, width, cut) => {
    expect(truncatePath(path, width)).toBe(cut);
  });

  it("is never exceeded by what is cut", () => {
    const text = fc.string({ unit: "binary", maxLength: 30 }).map(visibleLine);
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 40 }), (long, width) => {
        expect(displayWidth(truncate(long, width))).toBeLessThanOrEqual(width);
        expect(displayWidth(truncatePath(long, width))).toBeLessThanOrEqual(width);
      }),
      { numRuns: 60 },
    );
  });
});
