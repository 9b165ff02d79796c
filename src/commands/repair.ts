/** `assets repair`: fetches of damaged files what is damaged, and puts the whole in place once it is proven. */
import { setMaxListeners } from "node:events";
import { AssetsError, abortError, errorInfo, visibleLine } from "../errors.js";
import type { EventListener } from "../events.js";
import { type Pieces, pieceCount } from "../manifest/pieces.js";
import { type Selection, select } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { isFetch, type PlanItem, planFile } from "../plan.js";
import { shellWord } from "../shell-word.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { type ByteRanges, bytesIn, gapsOf, MOST_RANGES, toPairs, withRange } from "../store/byte-ranges.js";
import { isSameState } from "../store/inspect.js";
import { partialPath } from "../store/partial.js";
import { backUp, carryOver, checkBackup, findSound, type Measure, soundInPartial } from "../store/salvage.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import type { Mending, TransferPolicy } from "../transfer/fetch-file.js";
import { runPool } from "../transfer/pool.js";
import type { Planned } from "../transfer/run-transfers.js";
import { downloadReport } from "./download-report.js";
import { bytesMissing, carryOut } from "./fetching.js";
import { committedPieces, openKnownPieces } from "./known-pieces.js";
import type { Damage, RepairReport } from "./piece-reports.js";
import { createProgress, type Looked, openWorkspace, type Workspace } from "./workspace.js";

export interface RepairOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Keep what was there as `<name>.orig`. Default false. */
  backup?: boolean;
  /** Say what is damaged and what it would cost; write and fetch nothing. Default false. */
  dryRun?: boolean;
  /** Files fetched side by side. Default: 4 large ones, or 16 that are small. */
  jobs?: number | undefined;
  /** Look for the bytes elsewhere on this machine before any network is asked. Default true. */
  reuse?: boolean;
  /** Limits that differ from the default policy. */
  policy?: Partial<TransferPolicy>;
  network?: NetworkSettings;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/** Damaged files that are examined side by side. */
const FILES = 8;

/** A damaged file, and what of it can stay. */
interface Assessed {
  damage: Damage;
  item: Planned;
  /** How the right bytes are told, where there are some to keep. */
  keep?: { measure: Measure; sound: ByteRanges };
}

/**
 * Hashes every selected file, and brings what is damaged or missing of the pinned bytes. What stands there stays until
 * its replacement is proven; one file's failure is an outcome, never a throw. Throws what makes all work pointless:
 * USAGE, UNKNOWN_ID, NOTHING_SELECTED, ABORTED and DISK_FULL (before the first byte), LOCAL_IO.
 */
export async function repair(options: RepairOptions): Promise<RepairReport> {
  const started = performance.now();
  const { manifest, selection = {}, dryRun = false, backup = false, reuse = true, jobs } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  setMaxListeners(0, signal);
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const network = options.network ?? {};
  const files = select(manifest, selection);
  if (network.caFile !== undefined) await (await import("../source/authorities.js")).readAuthorities(network.caFile);
  const pieces = await committedPieces(manifest, emit);
  const piecesOf = openKnownPieces(manifest, pieces);
  const workspace = await openWorkspace(manifest, { dryRun });
  try {
    const found = await workspace.lookAll(files, { recall: false, hash: true, signal, emit });
    const damaged = found.filter(({ state: { kind } }) => !["valid", "unpinned", "unverified"].includes(kind));
    const assessed = await assessAll(damaged, piecesOf, workspace, signal, emit);
    const damages = assessed.map(({ damage }) => damage);
    const toFetch = damages.reduce((sum, damage) => sum + (damage.toFetch ?? 0), 0);
    const answer = (end: Omit<RepairEnd, "damages" | "toFetch">) =>
      repairReport(options, { ...end, damages, toFetch }, found, started);
    if (dryRun || damaged.length === 0) {
      const stopped = signal.aborted ? errorInfo(abortError()) : undefined;
      return answer({ outcomes: [], archiveBytes: 0, kept: 0, stopped });
    }
    tell(assessed, toFetch, emit);
    const planned = assessed.map(({ item }) => item);
    const mending = mendingOf(assessed, workspace, { backup, signal });
    const replan = (item: PlanItem, abort: AbortSignal) => planAgain(item, workspace, abort);
    const run = {
      workspace,
      policy,
      pieces,
      bytesToFetch: toFetch,
      replan,
      signal,
      emit,
      jobs,
      network,
      reuse,
      mending,
    };
    return answer(await carryOut(planned, manifest, run));
  } finally {
    await workspace.close();
  }
}

/**
 * Decides anew about a file in its turn. The word `repair` was given for what was found: what has come into its place since
 * may be somebody's work, and is treated as `assets download` would treat it.
 */
async function planAgain(item: PlanItem, workspace: Workspace, signal: AbortSignal): Promise<PlanItem> {
  const now = await workspace.look(item.file, { recall: true, hash: true, signal });
  if (isSameState(now.state, item.state)) return item;
  const anew = planFile(now, { force: false });
  if (anew.action !== "conflict") return anew;
  const hint = `It was left alone. To look at it anew: assets repair ${shellWord(item.file.asset)}`;
  return { ...anew, reason: `it has changed since it was looked at (${anew.reason})`, hint };
}

type RepairEnd = Awaited<ReturnType<typeof carryOut>> & { damages: Damage[]; toFetch: number };

function repairReport(
  options: RepairOptions,
  { damages, toFetch, outcomes, archiveBytes, kept, stopped }: RepairEnd,
  found: readonly Looked[],
  started: number,
): RepairReport {
  const { manifest, root, dryRun, totals, ...end } = downloadReport(options, outcomes, archiveBytes, started);
  const unpinned = found.filter(({ state }) => state.kind === "unpinned").length;
  const right = found.length - damages.length - unpinned;
  const exitCode = dryRun && damages.length > 0 ? 1 : end.exitCode;
  return {
    manifest,
    root,
    dryRun,
    ok: exitCode === 0,
    exitCode,
    damages,
    outcomes,
    totals: {
      files: found.length,
      right,
      unpinned,
      damaged: damages.length,
      repaired: totals.downloaded + totals.reused + totals.present,
      failed: totals.failed + totals.skipped,
      toFetch,
      received: totals.received,
    },
    keptPartialBytes: kept,
    ...(stopped && { stopped }),
    durationMs: performance.now() - started,
  };
}

async function assessAll(
  damaged: readonly Looked[],
  piecesOf: (file: AssetFile) => Promise<Pieces | undefined>,
  workspace: Workspace,
  signal: AbortSignal,
  emit: EventListener,
): Promise<Assessed[]> {
  if (damaged.length === 0) return [];
  const progress = createProgress(
    damaged.map(({ state }) => state),
    emit,
  );
  return runPool(damaged, FILES, async (looked) => {
    const own = progress.file();
    const assessed = await assess(looked, await piecesOf(looked.file), workspace, signal, own.read);
    own.done("size" in looked.state ? looked.state.size : 0);
    return assessed;
  });
}

/** Finds out what of a damaged file can stay. */
async function assess(
  looked: Looked,
  pieces: Pieces | undefined,
  workspace: Workspace,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Assessed> {
  const { file, state, target, unsafe } = looked;
  const item: Planned =
    unsafe === undefined
      ? planFile(looked, { force: true })
      : { ...looked, action: "conflict", reason: visibleLine(unsafe.message) };
  const size = file.size ?? pieces?.size;
  const reason = item.reason ?? (state.kind === "unreadable" ? visibleLine(state.reason) : undefined);
  const about = {
    asset: file.asset,
    path: file.path,
    status: state.kind,
    ...(size !== undefined && { size }),
    ...(reason !== undefined && { reason }),
  };
  if (!isFetch(item)) return { item, damage: { ...about, toFetch: 0 } };
  const whole = async (why: Damage["whole"]): Promise<Assessed> => {
    const toFetch = size === undefined ? undefined : await bytesMissing([{ ...item, file: { ...file, size } }]);
    return { item, damage: { ...about, whole: why, ...(toFetch !== undefined && { toFetch }) } };
  };
  if (state.kind !== "size-mismatch" && state.kind !== "digest-mismatch") return whole("absent");
  if (file.sha256 === undefined || size === undefined) return whole("unpinned");
  // Of a file that only grew, the digest of the whole tells that its beginning is right.
  if (pieces === undefined && state.size <= size) return whole("no-pieces");
  const measure: Measure = pieces ?? { sha256: file.sha256, size };
  const sound = await findSound(target, measure, workspace, { signal, onProgress }).catch((error) => {
    if (signal.aborted) throw abortError();
    if (error instanceof AssetsError) return undefined;
    throw error;
  });
  // Somebody writes to it, or it is gone since.
  if (sound === undefined) return whole("unreadable");
  const { ranges, damaged } = sound;
  const counts = pieces && {
    pieces: { damaged: damaged ?? 0, all: pieceCount(pieces), size: pieces.pieceBytes },
  };
  if (ranges.length === 0) {
    const { damage } = await whole(pieces === undefined ? "no-pieces" : "all-damaged");
    return { item, damage: { ...damage, ...counts } };
  }
  // An interrupted repair may have brought more already.
  const before = await soundInPartial(partialPath(target, file.sha256), measure, workspace, signal);
  const gaps = gapsOf(before.reduce(withRange, ranges), size);
  const damage = { ...about, ...counts, toFetch: bytesIn(gaps), ranges: toPairs(gaps.slice(0, MOST_RANGES)) };
  return { item, damage, keep: { measure, sound: ranges } };
}

function mendingOf(
  assessed: readonly Assessed[],
  workspace: Workspace,
  { backup, signal }: { backup: boolean; signal: AbortSignal },
): Mending {
  const keeps = new Map(assessed.map(({ item, keep }) => [item.file.path, keep]));
  return {
    async prepare({ file: { path }, target }, partial) {
      if (backup) await checkBackup(target);
      const keep = keeps.get(path);
      if (keep) await carryOver(target, partial, keep.measure, workspace, { signal, sound: keep.sound });
    },
    async beforeReplacing({ target, state }) {
      if (backup && state.kind !== "missing") await backUp(target);
    },
  };
}

function tell(assessed: readonly Assessed[], bytesToFetch: number, emit: EventListener): void {
  const files = assessed.map(({ item: { file, action }, damage: { toFetch } }) => {
    const { asset, path } = file;
    return { asset, path, action, ...(toFetch !== undefined && { size: file.size ?? toFetch }) };
  });
  emit({ type: "plan", files, bytesToFetch });
  for (const { damage } of assessed) {
    if (damage.whole !== "no-pieces") continue;
    const message = "its pieces are not known, so the whole file is fetched. For another time: assets lock --pieces";
    emit({ type: "warning", path: damage.path, message });
  }
}
