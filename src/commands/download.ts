/** `assets download`: puts every selected file in its place, and proves it. */
import { AssetsError, abortError, errorInfo } from "../errors.js";
import type { AssetEvent, EventListener, Outcome } from "../events.js";
import type { Pieces } from "../manifest/pieces.js";
import { type Selection, select } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { isFetch, type PlanItem, planFile } from "../plan.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { conflictError, failed, settled } from "../transfer/outcome.js";
import type { Planned } from "../transfer/run-transfers.js";
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
  /** Look for pinned bytes elsewhere on this machine before any network is asked. Default true. */
  reuse?: boolean;
  /** Limits that differ from the default policy. */
  policy?: Partial<TransferPolicy>;
  network?: NetworkSettings;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/**
 * Downloads the selected files. One file's failure is an outcome, never a throw.
 * Throws what makes all work pointless: USAGE (an unusable `caFile`), UNKNOWN_ID, NOTHING_SELECTED, UNPINNED, DISK_FULL
 * (before the first byte), ABORTED (before the first byte); and what keeps a whole repository from being listed.
 */
export async function download(options: DownloadOptions): Promise<DownloadReport> {
  const started = performance.now();
  const { selection = {}, force = false, dryRun = false, jobs, requirePins = false } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const { network = {}, reuse = true } = options;
  // A file that was named and cannot be used is told at once, not when the first server needs it.
  const { caFile } = network;
  if (caFile !== undefined) await (await import("../source/authorities.js")).readAuthorities(caFile);
  // What cannot be carried out is told before anything is looked at.
  if (policy.strategy === "git" && !(await (await import("../git/run-git.js")).hasGit())) {
    throw (await import("../transfer/clones.js")).gitIsMissing();
  }
  let { manifest } = options;
  if (manifest.assets.some(({ repository }) => repository !== undefined)) {
    const { expandRepositories } = await import("./repositories.js");
    manifest = await expandRepositories(manifest, { selection, dryRun, requirePins, network, policy, signal, emit });
  }
  const files = select(manifest, selection);
  warnOfUnpinned(files, requirePins, emit);

  const workspace = await openWorkspace(manifest, { dryRun });
  try {
    const looks = { recall: true, hash: true, signal, emit } as const;
    const planned = (await workspace.lookAll(files, looks)).map((found) => planLooked(found, force));
    const fetches = planned.filter(isFetch);
    // What takes part in transfers is loaded only if there are any.
    const fetching = fetches.length > 0 ? await import("./fetching.js") : undefined;
    const bytesToFetch = (await fetching?.bytesMissing(fetches)) ?? 0;
    emit(planEvent(planned, bytesToFetch));
    if (dryRun) {
      const conflicts = planned.filter(({ action }) => action === "conflict");
      return downloadReport(options, conflicts.map(leftAlone), 0, started, planned);
    }
    if (fetching === undefined) {
      const outcomes = planned.map((item) => (item.action === "keep" ? settled(item, "present") : leftAlone(item)));
      for (const outcome of outcomes) emit({ type: "outcome", outcome });
      const stopped = signal.aborted && errorInfo(abortError());
      return { ...downloadReport(options, outcomes, 0, started), ...(stopped && { stopped }) };
    }
    const replan = async ({ file }: PlanItem, abort: AbortSignal) =>
      planFile(await workspace.look(file, { recall: true, hash: true, signal: abort }), { force });
    const pieces = await piecesOf(manifest, emit);
    const run = { workspace, policy, pieces, bytesToFetch, replan, signal, emit, jobs, network, reuse };
    const { outcomes, archiveBytes, stopped, kept } = await fetching.carryOut(planned, manifest, run);
    return {
      ...downloadReport(options, outcomes, archiveBytes, started),
      keptPartialBytes: kept,
      ...(stopped && { stopped }),
    };
  } finally {
    await workspace.close();
  }
}

/** The pieces that the manifest names; what reads them is loaded only if it does. */
async function piecesOf(manifest: Manifest, emit: EventListener): Promise<ReadonlyMap<string, Pieces>> {
  if (manifest.pieces === undefined) return new Map();
  return (await import("./known-pieces.js")).committedPieces(manifest, emit);
}

function planLooked(found: Looked, force: boolean): Planned {
  // A place that is not safe stays so, whatever the user forces.
  if (found.unsafe !== undefined) return { ...found, action: "conflict", reason: found.unsafe.message };
  return planFile(found, { force });
}

function leftAlone(item: Planned): Outcome {
  return failed(item, item.unsafe ?? conflictError(item));
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
  const isStated = unpinned.every(({ stated }) => stated !== undefined);
  const what = isStated
    ? "other digests are checked as they arrive, and nothing can prove them later"
    : "what arrives cannot be verified";
  emit({ type: "warning", message: `${message}: ${what}.` });
}

function planEvent(planned: readonly PlanItem[], bytesToFetch: number): AssetEvent {
  const files = planned.map(({ file: { asset, path, size }, action }) => {
    return size === undefined ? { asset, path, action } : { asset, path, action, size };
  });
  return { type: "plan", files, bytesToFetch };
}
