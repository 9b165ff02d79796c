/** What is said after a download. */
import { describe, expect, it } from "vitest";
import { renderDownload } from "../../src/report/download.js";
import { downloadReport, outcome, problem } from "./samples.js";

const plain = { color: false };
const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);
const present = (path: string) => outcome(path, { status: "present", received: 0 });

describe("a failed file", () => {
  it("is told with every source that was tried, why it was left, and what to do", () => {
    const failed = outcome("models/c.onnx", {
      asset: "c",
      status: "failed",
      received: 0,
      error: problem("None of 2 sources gave the file. c has no version 1.2.3.", "NOT_FOUND", "Ask its publisher."),
      tried: [
        { url: "https://one.example/c.onnx", attempts: 4, error: problem("The connection was reset.") },
        { url: "npm:c@1.2.3/c.onnx", attempts: 1, error: problem("c has no version 1.2.3.", "NOT_FOUND") },
      ],
    });
    expect(renderDownload(downloadReport([failed]), plain)).toBe(`1 file failed:
  models/c.onnx  (c)
    https://one.example/c.onnx
      4 attempts: The connection was reset.
    npm:c@1.2.3/c.onnx
      1 attempt: c has no version 1.2.3.
    Ask its publisher.

1 file: 1 failed.
`);
  });

  it("that never got as far as a source is told with its own error", () => {
    const failed = outcome("a", { status: "failed", error: problem("The folder is not writable.", "LOCAL_IO") });
    expect(renderDownload(downloadReport([failed]), plain)).toContain(
      "  a  (asset)\n    The folder is not writable.\n",
    );
  });
});

it("conflicts stand together, with one hint for all of them", () => {
  const conflict = (path: string, asset: string) => {
    return outcome(path, {
      asset,
      status: "failed",
      error: problem(`${path}: has other content.`, "CONFLICT", "unused"),
    });
  };
  const report = downloadReport([conflict("a.bin", "a"), conflict("b.bin", "b"), conflict("c.bin", "a")]);
  expect(renderDownload(report, plain)).toBe(`3 files left alone, because something else stands in the place:
  a.bin: has other content.
  b.bin: has other content.
  c.bin: has other content.
  To replace them: assets download a b --force

3 files: 3 failed.
`);
});

describe("the last line", () => {
  it("adds up what was done", () => {
    const outcomes = [outcome("a", { received: 118_300_000 }), present("b"), present("c")];
    expect(renderDownload(downloadReport(outcomes), plain)).toBe(
      "3 files: 1 downloaded and verified (118.3 MB in 9.8 s, 12.1 MB/s), 2 already here.\n",
    );
  });

  it("says plainly that nothing had to be fetched", () => {
    expect(renderDownload(downloadReport([present("a"), present("b")]), plain)).toBe(
      "2 files, all present and verified. Nothing to fetch.\n",
    );
  });

  it("does not call verified what has no pin", () => {
    const unpinned = outcome("b", { status: "present", verified: false });
    expect(renderDownload(downloadReport([present("a"), unpinned]), plain)).toBe(
      "2 files, all present, 1 without a pinned SHA-256 to verify. Nothing to fetch.\n",
    );
  });

  it("promises no speed of a run that took no time", () => {
    const text = renderDownload(downloadReport([outcome("a", { received: 10 })], { durationMs: 0 }), plain);
    expect(text).toBe("1 file: 1 downloaded and verified (10 B in 0 ms).\n");
  });

  it("of a stopped run says what is kept and how to go on", () => {
    const outcomes = [outcome("a"), outcome("b", { status: "skipped", error: problem("Stopped.", "ABORTED") })];
    const text = renderDownload(downloadReport(outcomes, { keptPartialBytes: 34_500_000 }), {
      ...plain,
      interrupted: true,
    });
    expect(text).toBe(
      "2 files: 1 downloaded and verified (15.8 MB in 9.8 s, 1.6 MB/s), 1 not finished.\n" +
        "Stopped. 34.5 MB of unfinished files are kept. Run the same command again to go on from there.\n",
    );
  });

  it("of a run that a full disk ended says so, with the hint", () => {
    const outcomes = [outcome("a", { status: "skipped" })];
    const stopped = problem("No space is left on the disk.", "DISK_FULL", "Free some space.");
    const text = renderDownload(downloadReport(outcomes, { stopped, keptPartialBytes: 1000 }), plain);
    expect(text).toContain("No space is left on the disk. 1.0 kB of unfinished files are kept.\nFree some space.\n");
  });

  it("tells of kept bytes also where a file failed", () => {
    const failed = outcome("a", { status: "failed", error: problem("Reset.") });
    expect(lastLine(renderDownload(downloadReport([failed], { keptPartialBytes: 5000 }), plain))).toBe(
      "5.0 kB of unfinished files are kept. The next run goes on from there.",
    );
  });
});

it("verbose names every file that is in its place, and whether it is proven", () => {
  const outcomes = [outcome("models/a.onnx"), outcome("b.csv", { status: "present", verified: false })];
  const [header, first, second] = renderDownload(downloadReport(outcomes), { ...plain, verbose: true }).split("\n");
  expect([header, first, second]).toEqual([
    "STATE         SIZE  SHA-256     PATH",
    "downloaded  7.9 MB  verified    models/a.onnx",
    "present     7.9 MB  not pinned  b.csv",
  ]);
});

describe("a dry run", () => {
  const planned = [
    {
      asset: "a",
      path: "a.onnx",
      action: "download" as const,
      size: 7_900_000,
      urls: ["https://one.example/a", "npm:a@1.0.0/a"],
    },
    { asset: "a", path: "b.onnx", action: "keep" as const, size: 10, urls: ["https://one.example/b"] },
    { asset: "a", path: "c.onnx", action: "replace" as const, reason: "a pointer", urls: ["https://one.example/c"] },
    { asset: "a", path: "d.onnx", action: "conflict" as const, size: 10, reason: "other content", urls: ["x:"] },
  ];

  it("shows what would be done, from where, and that nothing was", () => {
    expect(renderDownload(downloadReport([], { dryRun: true, planned }), plain)).toBe(
      `ACTION      SIZE  PATH    FROM
download  7.9 MB  a.onnx  https://one.example/a
replace        ?  c.onnx  a pointer; https://one.example/c
conflict    10 B  d.onnx  other content

4 files: 2 to fetch, at least 7.9 MB, 1 conflict (--force replaces). Dry run: no asset was changed.
`,
    );
  });

  it("names files that would be kept only when verbose", () => {
    const report = downloadReport([], { dryRun: true, planned: planned.slice(1, 2) });
    expect(renderDownload(report, plain)).toBe("1 file: nothing to fetch. Dry run: no asset was changed.\n");
    expect(renderDownload(report, { ...plain, verbose: true })).toMatch(/^keep +10 B {2}b\.onnx$/m);
  });
});
