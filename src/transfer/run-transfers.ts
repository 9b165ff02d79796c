/** Fetches what a plan wants, a few files at a time, until each has its outcome. */
import type { OpenPlace } from "../elsewhere/place.js";
import { type AssetsError, abortError, errorInfo, redact } from "../errors.js";
import type { ErrorInfo, Outcome } from "../events.js";
import { isFetch, type PlanItem } from "../plan.js";
import type { Sources } from "../source/index.js";
import { createDigestThread } from "../store/front-digest.js";
import { isAsFound } from "../store/inspect.js";
import { createOrphans } from "../store/orphans.js";
import { createArchives, type MemberWish } from "./archives.js";
import { fetchFile, isSmall, type TransferContext } from "./fetch-file.js";
import { createFolderLocks } from "./folder-locks.js";
import { createHosts, hostOf } from "./hosts.js";
import { createLfsServers } from "./lfs-servers.js";
import { linkedAbort } from "./linked-abort.js";
import { conflictError, failed, settled } from "./outcome.js";
import { createPace } from "./pace.js";
import { type Lane, NO_LANE, runPool } from "./pool.js";
import { createRateLimit } from "./rate-limit.js";
import { createReuse } from "./reuse.js";

/** A file of the plan; `unsafe` where its place is no place for assets. */
export type Planned = PlanItem & { readonly unsafe?: AssetsError };

/** What the transfers work with. */
export interface TransferRun
  extends Pick<TransferContext, "root" | "targets" | "ledger" | "sources" | "policy" | "signal" | "emit">,
    Partial<Pick<TransferContext, "pieceMemory" | "pieces" | "mending" | "lfs" | "clones">> {
  /** Files side by side; undefined for as many as suits their sizes. */
  readonly jobs: number | undefined;
  /** Where the bytes may lie on this machine; undefined to look nowhere. */
  readonly elsewhere: OpenPlace | undefined;
  /** Whether an absolute path is a file of the manifest. */
  isTarget(path: string): boolean;
  /** Looks again at a file that does not stand as it was found, and decides anew. */
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
  const stop = linkedAbort(run.signal);

  const hosts = createHosts(policy);
  const pace = createPace(policy.limitRate === undefined ? policy : { connections: 1 }, hosts);
  const digests = createDigestThread();
  const { signal } = stop;
  const rateLimit = createRateLimit(policy.limitRate);
  const { lockTimeoutMs } = policy;
  const shared = { root, sources, policy, emit, signal, pace, digests, hosts, rateLimit, lane: NO_LANE };
  const archives = createArchives(wishesOf(planned, sources), { ...shared, lockTimeoutMs });
  // A lane of each file's own takes the place of this one: to add it would take twenty times as long.
  const context: Omit<TransferContext, "lane"> = {
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
    replan: (item: PlanItem) => (isAsFound(item.target, item.state) ? item : run.replan(item, signal)),
  };

  const outcomes: Outcome[] = new Array(planned.length);
  let flushed = performance.now();
  let stopped: ErrorInfo | undefined;
  const tell = (index: number, outcome: Outcome) => {
    outcomes[index] = outcome;
    emit({ type: "outcome", outcome });
  };
  const settle = async (item: Planned, lane: Lane): Promise<Outcome> => {
    if (!isFetch(item)) return failed(item, item.unsafe ?? conflictError(item));
    if (signal.aborted) return failed(item, abortError());
    const outcome = await fetchFile(item, { ...context, lane });
    const settling = outcome.error === undefined ? archives.settle(item.file.path) : undefined;
    if (settling !== undefined) await settling;
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
  const weightOf = ({ item }: Task) => (run.jobs !== undefined || isSmall(item) ? 1 : LARGE_WEIGHT);
  const fromOf = (task: Task): readonly From[] => {
    const urls = [...task.item.file.urls, ...(run.lfs ? [run.lfs.url] : [])];
    task.from ??= urls.map((url) => ({ host: hostOf(redact(url)), container: archives.containerOf(url) }));
    return task.from;
  };
  // Most often nobody waits for anything.
  const isReady = (task: Task) =>
    (hosts.areAllReady() && !archives.isAnyAwaited()) ||
    fromOf(task).some(({ host, container }) => hosts.isReady(host) && !archives.isAwaited(container));
  const groupOf = (task: Task) =>
    fromOf(task)
      .map(({ host, container = "" }) => `${host} ${container}`)
      .join("\n");
  try {
    const open: Task[] = [];
    for (const [index, item] of planned.entries()) {
      // What is here already needs no turn in the pool.
      if (item.action === "keep") tell(index, settled(item, "present"));
      else open.push({ index, item, from: undefined });
    }
    const fetchOne = async ({ index, item }: Task, lane: Lane) => tell(index, await settle(item, lane));
    await runPool(open, run.jobs ?? LANES, fetchOne, { weightOf, isReady, groupOf });
    if (run.signal.aborted) stopped = errorInfo(abortError());
    return { outcomes, archiveBytes: archives.received(), stopped };
  } finally {
    stop.unlink();
    pace.close();
    await digests.close();
    await archives.close();
  }
}

/** A file that is to be fetched, by its place in the plan, and what it may come from once that was looked for. */
interface Task {
  readonly index: number;
  readonly item: Planned;
  from: readonly From[] | undefined;
}

/** The host of a URL, and the archive that it leads into. */
interface From {
  readonly host: string;
  readonly container: string | undefined;
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
