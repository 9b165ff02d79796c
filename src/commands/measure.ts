/** Brings files whose pins nobody states, by the ordinary transfer, and takes their pins off the bytes that came. */

import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { ErrorInfo, EventListener } from "../events.js";
import { judgeOf } from "../formats/index.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { isFetch, type PlanItem, planFile } from "../plan.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { isAsFound } from "../store/inspect.js";
import { probeFile } from "../store/probe-file.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { conflictError } from "../transfer/outcome.js";
import type { Planned } from "../transfer/run-transfers.js";
import { type Looked, openWorkspace, type Workspace } from "./workspace.js";

/** How long the file system's clock is waited for: less than a coarse one needs, which costs a hash later. */
const TICK_MS = 2;
const MOST_TICKS = 20;

/** How to fetch what is to be measured. */
export interface MeasureRun {
  /** The manifest whose root the files lie under. */
  readonly manifest: Manifest;
  /** What stands there already: measured as it is, or left alone as somebody's own. */
  readonly present: "measure" | "conflict";
  readonly policy: Partial<TransferPolicy>;
  readonly network: NetworkSettings;
  readonly jobs: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventListener;
}

/** What came of one file. */
export type Measured =
  | { size: number; sha256: string; fetched: boolean; url?: string }
  /** `fetched` files stay where they are. */
  | { error: ErrorInfo };

/**
 * Puts the files in their places, each without a pin, and hashes them; the ledger remembers them as proven. In the order
 * of the files. Throws DISK_FULL before the first byte, USAGE for an unusable `caFile`.
 */
export async function measureFiles(files: readonly AssetFile[], run: MeasureRun): Promise<Measured[]> {
  if (files.length === 0) return [];
  const { manifest, signal, emit, present } = run;
  const { caFile } = run.network;
  if (caFile !== undefined) await (await import("../source/authorities.js")).readAuthorities(caFile);
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(files, { recall: false, hash: false, signal });
    const planned = found.map((looked) => planOf(looked, present));
    const errors = await fetchAll(planned, workspace, run);
    const results: Measured[] = [];
    for (const [index, item] of planned.entries()) {
      const failure = errors[index];
      if (failure?.error !== undefined) results.push({ error: failure.error });
      else results.push(await measure(item, failure?.url, workspace, signal, emit));
    }
    return results;
  } finally {
    await workspace.close();
  }
}

function planOf(found: Looked, present: MeasureRun["present"]): Planned {
  if (found.unsafe !== undefined) return { ...found, action: "conflict", reason: found.unsafe.message };
  const item = planFile(found, { force: false });
  if (present === "measure" || item.action !== "keep") return item;
  return { ...item, action: "conflict", reason: "a file stands there that no asset names" };
}

/** What became of each item that was to be fetched, by its place in the plan. */
async function fetchAll(planned: readonly Planned[], workspace: Workspace, run: MeasureRun) {
  const { manifest, signal, emit, network, jobs } = run;
  const ends: ({ error?: ErrorInfo; url?: string } | undefined)[] = planned.map((item) =>
    item.action === "conflict" ? { error: errorInfo(item.unsafe ?? inTheWay(item)) } : undefined,
  );
  const fetches = planned.filter(isFetch);
  if (fetches.length === 0) return ends;
  const { bytesMissing, carryOut } = await import("./fetching.js");
  const bytesToFetch = await bytesMissing(fetches);
  emit({
    type: "plan",
    files: fetches.map(({ file: { asset, path, size }, action }) => ({ asset, path, action, ...(size && { size }) })),
    bytesToFetch,
  });
  const named = { ...manifest, assets: [...manifest.assets, ...asAssets(fetches)] };
  const replan = async (item: PlanItem, abort: AbortSignal) => {
    if (isAsFound(item.target, item.state)) return item;
    return planFile(await workspace.look(item.file, { recall: false, hash: false, signal: abort }), { force: false });
  };
  const policy = { ...DEFAULT_POLICY, ...run.policy };
  const transfers = {
    workspace,
    policy,
    pieces: new Map(),
    bytesToFetch,
    replan,
    signal,
    emit,
    jobs,
    network,
    reuse: false,
  };
  const { outcomes } = await carryOut(fetches, named, transfers);
  for (const [index, outcome] of outcomes.entries()) {
    const at = planned.indexOf(fetches[index] as Planned);
    ends[at] = {
      ...(outcome.error && { error: outcome.error }),
      ...(outcome.url !== undefined && { url: outcome.url }),
    };
  }
  return ends;
}

/** The files as assets, so that the transfers know their places for those of the manifest. */
function asAssets(items: readonly PlanItem[]): Manifest["assets"] {
  return items.map(({ file }) => ({ id: file.asset, type: "file", tags: [], required: false, files: [file] }));
}

function inTheWay(item: PlanItem): AssetsError {
  if (item.state.kind !== "unpinned") return conflictError(item);
  return new AssetsError("CONFLICT", `${item.file.path}: ${item.reason}.`, {
    hint: "To pin that very file, name it and say where it comes from: assets add PATH --url URL. Or name another place: --path.",
  });
}

async function measure(
  { file, target, action }: PlanItem,
  url: string | undefined,
  workspace: Workspace,
  signal: AbortSignal,
  emit: EventListener,
): Promise<Measured> {
  const { ledger, hash } = workspace;
  try {
    const at = await clockPast(file, workspace, signal);
    const digest = await hash(target, { signal });
    for (const { algorithm, hex } of action === "keep" ? (file.stated ?? []) : []) {
      const own = await hash(target, { signal, algorithm });
      if (own.hex === hex) continue;
      throw new AssetsError("DIGEST_MISMATCH", `${file.path} has the ${algorithm} ${own.hex}, and ${hex} is stated.`, {
        hint: "It is not the file that was meant. Move it away, and run the same command again.",
      });
    }
    if (at !== undefined) ledger.record(file.path, digest.stat, digest.hex, { at });
    const doubt = await doubtOf(file.path, target);
    if (doubt !== undefined) {
      emit({ type: "warning", path: file.path, message: `${file.path} may not be what its name says: ${doubt}.` });
    }
    if (digest.size === 0) {
      emit({ type: "warning", path: file.path, message: `${file.path} is empty, and pinned as such.` });
    }
    const { size, hex: sha256 } = digest;
    return { size, sha256, fetched: action !== "keep", ...(url !== undefined && { url }) };
  } catch (error) {
    if (signal.aborted) throw abortError();
    if (!(error instanceof AssetsError)) throw error;
    return { error: errorInfo(error) };
  }
}

/**
 * The file system's clock once it stands past the last change of a file, so that a later change can be told from it; it
 * ticks every few milliseconds.
 */
async function clockPast(
  file: AssetFile,
  { ledger, look }: Workspace,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const { state } = await look(file, { recall: false, hash: false, signal });
  const changed = "stat" in state ? state.stat.ctimeNs : 0n;
  for (let ticks = 0; ; ticks++) {
    const now = await ledger.clock().catch(() => undefined);
    if (now === undefined || now > changed || ticks === MOST_TICKS) return now;
    await sleep(TICK_MS);
  }
}

/** What speaks against a file's being what its ending says. */
async function doubtOf(path: string, target: string): Promise<string | undefined> {
  const judge = judgeOf(path);
  return judge && (await probeFile(target, judge).catch(() => undefined));
}
