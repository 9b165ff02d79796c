/** `assets download`: puts every selected file in its place, and proves it. */
import { setMaxListeners } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AssetsError, abortError, errorInfo, exitCodeOf, redact } from "../errors.js";
import type { AssetEvent, EventListener, Outcome } from "../events.js";
import { type Selection, select } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { isFetch, type PlanItem, planFile } from "../plan.js";
import { createSources, type Sources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { createDigestThread } from "../store/front-digest.js";
import { isAsFound } from "../store/inspect.js";
import { createOrphans } from "../store/orphans.js";
import { freeBytes } from "../store/space.js";
import { createArchives, type MemberWish } from "../transfer/archives.js";
import {
  conflictError,
  failed,
  fetchFile,
  isSmall,
  partialOf,
  settled,
  type TransferPolicy,
} from "../transfer/fetch-file.js";
import { createFolderLocks } from "../transfer/folder-locks.js";
import { createHosts } from "../transfer/hosts.js";
import { createPace } from "../transfer/pace.js";
import { runPool } from "../transfer/pool.js";
import { createRateLimit } from "../transfer/rate-limit.js";
import type { DownloadReport } from "./reports.js";
import { type Looked, openWorkspace, type Workspace } from "./workspace.js";

export interface DownloadOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Replace local files that differ from their pin; fetch unpinned files anew. Default false. */
  force?: boolean;
  /** Decide and answer, but write and fetch nothing. Default false. */
  dryRun?: boolean;
  /** Files fetched side by side. Default: 4 large ones, or 16 that are small. */
  jobs?: number | undefined;
  /** Refuse to begin when a selected file has no pinned SHA-256. Default false. */
  requirePins?: boolean;
  /** Limits that differ from the default policy. */
  policy?: Partial<TransferPolicy>;
  network?: NetworkSettings;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/** How stubborn and how patient a download is unless told otherwise. */
const DEFAULT_POLICY: TransferPolicy = {
  retries: 5,
  baseDelayMs: 500,
  maxDelayMs: 30_000,
  maxRetryAfterMs: 5 * 60_000,
  stallTimeoutMs: 30_000,
  firstByteTimeoutMs: 60_000,
  slowTimeoutMs: 2 * 60_000,
  leastRate: 1_000,
  leastSegmentBytes: 1024 * 1024,
  connections: 16,
  lockTimeoutMs: 60 * 60_000,
  offline: false,
};

/** How often what was proven is written down: a killed run loses no more than this, and only time. */
const FLUSH_MS = 2_000;

/** Unless told otherwise, this many small files are fetched side by side, or a quarter as many large ones. */
const LANES = 16;
const LARGE_WEIGHT = 4;

/**
 * Downloads the selected files. One file's failure is an outcome, never a throw.
 * Throws what makes all work pointless: USAGE (an unusable `caFile`), UNKNOWN_ID, NOTHING_SELECTED, UNPINNED, DISK_FULL
 * (before the first byte), ABORTED (before the first byte).
 */
export async function download(options: DownloadOptions): Promise<DownloadReport> {
  const started = performance.now();
  const { manifest, selection = {}, force = false, dryRun = false, jobs } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const files = select(manifest, selection);
  warnOfUnpinned(files, options.requirePins ?? false, emit);
  // A file that was named and cannot be used is told at once, not when the first server needs it.
  const { caFile } = options.network ?? {};
  if (caFile !== undefined) await (await import("../source/authorities.js")).readAuthorities(caFile);

  const workspace = await openWorkspace(manifest);
  const sources = createSources({ network: options.network ?? {}, projectFolder: manifest.base });
  try {
    const looks = { recall: true, hash: true, signal, emit } as const;
    const planned = (await workspace.lookAll(files, looks)).map((found) => planLooked(found, force));
    const fetches = planned.filter(isFetch);
    const partials = await Promise.all(fetches.map(partialBytes));
    const bytesToFetch = fetches.reduce((sum, { file }, index) => {
      return sum + Math.max(0, (file.size ?? 0) - (partials[index] ?? 0));
    }, 0);
    emit(planEvent(planned, bytesToFetch));
    if (dryRun) {
      const conflicts = planned.filter(({ action }) => action === "conflict");
      const foreseen = conflicts.map((item) => failed(item, item.unsafe ?? conflictError(item)));
      return report(options, foreseen, 0, started, planned);
    }
    await checkSpace(manifest.root, bytesToFetch);

    const run = { workspace, sources, policy, force, signal, emit, jobs };
    const { outcomes, archiveBytes, stopped } = await transfer(manifest, planned, run);
    const kept = await keptBytes(planned, outcomes);
    return { ...report(options, outcomes, archiveBytes, started), keptPartialBytes: kept, ...(stopped && { stopped }) };
  } finally {
    await workspace.close();
    await sources.close();
  }
}

interface Run {
  workspace: Workspace;
  sources: Sources;
  policy: TransferPolicy;
  force: boolean;
  signal: AbortSignal;
  emit: EventListener;
  jobs: number | undefined;
}

/** Fetches what the plan wants; tells an outcome for every file. */
async function transfer(manifest: Manifest, planned: readonly Planned[], run: Run) {
  const { workspace, sources, policy, emit } = run;
  // A full disk ends the whole run, as an abort from outside does.
  const stop = new AbortController();
  // Every job listens, some of them several times: that many listeners are no leak.
  setMaxListeners(0, stop.signal);
  const onAbort = () => stop.abort(abortError());
  run.signal.addEventListener("abort", onAbort);
  if (run.signal.aborted) onAbort();
  const { root } = manifest;
  const targets = new Set(manifest.assets.flatMap(({ files }) => files.map(({ path }) => join(root, path))));
  const pace = createPace(policy.limitRate === undefined ? policy : { connections: 1 });
  const digests = createDigestThread();
  const signal = stop.signal;
  const shared = {
    root,
    sources,
    policy,
    emit,
    signal,
    hosts: createHosts(),
    pace,
    digests,
    rateLimit: createRateLimit(policy.limitRate),
    folderLocks: createFolderLocks(root, workspace.targets, { timeoutMs: policy.lockTimeoutMs, signal }),
  };
  const archives = createArchives(wishesOf(planned, sources), { ...shared, lockTimeoutMs: policy.lockTimeoutMs });
  const context = {
    ...shared,
    ...workspace,
    archives,
    orphans: createOrphans((path) => targets.has(path)),
    replan: async (item: PlanItem) => {
      const { file, target, state } = item;
      if (await isAsFound(target, state)) return item;
      const found = await workspace.look(file, { recall: true, hash: true, signal: stop.signal });
      return planFile(found, { force: run.force });
    },
  };
  const weightOf = (item: Planned) => (run.jobs !== undefined || isSmall(item) ? 1 : LARGE_WEIGHT);
  let flushed = performance.now();
  let stopped = run.signal.aborted ? errorInfo(abortError()) : undefined;
  const settle = async (item: Planned): Promise<Outcome> => {
    if (!isFetch(item)) return failed(item, item.unsafe ?? conflictError(item));
    if (stop.signal.aborted) return failed(item, abortError());
    const outcome = await fetchFile(item, context);
    if (outcome.status === "downloaded" || outcome.status === "present") await archives.settle(item.file.path);
    if (performance.now() - flushed > FLUSH_MS) {
      flushed = performance.now();
      await workspace.ledger.flush();
    }
    if (outcome.error?.code === "DISK_FULL") {
      stopped ??= outcome.error;
      stop.abort(abortError());
    }
    return outcome;
  };
  try {
    const outcomes: Outcome[] = new Array(planned.length);
    const tell = (index: number, outcome: Outcome) => {
      outcomes[index] = outcome;
      emit({ type: "outcome", outcome });
    };
    const open: [number, Planned][] = [];
    for (const [index, item] of planned.entries()) {
      // What is here already needs no turn in the pool.
      if (item.action === "keep") tell(index, settled(item, "present"));
      else open.push([index, item]);
    }
    const settleOne = async ([index, item]: [number, Planned]) => tell(index, await settle(item));
    await runPool(open, run.jobs ?? LANES, settleOne, ([, item]) => weightOf(item));
    if (run.signal.aborted) stopped = errorInfo(abortError());
    return { outcomes, archiveBytes: archives.received(), stopped };
  } finally {
    run.signal.removeEventListener("abort", onAbort);
    pace.close();
    await digests.close();
    await archives.close();
  }
}

type Planned = PlanItem & { readonly unsafe?: AssetsError };

function planLooked(found: Looked, force: boolean): Planned {
  // A place that is not safe stays so, whatever the user forces.
  if (found.unsafe !== undefined) return { ...found, action: "conflict", reason: found.unsafe.message };
  return planFile(found, { force });
}

/** Every URL that leads into an archive, of the files that are to be fetched. */
function wishesOf(planned: readonly PlanItem[], sources: Sources): MemberWish[] {
  return planned.filter(isFetch).flatMap(({ file: { path, size, urls } }) =>
    urls.flatMap((url) => {
      const container = sources.container(url);
      return container === undefined ? [] : [{ path, url, container, size }];
    }),
  );
}

function warnOfUnpinned(files: readonly AssetFile[], requirePins: boolean, emit: EventListener): void {
  const unpinned = files.filter(({ sha256 }) => sha256 === undefined);
  if (unpinned.length === 0) return;
  const names = unpinned.slice(0, 5).map(({ path }) => path);
  const more = unpinned.length > names.length ? ` and ${unpinned.length - names.length} more` : "";
  const message = `No SHA-256 is pinned for ${names.join(", ")}${more}`;
  if (requirePins) {
    throw new AssetsError("UNPINNED", `${message}, and --require-pins is given.`, {
      hint: 'Add "sha256" to these files in the manifest.',
    });
  }
  emit({ type: "warning", message: `${message}: what arrives cannot be verified.` });
}

/** Bytes that an earlier run left of a file. Of many small ones it would cost more to ask than it could tell. */
async function partialBytes(item: PlanItem): Promise<number> {
  const { file, target } = item;
  if (isSmall(item)) return 0;
  const sizes = await Promise.all(
    (file.sha256 === undefined ? file.urls : file.urls.slice(0, 1)).map(async (url) => {
      const found = await stat(partialOf(target, file.sha256, url)).catch(() => undefined);
      return found?.size ?? 0;
    }),
  );
  return Math.max(0, ...sizes);
}

async function keptBytes(planned: readonly PlanItem[], outcomes: readonly Outcome[]): Promise<number> {
  const open = planned.filter((item, index) => isFetch(item) && outcomes[index]?.error !== undefined);
  const sizes = await Promise.all(open.map(partialBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function checkSpace(root: string, needed: number): Promise<void> {
  const free = await freeBytes(root);
  if (free === undefined || needed <= free) return;
  throw new AssetsError(
    "DISK_FULL",
    `${megabytes(needed)} are to be fetched, and ${root} has room for ${megabytes(free)}.`,
    {
      hint: "Free some space, select less, or put the files elsewhere with --root DIR.",
    },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function planEvent(planned: readonly PlanItem[], bytesToFetch: number): AssetEvent {
  const files = planned.map(({ file: { asset, path, size }, action }) => {
    return size === undefined ? { asset, path, action } : { asset, path, action, size };
  });
  return { type: "plan", files, bytesToFetch };
}

function report(
  { manifest, dryRun = false }: DownloadOptions,
  outcomes: Outcome[],
  archiveBytes: number,
  started: number,
  planned?: readonly PlanItem[],
): DownloadReport {
  const count = (status: Outcome["status"]) => outcomes.filter((outcome) => outcome.status === status).length;
  const exitCode = exitCodeFor(outcomes);
  return {
    manifest: manifest.file,
    root: manifest.root,
    dryRun,
    ok: exitCode === 0,
    exitCode,
    outcomes,
    ...(planned && { planned: planned.map(plannedReport) }),
    totals: {
      files: planned?.length ?? outcomes.length,
      downloaded: count("downloaded"),
      present: count("present"),
      failed: count("failed"),
      skipped: count("skipped"),
      received: archiveBytes + outcomes.reduce((sum, { received }) => sum + received, 0),
    },
    keptPartialBytes: 0,
    durationMs: performance.now() - started,
  };
}

function plannedReport({ file: { asset, path, size, urls }, action, reason }: PlanItem) {
  const about = { ...(size !== undefined && { size }), ...(reason !== undefined && { reason }) };
  return { asset, path, action, ...about, urls: urls.map(redact) };
}

/** 0 when nothing failed; the code of the failures when they are of one kind; 1 when of several. */
function exitCodeFor(outcomes: readonly Outcome[]): number {
  const codes = new Set<number>();
  for (const { status, error } of outcomes) {
    if (error !== undefined && status === "failed") codes.add(exitCodeOf(error.code));
  }
  if (codes.size === 0) return outcomes.some(({ status }) => status === "skipped") ? exitCodeOf("ABORTED") : 0;
  return codes.size === 1 ? ([...codes][0] ?? 1) : 1;
}
