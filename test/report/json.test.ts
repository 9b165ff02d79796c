/** What programs read. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { createNdjson, toJson, toNdjson } from "../../src/report/json.js";
import {
  DRIVES_TERMINAL,
  done,
  everyEvent,
  fileReport,
  HOSTILE,
  listReport,
  progress,
  row,
  start,
  verifyReport,
} from "./samples.js";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom("\\u{9b}", "\\u009b", "\u009b", "\\", '"', "\u2028", "😀", "\ud800", "é"))
    .map((parts) => parts.join("")),
);

describe("a document", () => {
  it("begins with its version and command, keeps the report as it is, and ends with a line feed", () => {
    const report = verifyReport([fileReport("a", "digest-mismatch", { actual: { sha256: "ab".repeat(32) } })]);
    const text = toJson("verify", report);
    expect(text.startsWith('{\n  "schemaVersion": 1,\n  "command": "verify",\n  "manifest"')).toBe(true);
    expect(text.endsWith("\n}\n")).toBe(true);
    expect(JSON.parse(text)).toEqual({ schemaVersion: 1, command: "verify", ...report });
  });

  it("drives no terminal, and parses to the very text that is in the report", () => {
    const report = listReport([
      row(HOSTILE, { tags: [HOSTILE], name: HOSTILE, files: [fileReport(HOSTILE, "valid")] }),
    ]);
    const text = toJson("list", report);
    expect(text).not.toMatch(DRIVES_TERMINAL);
    expect(text).not.toContain("\nsecond line");
    expect(JSON.parse(text)).toMatchObject({ ...report });
  });

  it("says the same as it is meant to, for every text there is", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = toNdjson({ text });
        expect(JSON.parse(line)).toEqual({ text });
        expect(line.slice(0, -1)).not.toMatch(DRIVES_TERMINAL);
        expect(line.slice(0, -1)).not.toContain("\n");
      }),
    );
  });

  it("leaves readable what is readable", () => {
    expect(toNdjson({ path: "データ/é😀.bin" })).toBe('{"path":"データ/é😀.bin"}\n');
  });
});

describe("events", () => {
  function stream(...steps: (AssetEvent | number)[]) {
    let now = 0;
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const reporter = createNdjson({ write, now: () => now, command: "download" });
    for (const step of steps) {
      if (typeof step === "number") now += step;
      else reporter.onEvent(step);
    }
    return { reporter, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
  }

  it("stand between a first line with the version and a last one with the exit code", () => {
    const { reporter, parsed } = stream(start("a", 0, 10), done("a"));
    reporter.stop({ exitCode: 4, totals: { files: 1 } });
    expect(parsed().map(({ type }) => type)).toEqual(["start", "transfer:start", "outcome", "end"]);
    expect(parsed()[0]).toEqual({ type: "start", schemaVersion: 1, command: "download" });
    expect(parsed().at(-1)).toEqual({ type: "end", exitCode: 4, totals: { files: 1 } });
  });

  it("end once, and not with a claim when the run broke off", () => {
    const { reporter, lines } = stream();
    reporter.stop();
    reporter.stop({ exitCode: 0 });
    reporter.onEvent(done("a"));
    expect(lines).toHaveLength(1);
  });

  it("are given as they are", () => {
    const events = everyEvent("models/x.onnx");
    expect(
      stream(...events)
        .parsed()
        .slice(1),
    ).toEqual(events);
  });

  it("of progress come at most ten times a second for a path, so that the output is bounded", () => {
    const steps: (AssetEvent | number)[] = [];
    for (let ms = 0; ms < 2000; ms++) steps.push(progress("a", ms, 2000), progress("b", ms, 2000), 1);
    const seen = stream(...steps).parsed();
    expect(seen.filter(({ path }) => path === "a")).toHaveLength(20);
    expect(seen.filter(({ path }) => path === "b")).toHaveLength(20);
  });

  it("of hashing come as seldom, but the last of them always", () => {
    const inspect = (files: number): AssetEvent => {
      return { type: "inspect:progress", files, totalFiles: 1000, bytes: files, totalBytes: 1000 };
    };
    const seen = stream(...Array.from({ length: 1001 }, (_, files) => inspect(files))).parsed();
    expect(seen.slice(1)).toEqual([inspect(0), inspect(1000)]);
  });

  it("may be rarer, begin with a stamp and have their texts changed, for a log", () => {
    const lines: string[] = [];
    let now = 0;
    const reporter = createNdjson({
      write: (line) => lines.push(line),
      now: () => now,
      command: "download",
      about: { argv: ["secret"] },
      sampleMs: 1000,
      stamp: () => ({ at: now }),
      show: (text) => text.replaceAll("secret", "***"),
    });
    for (; now < 2500; now += 10) reporter.onEvent(progress("a secret", now, 2500));
    reporter.stop({ exitCode: 143, error: { message: "a secret" } });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { at: 0, type: "start", schemaVersion: 1, command: "download", argv: ["***"] },
      ...[0, 1000, 2000].map((at) => ({ at, ...progress("a ***", at, 2500) })),
      { at: 2500, type: "end", exitCode: 143, error: { message: "a ***" } },
    ]);
  });

  it("are one line each and drive no terminal, whatever is in them", () => {
    const events = everyEvent(HOSTILE);
    const { lines, parsed } = stream(...events);
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
    expect(lines.join("").replaceAll("\n", "")).not.toMatch(DRIVES_TERMINAL);
    expect(parsed().slice(1)).toEqual(events);
  });
});
