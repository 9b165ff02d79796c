/** Downloads and repairs in this process, impatiently. */
import { type DownloadOptions, download } from "../../src/commands/download.js";
import type { Damage, RepairReport } from "../../src/commands/piece-reports.js";
import { type RepairOptions, repair } from "../../src/commands/repair.js";
import type { DownloadReport } from "../../src/commands/reports.js";
import type { AssetEvent, EventListener, Outcome } from "../../src/events.js";
import { loadManifest } from "../../src/manifest/load.js";
import type { TransferPolicy } from "../../src/transfer/fetch-file.js";
import type { Tree } from "./tree.js";

/** A policy that never waits before it tries again. Silence is another matter: see {@link SHORT_PATIENCE}. */
export const IMPATIENT: TransferPolicy = {
  retries: 2,
  baseDelayMs: 0,
  maxDelayMs: 0,
  maxRetryAfterMs: 5 * 60_000,
  leastMs: 0,
  outageMs: 0,
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

/** What every run leaves to look at. */
interface Told {
  events: AssetEvent[];
  /** The texts of all warnings. */
  warnings: string[];
  /** All that a reporter could ever show of the run. */
  told: string;
}

/** A finished download. */
export interface Run extends DownloadReport, Told {
  /** The outcome of a path. */
  of(path: string): Outcome;
}

/** A finished repair. */
export interface Mended extends RepairReport, Told {
  /** What was found of a path. */
  damageOf(path: string): Damage | undefined;
}

/** The options of a command; the manifest is the tree's, and what is left out of the policy is impatient. */
type Impatient<T> = Partial<Omit<T, "policy">> & { policy?: Partial<TransferPolicy> };
export type RunOptions = Impatient<DownloadOptions>;
export type MendOptions = Impatient<RepairOptions>;

/** Gives a command what all of them take, and keeps what it tells. */
async function listening<T extends object>(
  tree: Tree,
  { manifest, policy, onEvent }: Impatient<Pick<DownloadOptions, "manifest" | "policy" | "onEvent">>,
  command: (common: Pick<DownloadOptions, "manifest" | "network" | "reuse" | "onEvent" | "policy">) => Promise<T>,
): Promise<T & Told> {
  const events: AssetEvent[] = [];
  const listener: EventListener = (event) => {
    events.push(event);
    onEvent?.(event);
  };
  const report = await command({
    manifest: manifest ?? (await loadManifest({ cwd: tree.root })),
    network: { httpProxy: "", httpsProxy: "", noProxy: "" },
    // Files of one test may have the same bytes, and each of them is to be fetched.
    reuse: false,
    onEvent: listener,
    policy: { ...IMPATIENT, ...policy },
  });
  return {
    ...report,
    events,
    warnings: events.flatMap((event) => (event.type === "warning" ? [event.message] : [])),
    get told() {
      return JSON.stringify([report, events]);
    },
  };
}

/** Downloads what the tree's manifest holds. Throws what the command throws. */
export async function run(tree: Tree, options: RunOptions = {}): Promise<Run> {
  const { manifest, policy, onEvent, ...rest } = options;
  const report = await listening(tree, options, (common) => download({ ...common, ...rest }));
  return Object.assign(report, {
    of(path: string) {
      const found = report.outcomes.find((outcome) => outcome.path === path);
      if (found === undefined) throw new Error(`No outcome tells of ${path}`);
      return found;
    },
  });
}

/** Repairs what the tree's manifest holds. Throws what the command throws. */
export async function mend(tree: Tree, options: MendOptions = {}): Promise<Mended> {
  const { manifest, policy, onEvent, ...rest } = options;
  const report = await listening(tree, options, (common) => repair({ ...common, ...rest }));
  return Object.assign(report, {
    damageOf: (path: string) => report.damages.find((damage) => damage.path === path),
  });
}
