/** Brings files of which only the bytes can tell the pins, by the ordinary transfer, and measures them. */
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { AssetEvent, ErrorInfo, EventListener } from "../events.js";
import { judgeOf } from "../formats/index.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { isFetch, type PlanItem, planFile } from "../plan.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { noteAdding, recallAdding } from "../store/adding-memory.js";
import { probeFile } from "../store/probe-file.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { conflictError } from "../transfer/outcome.js";
import { runPool } from "../transfer/pool.js";
import type { Planned } from "../transfer/run-transfers.js";
import type { Bytes } from "./settle-pins.js";
import { type Looked, openWorkspace, type Workspace } from "./workspace.js";

/** How long the file system's clock is waited for: less than a coarse one needs, which costs a hash later. */
const TICK_MS = 2;
const MOST_TICKS = 20;
/** Files that are measured at one time. */
const MEASURED_AT_ONCE = 4;

/** How to fetch what is to be measured. */
export interface MeasureRun {
  /** The manifest whose root the files lie under. */
  readonly manifest: Manifest;
  /**
   * What stands there already: measured as it is, or left alone as somebody's own, unless it is as such a run put it there
   * that was stopped.
   */
  readonly present: "measure" | "conflict";
  /** When the command began, in milliseconds since the epoch: what came later was put there by another run. */
  readonly since?: number;
  readonly policy: Partial<TransferPolicy>;
  readonly network: NetworkSettings;
  readonly jobs: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventListener;
  /**
   * Told what was measured of the file of that index. What it throws fails the file, and is thrown before a file that was
   * here is remembered: a user's own work must not pass for something that can be given up.
   */
  judge?(index: number, bytes: Bytes): void;
}

/** What came of one file; `raced`: another run put one in its place meanwhile. What was fetched stays in its place, whatever is wrong with it. */
export type Measured = Bytes | { error: ErrorInfo; raced?: boolean };

/**
 * Puts the files in their places, hashes them, and holds them against all digests that are stated of them; the ledger
 * remembers them as proven. In the order of the files. Throws DISK_FULL before the first byte, USAGE for an unusable
 * `caFile`.
 */
export async function measureFiles(files: readonly AssetFile[], run: MeasureRun): Promise<Measured[]> {
  if (files.length === 0) return [];
  const { manifest, signal, present } = run;
  const { caFile } = run.network;
  if (caFile !== undefined) await (await import("../source/authorities.js")).readAuthorities(caFile);
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(files, { recall: false, hash: false, signal });
    const isOurs = present === "conflict" ? await putHereBefore(workspace, manifest.root) : () => false;
    const planned = found.map((looked) => planOf(looked, present, isOurs(looked)));
    if (present === "conflict") await noteAll(planned, manifest.root);
    const ends = await fetchAll(planned, workspace, run);
    return await runPool([...planned.entries()], MEASURED_AT_ONCE, async ([index, item]): Promise<Measured> => {
      const end = ends[index];
      if (end?.error !== undefined) {
        return { error: end.error, raced: end.error.code === "CONFLICT" && isRaced(item, run.since) };
      }
      return measure(item, end?.from, workspace, { ...run, judge: run.judge?.bind(run, index) });
    });
  } finally {
    await workspace.close();
  }
}

/**
 * Tells files that an earlier run fetched from the same URL, and that nobody has touched since; it was stopped before the
 * manifest had them.
 */
async function putHereBefore({ ledger }: Workspace, root: string): Promise<(looked: Looked) => boolean> {
  const isNoted = await recallAdding(root);
  return ({ file: { path, urls }, state }) =>
    state.kind === "unpinned" && isNoted(path, urls[0] ?? "") && ledger.recall(path, state.stat) !== undefined;
}

async function noteAll(planned: readonly Planned[], root: string): Promise<void> {
  const files = planned.filter(isFetch).map(({ file: { path, urls } }) => ({ path, url: urls[0] ?? "" }));
  if (files.length > 0) await noteAdding(root, files);
}

/** Whether what is in the way was not there when the command began. */
function isRaced({ action, state }: Planned, since: number | undefined): boolean {
  if (action === "download") return true;
  return since !== undefined && "stat" in state && Number(state.stat.ctimeNs / 1_000_000n) >= since;
}

function planOf(found: Looked, present: MeasureRun["present"], isOurs = false): Planned {
  if (found.unsafe !== undefined) return { ...found, action: "conflict", reason: found.unsafe.message };
  const { state } = found;
  const item = planFile(found, { force: false });
  if (present === "conflict" && !isOurs && item.action !== "replace" && "stat" in state) {
    const hint =
      "To pin that very file, name it and say where it comes from: assets add PATH --url URL. Or name another place: --path.";
    return { ...item, action: "conflict", reason: "a file stands there that no asset names", hint };
  }
  return item.action === "conflict" ? { ...item, hint: "Move it away, and run the same command again." } : item;
}

/** What became of each item that was to be fetched, by its place in the plan. */
async function fetchAll(planned: readonly Planned[], workspace: Workspace, run: MeasureRun) {
  const { manifest, signal, emit, network, jobs } = run;
  const ends: ({ error?: ErrorInfo; from?: string } | undefined)[] = planned.map((item) =>
    item.action === "conflict" ? { error: errorInfo(item.unsafe ?? conflictError(item)) } : undefined,
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
    const now = await workspace.look(item.file, { recall: false, hash: false, signal: abort });
    return planOf(now, run.present);
  };
  const policy = { ...DEFAULT_POLICY, ...run.policy };
  let flushed: Promise<unknown> = Promise.resolve();
  const transfers = {
    workspace,
    policy,
    pieces: new Map(),
    bytesToFetch,
    replan,
    signal,
    emit(event: AssetEvent) {
      // Should this run be killed, the next one is to know which files are its own.
      if (event.type === "outcome") flushed = Promise.all([flushed, workspace.ledger.flush()]);
      emit(event);
    },
    jobs,
    network,
    reuse: false,
  };
  const { outcomes } = await carryOut(fetches, named, transfers);
  await flushed;
  for (const [index, outcome] of outcomes.entries()) {
    const at = planned.indexOf(fetches[index] as Planned);
    ends[at] = {
      ...(outcome.error && { error: outcome.error }),
      ...(outcome.status === "downloaded" && { from: outcome.url ?? "" }),
    };
  }
  return ends;
}

/** The files as assets, so that the transfers know their places for those of the manifest. */
function asAssets(items: readonly PlanItem[]): Manifest["assets"] {
  return items.map(({ file }) => ({ id: file.asset, type: "file", tags: [], required: false, files: [file] }));
}

async function measure(
  { file, target }: PlanItem,
  from: string | undefined,
  workspace: Workspace,
  { signal, emit, judge }: Pick<MeasureRun, "signal" | "emit"> & { judge: ((bytes: Bytes) => void) | undefined },
): Promise<Measured> {
  const { ledger, hash } = workspace;
  try {
    const proven = from === undefined ? undefined : await provenBy(file, workspace, signal);
    const at = proven === undefined ? await clockPast(file, workspace, signal) : undefined;
    const digest = proven ?? (await hash(target, { signal }));
    const bytes = { size: digest.size, sha256: digest.hex, from };
    judge?.(bytes);
    // What came without a pin was held against them on its way.
    const isChecked = from !== undefined && file.sha256 === undefined;
    for (const { algorithm, hex } of isChecked ? [] : (file.stated ?? [])) {
      const own = await hash(target, { signal, algorithm });
      if (own.hex === hex) continue;
      throw new AssetsError("DIGEST_MISMATCH", `${file.path} has the ${algorithm} ${own.hex}, and ${hex} is stated.`, {
        hint:
          file.sha256 === undefined
            ? "It is not the file that was meant. Move it away, and run the same command again."
            : "Its SHA-256 is the pinned one: a branch has other bytes by now. Name the commit that has these.",
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
    return bytes;
  } catch (error) {
    if (signal.aborted) throw abortError();
    if (!(error instanceof AssetsError)) throw error;
    return { error: errorInfo(error) };
  }
}

/** What the transfer worked out of a file that nobody can have touched since; of one that was quick, nothing. */
async function provenBy(file: AssetFile, { ledger, look }: Workspace, signal: AbortSignal) {
  const { state } = await look(file, { recall: false, hash: false, signal });
  if (!("stat" in state)) return undefined;
  const hex = ledger.recall(file.path, state.stat);
  return hex === undefined ? undefined : { hex, size: Number(state.stat.size), stat: state.stat };
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
