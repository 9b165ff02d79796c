/** The half of `assets download` that is needed only when something is to be fetched. */
import { join } from "node:path";
import { createElsewhere } from "../elsewhere/index.js";
import { AssetsError } from "../errors.js";
import type { Outcome } from "../events.js";
import { hasGit } from "../git/run-git.js";
import type { Pieces } from "../manifest/pieces.js";
import type { Manifest } from "../manifest/types.js";
import { isFetch, type PlanItem } from "../plan.js";
import { createSources, type Sources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { readJournal } from "../store/journal.js";
import { heldBytes } from "../store/partial.js";
import { openPieceMemory } from "../store/piece-memory.js";
import { freeBytes } from "../store/space.js";
import { partialOf } from "../transfer/candidates.js";
import { type Clones, type ClonesOptions, createClones, gitIsMissing } from "../transfer/clones.js";
import { isSmall, type TransferPolicy } from "../transfer/fetch-file.js";
import { type Planned, runTransfers, type TransferEnd, type TransferRun } from "../transfer/run-transfers.js";
import { withStated } from "../transfer/stated.js";
import { tellGit } from "./tell-git.js";
import type { Workspace } from "./workspace.js";

/** What fetching takes beside the plan. */
export interface FetchingRun extends Pick<TransferRun, "policy" | "jobs" | "mending" | "signal" | "emit" | "replan"> {
  readonly workspace: Workspace;
  readonly network: NetworkSettings;
  /** Look for the bytes elsewhere on this machine first. */
  readonly reuse: boolean;
  /** Pieces that the manifest names, by the SHA-256 of their file. */
  readonly pieces: ReadonlyMap<string, Pieces>;
  /** As {@link bytesMissing} told. */
  readonly bytesToFetch: number;
}

/**
 * Fetches what is to be fetched. `kept`: bytes of unfinished downloads that the next run goes on from. Throws DISK_FULL
 * before the first byte.
 */
export async function carryOut(
  planned: readonly Planned[],
  manifest: Manifest,
  { workspace, network, reuse, bytesToFetch, ...run }: FetchingRun,
): Promise<TransferEnd & { kept: number }> {
  const { root } = manifest;
  await checkSpace(root, bytesToFetch);
  const sources = createSources({ network, projectFolder: manifest.base, bytes: bytesToFetch });
  const clones = await clonesFor(run.policy, sources, { root, network });
  try {
    const { targets, ledger } = workspace;
    const files = manifest.assets.flatMap((asset) => asset.files);
    const elsewhere = reuse ? createElsewhere({ root, files }) : undefined;
    const pieceMemory = openPieceMemory(root);
    const isTarget = isTargetOf(manifest);
    const mayAsk = !run.policy.offline && run.policy.strategy !== "git";
    const stated = mayAsk ? await withStated(planned, sources, run.signal) : planned;
    const end = await runTransfers(stated, {
      ...run,
      root,
      targets,
      ledger,
      sources,
      clones,
      elsewhere,
      pieceMemory,
      isTarget,
    });
    await tellOfPointers(planned, end.outcomes, run);
    return { ...end, kept: await keptBytes(stated, end.outcomes) };
  } finally {
    await clones?.close();
    await sources.close();
  }
}

/** Where pointers gave way to their files, git is told. */
async function tellOfPointers(
  planned: readonly Planned[],
  outcomes: readonly Outcome[],
  { signal, emit }: Pick<FetchingRun, "signal" | "emit">,
): Promise<void> {
  const proven = new Map<string, string>();
  for (const [index, { state, target, file }] of planned.entries()) {
    if (state.kind === "lfs-pointer" && file.sha256 === state.oid && outcomes[index]?.error === undefined) {
      proven.set(target, file.sha256);
    }
  }
  if (proven.size > 0) await tellGit({ paths: [...proven.keys()], proven, signal, emit });
}

/** Clones as the strategy wants them; undefined where there are to be none. Throws USAGE where git is needed and missing. */
export async function clonesFor(
  { strategy, offline }: Pick<TransferPolicy, "strategy" | "offline">,
  sources: Sources,
  options: ClonesOptions,
): Promise<Clones | undefined> {
  if (strategy === "http" || offline) return undefined;
  if (await hasGit()) return createClones(sources, options);
  if (strategy === "git") throw gitIsMissing();
  return undefined;
}

/** Bytes still to fetch, as far as pinned sizes tell. */
export async function bytesMissing(fetches: readonly PlanItem[]): Promise<number> {
  const partials = await Promise.all(fetches.map(partialBytes));
  return fetches.reduce((sum, { file }, index) => sum + Math.max(0, (file.size ?? 0) - (partials[index] ?? 0)), 0);
}

/** Whether an absolute path is a file of the manifest: asked seldom, so that they are gathered at the first question. */
function isTargetOf({ assets, root }: Manifest): (path: string) => boolean {
  let targets: Set<string> | undefined;
  return (path) => {
    targets ??= new Set(assets.flatMap(({ files }) => files.map((file) => join(root, file.path))));
    return targets.has(path);
  };
}

/** Bytes that an earlier run left of a file, and that the next goes on from. Of many small ones it would cost more to ask than it could tell. */
async function partialBytes(item: PlanItem): Promise<number> {
  const { file, target } = item;
  if (isSmall(item)) return 0;
  const urls = file.sha256 === undefined ? file.urls : file.urls.slice(0, 1);
  const held = async (path: string) => {
    // Nothing would tell whether they still belong to the file.
    const isLost = file.sha256 === undefined && (await readJournal(path, 0))?.validator === undefined;
    return isLost ? 0 : heldBytes(path);
  };
  return Math.max(0, ...(await Promise.all(urls.map((url) => held(partialOf(target, file.sha256, url))))));
}

/** Bytes of unfinished downloads that the next run goes on from. */
export async function keptBytes(planned: readonly PlanItem[], outcomes: readonly Outcome[]): Promise<number> {
  const open = planned.filter((item, index) => isFetch(item) && outcomes[index]?.error !== undefined);
  const sizes = await Promise.all(open.map(partialBytes));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Throws DISK_FULL where the disk of the root has less room than is needed, in bytes. */
export async function checkSpace(root: string, needed: number): Promise<void> {
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
