/** Puts one file in its place: locked, fetched, proven, renamed, remembered. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { AssetsError, abortError, redact } from "../errors.js";
import type { Outcome } from "../events.js";
import { pieceBytesFor } from "../manifest/pieces.js";
import { isFetch, type PlanItem } from "../plan.js";
import type { Sources } from "../source/index.js";
import type { LfsObject } from "../source/lfs-batch.js";
import type { LfsServer } from "../source/lfs-server.js";
import { contentOf } from "../source/raw-url.js";
import type { Ledger } from "../store/ledger.js";
import { lock } from "../store/lock.js";
import type { Orphans } from "../store/orphans.js";
import { partialPath } from "../store/partial.js";
import type { PartialFile } from "../store/partial-file.js";
import { SMALL_BYTES } from "../store/partial-in-memory.js";
import { type PieceMemory, REMEMBERED_BYTES } from "../store/piece-memory.js";
import type { Targets } from "../store/target.js";
import type { Archives } from "./archives.js";
import { pointerOf } from "./body-check.js";
import { type Strategy, withClones } from "./clone-candidates.js";
import type { Clones } from "./clones.js";
import { type FetchResult, fetchBytes } from "./fetch-bytes.js";
import type { FolderLocks } from "./folder-locks.js";
import { hostOf } from "./hosts.js";
import type { Candidate, FetchContext } from "./insist.js";
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
export interface TransferContext extends FetchContext {
  /** Absolute root of the tree. */
  readonly root: string;
  readonly targets: Targets;
  readonly sources: Sources;
  readonly archives: Archives;
  readonly ledger: Ledger;
  readonly folderLocks: FolderLocks;
  readonly orphans: Orphans;
  /** A Git LFS server that may have every pinned file; undefined where there is none. */
  readonly lfs: LfsServer | undefined;
  /** Clones of repositories; undefined where they are not wanted. */
  readonly clones?: Clones | undefined;
  /** Copies of what lies elsewhere on this machine; undefined where they are not wanted. */
  readonly reuse: Reuse | undefined;
  readonly policy: TransferPolicy;
  /** Where the pieces of large files are remembered; undefined where the manifest's own file tells of pieces. */
  readonly pieceMemory?: PieceMemory | undefined;
  readonly mending?: Mending | undefined;
  /** Looks at the file again and decides anew: things change between the plan and a file's turn. */
  readonly replan: (item: PlanItem) => Promise<PlanItem>;
}

/** What a repair does beside the fetching of a file, under its lock. What it throws fails the file. */
export interface Mending {
  /** Before the first byte: brings into the partial what is right of the old file. */
  prepare(item: PlanItem, partial: string): Promise<void>;
  /** After the last byte, right before the old file is replaced. */
  beforeReplacing(item: PlanItem): Promise<void>;
}

/** Where the partial of a file lies for one of its URLs. */
export function partialOf(target: string, sha256: string | undefined, url: string): string {
  return partialPath(target, sha256 ?? createHash("sha256").update(url).digest("hex"));
}

/** Whether a file is so small that what is done beside the fetching of it would cost more than the fetching. */
export function isSmall({ file: { size, sha256 } }: PlanItem): boolean {
  return sha256 !== undefined && size !== undefined && size <= SMALL_BYTES;
}

/** Fetches one file to its end. Failures are outcomes; only bugs throw. */
export async function fetchFile(planned: PlanItem, context: TransferContext): Promise<Outcome> {
  let place: Place | undefined;
  try {
    place = await take(planned, context);
    const item = await context.replan(planned);
    if (item.action === "keep") return settled(item, "present");
    if (!isFetch(item)) return failed(item, conflictError(item));
    const { target } = place;
    const bring = async () => {
      const { makeFolder, doubtful: shared } = place as Place;
      const copied = await context.reuse?.copy(item, { target, makeFolder }, context);
      const { sha256 } = item.file;
      if (copied === undefined && sha256 !== undefined) {
        await context.mending?.prepare(item, partialPath(target, sha256));
      }
      const wanted = { ...wantedOf(item, context), shared, makeFolder };
      const result = copied ?? (await fetchBytes(wanted, candidatesOf(item, target, context), context));
      return result.ok ? putInPlace(item, target, result, place as Place, context) : failed(item, result.error, result);
    };
    const outcome = await (context.reuse === undefined ? bring() : context.reuse.inTurn(item, context.lane, bring));
    if (outcome.error?.code !== "LOCKED") return outcome;
    // Where locks do not hold, another process may have put the file in place.
    const now = await context.replan(item);
    return now.action === "keep" ? settled(now, "present") : outcome;
  } catch (thrown) {
    const error = context.signal.aborted ? abortError() : thrown;
    if (!(error instanceof AssetsError)) throw error;
    return failed(planned, error);
  } finally {
    await place?.release();
  }
}

/** The place of one file, which no other run of the tool works on while it is held. */
interface Place {
  /** Another process may still write to what it had open. */
  readonly doubtful: boolean;
  /** The absolute path of the file. */
  readonly target: string;
  /** Makes the folder, and makes sure of it. */
  makeFolder(): Promise<unknown>;
  release(): Promise<void>;
}

async function take(
  item: PlanItem,
  { root, targets, folderLocks, policy, signal, emit }: TransferContext,
): Promise<Place> {
  const { path } = item.file;
  const onWait = (owner: string) => emit({ type: "transfer:wait", path, owner });
  if (isSmall(item)) return folderLocks.take(path, onWait);
  const held = await lock(root, path, { timeoutMs: policy.lockTimeoutMs, signal, onWait });
  return { ...held, target: join(root, path), makeFolder: () => targets.makeFolder(path) };
}

async function putInPlace(
  item: PlanItem,
  target: string,
  result: FetchResult & { ok: true; from?: string },
  place: Place,
  context: TransferContext,
): Promise<Outcome> {
  const { partial, hex, url, from, received, attempts, tried, pieces } = result;
  try {
    // Syncing can take long: what happened to the place meanwhile is looked at after it.
    const synced = await partial.sync();
    await place.makeFolder();
    const now = await context.replan(item);
    if (now.action === "keep") {
      await partial.discard();
      return { ...settled(now, "present"), received, attempts, tried };
    }
    if (!isFetch(now)) return failed(now, conflictError(now), result);
    const size = partial.front;
    await context.mending?.beforeReplacing(now);
    const stat = await partial.commit(target, modeOf(item));
    if (stat !== undefined) context.ledger.record(item.file.path, stat, hex, { unsynced: !synced });
    const pieceBytes = pieceBytesFor(size);
    if (pieces !== undefined && pieceBytes !== undefined) {
      await context.pieceMemory?.remember({ sha256: hex, size, pieceBytes, digests: pieces });
    }
    const orphaned = await context.orphans.remove(target);
    if (orphaned > 0) {
      const message = `${orphaned} bytes of an unfinished download of another version or from another URL are removed.`;
      context.emit({ type: "warning", path: item.file.path, message });
    }
    if (from !== undefined) return { ...settled(item, "reused"), size, from };
    return { ...settled(item, "downloaded"), size, received, attempts, tried, url };
  } catch (thrown) {
    const error = context.signal.aborted ? abortError() : thrown;
    if (!(error instanceof AssetsError)) throw error;
    return failed(item, error, result);
  } finally {
    await closeQuietly(partial);
  }
}

function wantedOf({ file: { path, size, sha256, stated } }: PlanItem, { pieceMemory }: TransferContext) {
  const digest = sha256 === undefined ? undefined : ({ algorithm: "sha256", hex: sha256 } as const);
  const isRemembered = pieceMemory !== undefined && digest !== undefined && size !== undefined;
  const pieceBytes = isRemembered && size >= REMEMBERED_BYTES ? pieceBytesFor(size) : undefined;
  return { label: path, kind: "file", size, digest, stated, pieceBytes } as const;
}

function candidatesOf({ file }: PlanItem, target: string, context: TransferContext): Candidate[] {
  const { sources, policy, lfs } = context;
  const { sha256, size } = file;
  const needsNetwork = (url: string) =>
    new AssetsError("OFFLINE", `${url} needs the network, and --offline forbids it.`);
  const fromUrl = (url: string): Candidate => ({
    ...shown(url),
    partial: partialOf(target, sha256, url),
    divisible: isDivisible(url, sources),
    locate: async (signal) => {
      if (policy.offline && !sources.isLocal(url)) throw needsNetwork(url);
      return sources.locate(url, { signal });
    },
    unpack: (located) => context.archives.unpack(url, located, sha256 !== undefined),
    instead: (error) => {
      const pointer = pointerOf(error);
      // What a pointer stands for is the file only if it is what is pinned.
      if (pointer === undefined || pointer.oid !== sha256) return [];
      const { urls, servers } = contentOf(url);
      const others = urls.filter((other) => !file.urls.includes(other));
      const object = { oid: pointer.oid, size: pointer.size };
      const lfsServers = servers.map((endpoint) =>
        sources.lfsServer({ endpoint: new URL(endpoint), objects: [object] }),
      );
      return [...others.map(fromUrl), ...lfsServers.map((server) => fromServer(server, object))];
    },
  });
  const fromServer = (server: LfsServer, object: LfsObject): Candidate => {
    const url = `${server.url}/objects/${object.oid}`;
    return {
      ...shown(url),
      partial: partialOf(target, object.oid, url),
      divisible: true,
      locate: async (signal) => {
        if (policy.offline) throw needsNetwork(url);
        return server.locate(object, { signal });
      },
    };
  };
  const object = sha256 === undefined || size === undefined ? undefined : { oid: sha256, size };
  const direct = [...file.urls.map(fromUrl), ...(lfs && object ? [fromServer(lfs, object)] : [])];
  const partial = (url: string) => partialOf(target, sha256, url);
  return context.clones === undefined
    ? direct
    : withClones(direct, file, { ...context, clones: context.clones, partial });
}

/** A URL as users may see it, and its host. */
function shown(secret: string): Pick<Candidate, "url" | "host"> {
  const url = redact(secret);
  return { url, host: hostOf(url) };
}

/** Whether parts of a file can be asked for: neither of a member of an archive nor of a file of this machine. */
function isDivisible(url: string, sources: Sources): boolean {
  try {
    return !sources.isLocal(url) && sources.container(url) === undefined;
  } catch {
    // A URL that no source serves; the attempt says so.
    return false;
  }
}

/** A file that is replaced hands its permissions on. */
function modeOf({ state }: PlanItem): { mode?: number } {
  return "stat" in state ? { mode: Number(state.stat.mode & 0o777n) } : {};
}

/** After a failed commit the file may be closed already, or its disk gone. */
async function closeQuietly(partial: PartialFile): Promise<void> {
  await partial.close().catch(() => {});
}
