/** Downloads in this process, impatiently. */
import { type DownloadOptions, download } from "../../src/commands/download.js";
import type { DownloadReport } from "../../src/commands/reports.js";
import type { AssetEvent, Outcome } from "../../src/events.js";
import { loadManifest } from "../../src/manifest/load.js";
import type { TransferPolicy } from "../../src/transfer/fetch-file.js";
import type { Tree } from "./tree.js";

/** A policy that never waits before it tries again. Silence is another matter: see {@link SHORT_PATIENCE}. */
export const IMPATIENT: TransferPolicy = {
  retries: 2,
  baseDelayMs: 0,
  maxDelayMs: 0,
  maxRetryAfterMs: 5 * 60_000,
  stallTimeoutMs: 15_000,
  firstByteTimeoutMs: 15_000,
  slowTimeoutMs: 60_000,
  leastRate: 1_000,
  hurryMs: 15_000,
  leastSegmentBytes: 1024 * 1024,
  connections: 16,
  lockTimeoutMs: 10_000,
  offline: false,
  strategy: "http",
};

/** Patience for tests with silent servers: short, yet longer than a busy machine is silent. */
export const SHORT_PATIENCE = { stallTimeoutMs: 500, firstByteTimeoutMs: 500 };

/** A finished run. */
export interface Run extends DownloadReport {
  events: AssetEvent[];
  /** The outcome of a path. */
  of(path: string): Outcome;
  /** All that a reporter could ever show of the run. */
  told: string;
}

/** Options of a run; what is left out of the policy is impatient. */
export type RunOptions = Partial<Omit<DownloadOptions, "manifest" | "policy">> & { policy?: Partial<TransferPolicy> };

/** Downloads what the tree's manifest holds. Throws what the command throws. */
export async function run(tree: Tree, { policy, onEvent, ...options }: RunOptions = {}): Promise<Run> {
  const events: AssetEvent[] = [];
  const report = await download({
    manifest: await loadManifest({ cwd: tree.root }),
    network: { httpProxy: "", httpsProxy: "", noProxy: "" },
    // Files of one test may have the same bytes, and each of them is to be fetched.
    reuse: false,
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    ...options,
    policy: { ...IMPATIENT, ...policy },
  });
  return {
    ...report,
    events,
    of(path) {
      const found = report.outcomes.find((outcome) => outcome.path === path);
      if (found === undefined) throw new Error(`No outcome tells of ${path}`);
      return found;
    },
    told: JSON.stringify([report, events]),
  };
}
