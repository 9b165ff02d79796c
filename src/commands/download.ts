/** `assets download`: puts every selected file in its place, and proves it. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { AssetsError } from "../errors.js";
import type { AssetEvent, EventListener, Outcome } from "../events.js";
import { type Selection, select } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { isFetch, type PlanItem, planFile } from "../plan.js";
import { createSources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { isAsFound } from "../store/inspect.js";
import { freeBytes } from "../store/space.js";
import { conflictError, failed, isSmall, partialOf, type TransferPolicy } from "../transfer/fetch-file.js";
import { type Planned, runTransfers } from "../transfer/run-transfers.js";
import { downloadReport } from "./download-report.js";
import type { DownloadReport } from "./reports.js";
import { type Looked, openWorkspace } from "./workspace.js";

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
      return downloadReport(options, foreseen, 0, started, planned);
    }
    await checkSpace(manifest.root, bytesToFetch);

    const { outcomes, archiveBytes, stopped } = await runTransfers(planned, {
      ...workspace,
      root: manifest.root,
      isTarget: isTargetOf(manifest),
      sources,
      policy,
      jobs,
      signal,
      emit,
      replan: async (item, abort) => {
        if (isAsFound(item.target, item.state)) return item;
        return planFile(await workspace.look(item.file, { recall: true, hash: true, signal: abort }), { force });
      },
    });
    const kept = await keptBytes(planned, outcomes);
    return {
      ...downloadReport(options, outcomes, archiveBytes, started),
      keptPartialBytes: kept,
      ...(stopped && { stopped }),
    };
  } finally {
    await Promise.all([workspace.close(), sources.close()]);
  }
}

/** Whether an absolute path is a file of the manifest. */
function isTargetOf({ assets, root }: Manifest): (path: string) => boolean {
  const targets = new Set(assets.flatMap(({ files }) => files.map(({ path }) => join(root, path))));
  return (path) => targets.has(path);
}

function planLooked(found: Looked, force: boolean): Planned {
  // A place that is not safe stays so, whatever the user forces.
  if (found.unsafe !== undefined) return { ...found, action: "conflict", reason: found.unsafe.message };
  return planFile(found, { force });
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
      // Of a file with gaps only what takes room is there; where that is not told, its length must do.
      return Math.min(found?.size ?? 0, (found?.blocks || Number.POSITIVE_INFINITY) * BLOCK_BYTES);
    }),
  );
  return Math.max(0, ...sizes);
}

/** What `stat` counts blocks in. */
const BLOCK_BYTES = 512;

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
