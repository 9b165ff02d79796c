/** Fetches what a plan wants, a few files at a time, until each has its outcome. */
import { setMaxListeners } from "node:events";
import type { Place } from "../elsewhere/place.js";
import { type AssetsError, abortError, errorInfo, redact } from "../errors.js";
import type { ErrorInfo, EventListener, Outcome } from "../events.js";
import type { Pieces } from "../manifest/pieces.js";
import { isFetch, type PlanItem } from "../plan.js";
import type { Sources } from "../source/index.js";
import type { LfsServer } from "../source/lfs-server.js";
import { createDigestThread } from "../store/front-digest.js";
import type { Ledger } from "../store/ledger.js";
import { createOrphans } from "../store/orphans.js";
import type { PieceMemory } from "../store/piece-memory.js";
import type { Targets } from "../store/target.js";
import { createArchives, type MemberWish } from "./archives.js";
import type { Clones } from "./clones.js";
import { fetchFile, isSmall, type Mending, type TransferPolicy } from "./fetch-file.js";
import { createFolderLocks } from "./folder-locks.js";
import { createHosts, hostOf } from "./hosts.js";
import { createLfsServers } from "./lfs-servers.js";
import { conflictError, failed, settled } from "./outcome.js";
import { createPace } from "./pace.js";
import { type Lane, NO_LANE, runPool } from "./pool.js";
import { createRateLimit } from "./rate-limit.js";
import { createReuse } from "./reuse.js";

/** A file of the plan; `unsafe` where its place is no place for assets. */
export type Planned = PlanItem & { readonly unsafe?: AssetsError };

/** What the transfers work with. */
export interface TransferRun {
  /** Absolute root of the tree. */
  readonly root: string;
  readonly targets: Targets;
  readonly ledger: Ledger;
  readonly sources: Sources;
  readonly policy: TransferPolicy;
  /** Files side by side; undefined for as many as suits their sizes. */
  readonly jobs: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: EventListener;
  /** Where the pieces of large files are remembered, if they are. */
  readonly pieceMemory?: PieceMemory | undefined;
  /** Pieces by which files are checked as they land, by the SHA-256 of their file. */
  readonly pieces?: ReadonlyMap<string, Pieces> | undefined;
  readonly mending?: Mending | undefined;
  /** A Git LFS server to ask for the pinned digests after all URLs. Default: none. */
  readonly lfs?: LfsServer | undefined;
  /** Clones of repositories of the Hub, for its files. Default: none. */
  readonly clones?: Clones | undefined;
  /** Where the bytes may lie on this machine; undefined to look nowhere. */
  readonly elsewhere: Place | undefined;
  /** Whether an absolute path is a file of the manifest. */
  isTarget(path: string): boolean;
  /** Looks at a file again and decides anew. */
  replan(item: PlanItem, signal: AbortSignal): Promise<PlanItem>;
}

/** What came of it. */
export interface TransferEnd {
  /** In the order of the plan. */
  outcomes: Outcome[];
  /** Bytes of archives that arrived. */
  archiveBytes: number;
  /** Why the run ended before its end. */
  stopped: ErrorInfo | undefined;
}

/** How often what was proven is written down: a killed run loses no more than this, and only time. */
const FLUSH_MS = 2_000;

/** Unless told otherwise, this many small files are fetched side by side, or a quarter as many large ones. */
const LANES = 16;
const LARGE_WEIGHT = 4;

/** Tells an outcome for every file of the plan; only bugs throw. */
export async function runTransfers(planned: readonly Planned[], run: TransferRun): Promise<TransferEnd> {
  const { root, targets, ledger, sources, policy, emit } = run;
  // A full disk ends the whole run, as an abort from outside does.
  const stop = new AbortController();
  // Every job listens, some of them several times: that many listeners are no leak.
  setMaxListeners(0, stop.signal);
  const onAbort = () => stop.abort(abortError());
  run.signal.addEventListener("abort", onAbort);
  if (run.signal.aborted) onAbort();

  const hosts = createHosts(policy.maxRetryAfterMs);
  const pace = createPace(policy.limitRate === undefined ? policy : { connections: 1 }, hosts);
  const digests = createDigestThread();
  const { signal } = stop;
  const shared = {
    root,
    sources,
    policy,
    emit,
    signal,
    pace,
    digests,
    hosts,
    rateLimit: createRateLimit(policy.limitRate),
  };
  const { lockTimeoutMs } = policy;
  const archives = createArchives(wishesOf(planned, sources), { ...shared, lane: NO_LANE, lockTimeoutMs });
  const context = {
    ...shared,
    targets,
    ledger,
    archives,
    pieceMemory: run.pieceMemory,
    pieces: run.pieces,
    mending: run.mending,
    orphans: createOrphans(run.isTarget),
    lfs: run.lfs,
    lfsServers: createLfsServers(planned, { sources, root, signal }),
    clones: run.clones,
    reuse: run.elsewhere && createReuse(run.elsewhere),
    folderLocks: createFolderLocks(root, targets, { timeoutMs: lockTimeoutMs, signal }),
    replan: (item: PlanItem) => run.replan(item, signal),
  };

  const outcomes: Outcome[] = new Array(planned.length);
  let flushed = performance.now();
  let stopped = run.signal.aborted ? errorInfo(abortError()) : undefined;
  const tell = (index: number, outcome: Outcome) => {
    outcomes[index] = outcome;
    emit({ type: "outcome", outcome });
  };
  const settle = async (item: Planned, lane: Lane): Promise<Outcome> => {
    if (!isFetch(item)) return failed(item, item.unsafe ?? conflictError(item));
    if (signal.aborted) return failed(item, abortError());
    const outcome = await fetchFile(item, { ...context, lane });
    if (outcome.error === undefined) await archives.settle(item.file.path);
    if (performance.now() - flushed > FLUSH_MS) {
      flushed = performance.now();
      await ledger.flush();
    }
    if (outcome.error?.code === "DISK_FULL") {
      stopped ??= outcome.error;
      stop.abort(abortError());
    }
    return outcome;
  };
  const weightOf = ([, item]: [number, Planned]) => (run.jobs !== undefined || isSmall(item) ? 1 : LARGE_WEIGHT);
  const hostsOf = new Map<number, string[]>();
  const isReady = ([index, { file }]: [number, Planned]) => {
    const known =
      hostsOf.get(index) ?? [...file.urls, ...(run.lfs ? [run.lfs.url] : [])].map((url) => hostOf(redact(url)));
    hostsOf.set(index, known);
    return known.some((host) => hosts.waitMs(host) === 0);
  };
  try {
    const open: [number, Planned][] = [];
    for (const [index, item] of planned.entries()) {
      // What is here already needs no turn in the pool.
      if (item.action === "keep") tell(index, settled(item, "present"));
      else open.push([index, item]);
    }
    const fetchOne = async ([index, item]: [number, Planned], lane: Lane) => tell(index, await settle(item, lane));
    await runPool(open, run.jobs ?? LANES, fetchOne, { weightOf, isReady });
    if (run.signal.aborted) stopped = errorInfo(abortError());
    return { outcomes, archiveBytes: archives.received(), stopped };
  } finally {
    run.signal.removeEventListener("abort", onAbort);
    pace.close();
    await digests.close();
    await archives.close();
  }
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
