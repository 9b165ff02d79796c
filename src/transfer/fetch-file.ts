/** Puts one file in its place: locked, fetched, proven, renamed, remembered. */
import { AssetsError, abortError } from "../errors.js";
import type { Outcome } from "../events.js";
import type { Pieces } from "../manifest/pieces.js";
import { isFetch, type PlanItem } from "../plan.js";
import type { Ledger } from "../store/ledger.js";
import { lock } from "../store/lock.js";
import type { Orphans } from "../store/orphans.js";
import { partialPath } from "../store/partial.js";
import type { PartialFile } from "../store/partial-file.js";
import { SMALL_BYTES } from "../store/partial-in-memory.js";
import { type PieceMemory, rememberedCutting } from "../store/piece-memory.js";
import type { Targets } from "../store/target.js";
import { type CandidateContext, candidatesOf } from "./candidates.js";
import type { Strategy } from "./clone-candidates.js";
import { type FetchResult, fetchBytes } from "./fetch-bytes.js";
import type { FolderLocks, HeldPlace } from "./folder-locks.js";
import type { FetchContext } from "./insist.js";
import { conflictError, failed, settled } from "./outcome.js";
import type { PacePolicy } from "./pace.js";
import type { PatiencePolicy } from "./patience.js";
import type { RetryPolicy } from "./retry.js";
import type { Reuse } from "./reuse.js";
import type { SegmentPolicy } from "./segments.js";

/** Limits and permissions of a run. */
export interface TransferPolicy extends RetryPolicy, PatiencePolicy, SegmentPolicy, PacePolicy {
  /** Longest wait for another process that works on the same file, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** Use no source that needs a network. */
  readonly offline: boolean;
  /** How files of the Hub come. */
  readonly strategy: Strategy;
  /** Most bytes a second over all connections, of which each file then has only one; undefined for no limit. */
  readonly limitRate?: number | undefined;
}

/** What the transfers of one run share. */
export interface TransferContext extends FetchContext, CandidateContext {
  /** Absolute root of the tree. */
  readonly root: string;
  readonly targets: Targets;
  readonly ledger: Ledger;
  readonly folderLocks: FolderLocks;
  readonly orphans: Orphans;
  /** Copies of what lies elsewhere on this machine; undefined where they are not wanted. */
  readonly reuse: Reuse | undefined;
  readonly policy: TransferPolicy;
  /** Where the pieces of large files are remembered that the manifest's own file does not tell of; undefined for nowhere. */
  readonly pieceMemory?: PieceMemory | undefined;
  /** The pieces that the manifest's own file tells of, by the SHA-256 of their file. */
  readonly pieces?: ReadonlyMap<string, Pieces> | undefined;
  readonly mending?: Mending | undefined;
  /** Looks at the file again and decides anew: things change between the plan and a file's turn. */
  readonly replan: (item: PlanItem) => PlanItem | Promise<PlanItem>;
}

/** What a repair does beside the fetching of a file, under its lock. What it throws fails the file. */
export interface Mending {
  /** Before the first byte: brings into the partial what is right of the old file. */
  prepare(item: PlanItem, partial: string): Promise<void>;
  /** After the last byte, right before the old file is replaced. */
  beforeReplacing(item: PlanItem): Promise<void>;
}

/** Whether a file is so small that what is done beside the fetching of it would cost more than the fetching. */
export function isSmall({ file: { size, sha256 } }: PlanItem): boolean {
  return sha256 !== undefined && size !== undefined && size <= SMALL_BYTES;
}

/** Fetches one file to its end. Failures are outcomes; only bugs throw. */
export async function fetchFile(planned: PlanItem, context: TransferContext): Promise<Outcome> {
  let place: HeldPlace | undefined;
  try {
    const held = await take(planned, context);
    place = held;
    const item = await context.replan(planned);
    if (item.action === "keep") return settled(item, "present");
    if (!isFetch(item)) return failed(item, conflictError(item));
    const { reuse, lane } = context;
    const fetchAndPlace = async () => {
      const result = await copyOrFetch(item, held, context);
      return result.ok ? putInPlace(item, held, result, context) : failed(item, result.error, result);
    };
    const outcome = await (reuse === undefined ? fetchAndPlace() : reuse.inTurn(item, lane, fetchAndPlace));
    if (outcome.error?.code !== "LOCKED") return outcome;
    // Where locks do not hold, another process may have put the file in place.
    const now = await context.replan(item);
    return now.action === "keep" ? settled(now, "present") : outcome;
  } catch (thrown) {
    const error = context.signal.aborted ? abortError() : thrown;
    if (!(error instanceof AssetsError)) throw error;
    return failed(planned, error);
  } finally {
    const releasing = place?.release();
    if (releasing !== undefined) await releasing;
  }
}

/** The right bytes: a copy of what lies elsewhere on this machine, or what its sources give. */
async function copyOrFetch(
  item: PlanItem,
  place: HeldPlace,
  context: TransferContext,
): Promise<FetchResult & { from?: string }> {
  const { target } = item;
  const { makeFolder } = place;
  const wanted = wantedOf(item, place, context);
  const { withPieces, digest } = wanted;
  const copied = await context.reuse?.copy(item, { target, makeFolder, withPieces }, context);
  if (copied !== undefined) return copied;
  const { mending } = context;
  if (digest !== undefined && mending !== undefined) await mending.prepare(item, partialPath(target, digest.hex));
  return fetchBytes(wanted, candidatesOf(item, context), context);
}

function take(
  item: PlanItem,
  { root, targets, folderLocks, policy, signal, emit }: TransferContext,
): HeldPlace | Promise<HeldPlace> {
  const { path } = item.file;
  const onWait = (owner: string) => emit({ type: "transfer:wait", path, owner });
  if (isSmall(item)) return folderLocks.take(path, onWait);
  const held = lock(root, path, { timeoutMs: policy.lockTimeoutMs, signal, onWait });
  return held.then((own) => ({ ...own, isClean: false, makeFolder: () => targets.makeFolder(path) }));
}

async function putInPlace(
  item: PlanItem,
  { makeFolder, isClean }: HeldPlace,
  result: FetchResult & { ok: true; from?: string },
  context: TransferContext,
): Promise<Outcome> {
  const { target } = item;
  const { partial, hex, url, from, received, attempts, tried, pieces } = result;
  let isCommitted = false;
  try {
    // Syncing can take long: what happened to the place meanwhile is looked at after it.
    const synced = await partial.sync();
    const making = makeFolder();
    if (making !== undefined) await making;
    const now = await context.replan(item);
    if (now.action === "keep") {
      await partial.discard();
      return Object.assign(settled(now, "present"), { received, attempts, tried });
    }
    if (!isFetch(now)) return failed(now, conflictError(now), result);
    const size = partial.front;
    if (context.mending !== undefined) await context.mending.beforeReplacing(now);
    const stat = await partial.commit(target, modeOf(item));
    isCommitted = true;
    if (stat !== undefined) context.ledger.record(item.file.path, stat, hex, { unsynced: !synced });
    if (pieces !== undefined && rememberedCutting(size) !== undefined) {
      await context.pieceMemory?.remember({ sha256: hex, size, ...pieces });
    }
    const orphaned = isClean ? 0 : await context.orphans.remove(target);
    if (orphaned > 0) {
      const message = `${orphaned} bytes of an unfinished download of another version or from another URL are removed.`;
      context.emit({ type: "warning", path: item.file.path, message });
    }
    if (from !== undefined) return Object.assign(settled(item, "reused"), { size, from });
    return Object.assign(settled(item, "downloaded"), { size, received, attempts, tried, url });
  } catch (thrown) {
    const error = context.signal.aborted ? abortError() : thrown;
    if (!(error instanceof AssetsError)) throw error;
    return failed(item, error, result);
  } finally {
    if (!isCommitted) await closeQuietly(partial);
  }
}

/** Whether the pieces of a file are to be remembered. */
function isRemembered({ file: { size, sha256 } }: PlanItem, { pieceMemory, pieces }: TransferContext): boolean {
  if (pieceMemory === undefined || sha256 === undefined || pieces?.has(sha256)) return false;
  return size === undefined || rememberedCutting(size) !== undefined;
}

function wantedOf(item: PlanItem, { doubtful, isClean, makeFolder }: HeldPlace, context: TransferContext) {
  const { path, size, sha256, stated, byPointer } = item.file;
  // What a repair prepares is an unfinished download.
  const isNew = isClean && context.mending === undefined;
  const digest = sha256 === undefined ? undefined : ({ algorithm: "sha256", hex: sha256 } as const);
  const withPieces = isRemembered(item, context);
  const known = context.pieces?.get(sha256 ?? "");
  const pieces = known?.size === size ? known : undefined;
  const kind = "file" as const;
  return { label: path, kind, size, digest, byPointer, stated, withPieces, pieces, doubtful, isNew, makeFolder };
}

/** A file that is replaced hands its permissions on. */
function modeOf({ state }: PlanItem): { mode?: number } {
  return "stat" in state ? { mode: Number(state.stat.mode & 0o777n) } : {};
}

/** After a failed commit the file may be closed already, or its disk gone. */
async function closeQuietly(partial: PartialFile): Promise<void> {
  await partial.close().catch(() => {});
}
