/** Reports about things whose names try to drive the terminal. */
import { describe, expect, it } from "vitest";
import { renderDownload } from "../../src/report/download.js";
import { renderLfs } from "../../src/report/lfs.js";
import { renderList } from "../../src/report/list.js";
import { renderVerify } from "../../src/report/verify.js";
import {
  DRIVES_TERMINAL,
  downloadReport,
  fileReport,
  HOSTILE,
  lfsReport,
  listReport,
  outcome,
  problem,
  row,
  verifyReport,
} from "./samples.js";

const error = problem(HOSTILE, "NETWORK", HOSTILE);
const everyStatus = [
  "valid",
  "missing",
  "unverified",
  "unpinned",
  "size-mismatch",
  "digest-mismatch",
  "lfs-pointer",
  "unreadable",
] as const;
const everyState = ["ready", "partial", "missing", "damaged"] as const;
const everyAction = ["keep", "download", "replace", "conflict"] as const;
const everyOutcome = ["downloaded", "present", "failed", "skipped"] as const;
const sums = { sha256: HOSTILE };

const REPORTS: [string, (options: { color: boolean; width?: number; verbose: boolean }) => string][] = [
  [
    "list",
    (options) => {
      const more = { type: HOSTILE, tags: [HOSTILE], required: true, proven: false };
      const files = [fileReport(HOSTILE, "missing", { asset: HOSTILE })];
      return renderList(listReport(everyState.map((state) => row(HOSTILE, { ...more, state, files }))), options);
    },
  ],
  [
    "verify",
    (options) => {
      const more = { asset: HOSTILE, reason: HOSTILE, expected: sums, actual: sums };
      const files = everyStatus.map((status) => fileReport(HOSTILE, status, more));
      const others = {
        unmatched: [HOSTILE],
        extra: [{ path: HOSTILE }],
        leftovers: [{ path: HOSTILE, reason: HOSTILE }],
      };
      return renderVerify(verifyReport(files, others), options);
    },
  ],
  [
    "download",
    (options) => {
      const more = { asset: HOSTILE, url: HOSTILE, error, tried: [{ url: HOSTILE, attempts: 1, error }] };
      const outcomes = everyOutcome.map((status) => outcome(HOSTILE, { ...more, status }));
      const other = { ...more, status: "failed", error: problem(`other ${HOSTILE}`, "LOCAL_IO") } as const;
      const conflict = { ...more, status: "failed", error: problem(HOSTILE, "CONFLICT", HOSTILE) } as const;
      const all = [...outcomes, outcome(HOSTILE, other), outcome(HOSTILE, conflict)];
      return renderDownload(downloadReport(all, { stopped: error, keptPartialBytes: 5 }), options);
    },
  ],
  [
    "dry run",
    (options) => {
      const planned = everyAction.map((action) => {
        return { asset: HOSTILE, path: HOSTILE, action, reason: HOSTILE, urls: [HOSTILE] };
      });
      return renderDownload(downloadReport([], { dryRun: true, planned }), options);
    },
  ],
  [
    "lfs",
    (options) => {
      const pinned = { asset: HOSTILE, path: HOSTILE, samePath: false, sameDigest: true };
      const pointer = { path: HOSTILE, oid: HOSTILE, problem: HOSTILE, pinned, fix: HOSTILE };
      const pointers = (["pointer", "non-canonical", "malformed"] as const).map((kind) => ({ ...pointer, kind }));
      return renderLfs(lfsReport(pointers, { unreadable: [{ path: HOSTILE, reason: HOSTILE }] }), options);
    },
  ],
];

describe.each(REPORTS)("the text of %s", (_, render) => {
  it.each([
    { color: false, verbose: true },
    { color: true, verbose: true },
    { color: false, verbose: false, width: 60 },
  ])("is not driven by names and messages from outside (%o)", (options) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are this tool's own
    const text = render(options).replace(/\u001b\[\d+m/g, "");
    expect(text).not.toMatch(DRIVES_TERMINAL);
    expect(text).not.toMatch(/^\s*second line/m);
    expect(text).toContain("\\u{1b}");
  });
});
