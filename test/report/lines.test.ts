/** What stands in a log. */
import { describe, expect, it } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { createLines } from "../../src/report/lines.js";
import { DRIVES_TERMINAL, done, everyEvent, HOSTILE, plan, problem, progress, retry, start } from "./samples.js";

/** What is written for events, each after so many milliseconds. */
function log(
  options: { verbose?: boolean; quiet?: boolean; color?: boolean },
  ...steps: (AssetEvent | number)[]
): string[] {
  let now = 0;
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const listener = createLines({ write, now: () => now, color: false, ...options });
  for (const step of steps) {
    if (typeof step === "number") now += step;
    else listener(step);
  }
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text.split("\n").slice(0, -1);
}

const inspect = (files: number, bytes: number): AssetEvent => {
  return { type: "inspect:progress", files, totalFiles: 12, bytes, totalBytes: 100 };
};

describe("a log", () => {
  it("begins with the plan, and has a line per finished file", () => {
    const files = ["a", "b", "c"].map((path) => ({ asset: "x", path, action: "download" as const, size: 4e7 }));
    const kept = { asset: "x", path: "kept", action: "keep" as const, size: 5 };
    const steps = [start("a", 0, 4e7), 1200, progress("a", 4e7, 4e7), done("a", { size: 4e7 })];
    expect(log({}, { type: "plan", files: [...files, kept], bytesToFetch: 1.183e8 }, ...steps)).toEqual([
      "Fetching 3 of 4 files, 118.3 MB.",
      "downloaded a  40.0 MB  1.2 s  https://cdn.example.org",
    ]);
  });

  it("says at once that nothing can be fetched, and leaves it to the answer that nothing need be", () => {
    const files = [{ asset: "x", path: "a", action: "keep" as const }];
    const blocked = { asset: "x", path: "b", action: "conflict" as const };
    expect(log({}, { type: "plan", files, bytesToFetch: 0 })).toEqual([]);
    expect(log({}, { type: "plan", files: [...files, blocked], bytesToFetch: 0 })).toEqual([
      "Nothing to fetch for 2 files. 1 file cannot be put in place.",
    ]);
  });

  it("promises no total where sizes are unknown", () => {
    expect(log({}, plan(["a"]))).toEqual(["Fetching 1 file."]);
    expect(log({}, plan(["a"], ["b", 1000]))).toEqual(["Fetching 2 files, at least 1.0 kB."]);
  });

  it("names files that were here already, or not begun, only when verbose", () => {
    const steps = [done("a", { status: "present" }), done("b", { status: "skipped" })];
    expect(log({}, ...steps)).toEqual([]);
    expect(log({ verbose: true }, ...steps)).toEqual(["present a", "skipped b"]);
  });

  it("says when verbose which URL serves a file, from which byte on, how fast and in how many attempts", () => {
    const resumed = done("a", { size: 4e7, received: 1e7, attempts: 3 });
    const member = done("c/d", { size: 20, received: 0, url: "npm:c@1.0.0/d" });
    expect(
      log(
        { verbose: true },
        start("a", 3e7, 4e7),
        2000,
        resumed,
        start("npm:c@1.0.0", 0, undefined, { kind: "archive" }),
        500,
        { type: "transfer:end", path: "npm:c@1.0.0" },
        start("c/d", 0, 20, { kind: "member", url: "npm:c@1.0.0/d" }),
        member,
        done("b", { status: "failed", attempts: 6, error: problem("No source gave the file.") }),
      ),
    ).toEqual([
      "receiving a  https://cdn.example.org/files/x  from byte 30,000,000 of 40,000,000 bytes",
      "downloaded a  40.0 MB  2 s  10.0 MB received  5.0 MB/s  3 attempts  https://cdn.example.org/files/x",
      "receiving npm:c@1.0.0  https://cdn.example.org/files/x",
      "ended npm:c@1.0.0  0.5 s",
      "unpacking c/d  npm:c@1.0.0/d  20 bytes",
      "downloaded c/d  20 B  0 ms  0 B received  npm:c@1.0.0/d",
      "failed b  6 attempts  No source gave the file.",
    ]);
  });

  it("tells of every mishap", () => {
    const error = problem("The server closed the connection.");
    expect(
      log(
        {},
        retry("a", 3000, 2),
        retry("a", 0, 3),
        { type: "transfer:fallback", path: "a", from: "https://one.example/x", to: "npm:two@1.0.0/x", error },
        { type: "transfer:restart", path: "a", received: 0, reason: "the server starts over" },
        { type: "transfer:wait", path: "a", owner: "pid 123 on host" },
        { type: "warning", message: "No pin.", path: "b" },
        { type: "warning", message: "Odd clock." },
        done("a", { status: "failed", error: problem("No source gave the file.") }),
      ),
    ).toEqual([
      "retry a  attempt 2 in 3 s  The connection was reset.",
      "retry a  attempt 3  The connection was reset.",
      "fallback a  The server closed the connection.  next: npm:two@1.0.0/x",
      "dropped a  the server starts over",
      "waiting a  for pid 123 on host",
      "warning b: No pin.",
      "warning Odd clock.",
      "failed a  No source gave the file.",
    ]);
  });

  it("has a line for a long transfer every thirty seconds, however often it moves", () => {
    const steps: (AssetEvent | number)[] = [start("a", 0, 1e8)];
    for (let part = 1; part <= 280; part++) steps.push(250, progress("a", part * 250_000, 1e8));
    expect(log({}, ...steps)).toEqual([
      expect.stringMatching(/^fetching a {2}30% {2}30\.0 MB of 100\.0 MB {2}1\.0 MB\/s {2}eta 1:(09|10)$/),
      expect.stringMatching(/^fetching a {2}60% {2}60\.0 MB of 100\.0 MB {2}1\.0 MB\/s {2}eta 0:(39|40)$/),
    ]);
  });

  it("knows no percent of a file whose size is unknown", () => {
    expect(log({}, start("a"), 31_000, progress("a", 5e6))).toEqual(["fetching a  5.0 MB  500 kB/s"]);
  });

  it("mentions the check of what is here only when it takes long", () => {
    expect(log({}, inspect(0, 0), 20_000, inspect(3, 25), 11_000, inspect(6, 50), 1000, inspect(12, 100))).toEqual([
      "checking 12 files  50%",
    ]);
  });

  it("is, when quiet, of warnings and failures alone, and says there what to do", () => {
    const error = problem("Other bytes.", "DIGEST_MISMATCH", "Run: assets verify");
    const steps = [plan(["a", 10]), start("a", 0, 10), retry("a", 0), 60_000, progress("a", 5, 10), done("b")];
    const failed = done("a", { status: "failed", error });
    expect(log({ quiet: true }, ...steps, { type: "warning", message: "No pin." }, failed)).toEqual([
      "warning No pin.",
      "failed a  Other bytes.",
      "  Run: assets verify",
    ]);
  });

  it.each([{ verbose: true }, { quiet: true }, {}])("with %o is not driven by text from outside", (options) => {
    const lines = log(options, ...everyEvent(HOSTILE), 60_000, progress(HOSTILE, 10, 1000));
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      expect(line).not.toMatch(DRIVES_TERMINAL);
      expect(line).not.toMatch(/^second line/);
    }
  });
});
