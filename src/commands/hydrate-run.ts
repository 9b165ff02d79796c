/** Fetches the content of the pointers of one tree, and tells git of it. */
import { relative, sep } from "node:path";
import { createElsewhere } from "../elsewhere/index.js";
import { objectFolders } from "../elsewhere/lfs-objects.js";
import { AssetsError, errorInfo } from "../errors.js";
import type { EventListener, Outcome } from "../events.js";
import { thisUser } from "../git/config-files.js";
import { gitLogin } from "../git/credential.js";
import { extraHeaders, lfsEndpoint } from "../git/lfs-endpoint.js";
import { refreshIndex } from "../git/refresh-index.js";
import { type Repository, repositoryAt } from "../git/repository.js";
import { readSettings, type Settings } from "../git/settings.js";
import { formatPointer } from "../lfs-pointer.js";
import type { Manifest } from "../manifest/types.js";
import { type PlanItem, planFile } from "../plan.js";
import { isWindows } from "../platform.js";
import { createSources, type Sources } from "../source/index.js";
import type { LfsServer } from "../source/lfs-server.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { isAsFound } from "../store/inspect.js";
import type { Ledger } from "../store/ledger.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { runTransfers, type TransferEnd } from "../transfer/run-transfers.js";
import { bytesMissing, checkSpace, keptBytes } from "./fetching.js";
import type { Group } from "./hydrate-groups.js";
import { openWorkspace, type Workspace } from "./workspace.js";

/** What all groups of a run share. */
export interface HydrateRun {
  readonly manifest: Manifest | undefined;
  readonly reuse: boolean;
  readonly jobs: number | undefined;
  readonly policy: TransferPolicy;
  readonly network: NetworkSettings;
  readonly signal: AbortSignal;
  readonly emit: EventListener;
}

/** Where the objects of a repository come from, beside this machine and the manifest. */
interface Origin {
  readonly server?: LfsServer;
  /** Folders of objects, of a remote on this machine. */
  readonly stores: readonly string[];
  /** Why there is no server. */
  readonly reason: string;
}

/** Outcomes tell paths below the group's root. Throws DISK_FULL before the first byte, and the signal's reason. */
export async function hydrateGroup(group: Group, run: HydrateRun): Promise<TransferEnd & { kept: number }> {
  const { root, items, repository, manifest } = group;
  const { reuse, jobs, policy, network, signal, emit } = run;
  await checkSpace(root, await bytesMissing(items));
  const settings = repository && (await readSettings(repository, thisUser(), signal));
  const sources = createSources({ network, projectFolder: run.manifest?.base ?? root });
  const workspace = await openWorkspace({ root });
  try {
    const origin = await originOf(group, settings, sources, signal);
    const files = [...items.map(({ file }) => file), ...(manifest?.assets.flatMap((asset) => asset.files) ?? [])];
    const wanted = new Set(items.map(({ target }) => target));
    const end = await runTransfers(items, {
      root,
      sources,
      policy,
      jobs,
      signal,
      targets: workspace.targets,
      ledger: pinnedOnly(workspace.ledger, manifest),
      lfs: origin.server,
      elsewhere: reuse ? createElsewhere({ root, files, stores: origin.stores }) : undefined,
      isTarget: (path) => wanted.has(path),
      replan: (item, abort) => replan(item, workspace, abort),
      emit: (event) =>
        emit(event.type === "outcome" ? { ...event, outcome: explained(event.outcome, items, origin) } : event),
    });
    const outcomes = end.outcomes.map((outcome) => explained(outcome, items, origin));
    const placed = outcomes.some(({ status }) => isPlaced(status));
    if (repository && settings && placed) await tellGit(repository, settings, items, outcomes, run);
    return { ...end, outcomes, kept: await keptBytes(items, outcomes) };
  } finally {
    await workspace.close();
    await sources.close();
  }
}

async function originOf(
  { repository, items, root, linked }: Group,
  settings: Settings | undefined,
  sources: Sources,
  signal: AbortSignal,
): Promise<Origin> {
  if (repository === undefined || settings === undefined) {
    const where = linked ? `it lies behind a link, in ${root}, which belongs` : "it belongs";
    return { stores: [], reason: `${where} to no git repository that could name a server` };
  }
  const { top } = repository;
  const endpoint = lfsEndpoint(settings, top);
  if (endpoint === undefined) return { stores: [], reason: `the repository ${top} names no server for git-lfs` };
  if ("folder" in endpoint) {
    const other = await repositoryAt(endpoint.folder);
    const stores = other === undefined ? [] : await objectFolders(other, thisUser());
    return { stores, reason: `its remote, ${endpoint.folder}, does not have it either` };
  }
  if (!URL.canParse(endpoint.url) || !/^https?:$/.test(new URL(endpoint.url).protocol)) {
    return { stores: [], reason: `the server that ${top} names for git-lfs, ${endpoint.url}, cannot be asked` };
  }
  const url = new URL(endpoint.url);
  const objects = items.flatMap(({ file: { sha256, size } }) => {
    return sha256 === undefined || size === undefined ? [] : [{ oid: sha256, size }];
  });
  const server = sources.lfsServer({
    endpoint: url,
    objects,
    ref: settings.branch === undefined ? undefined : `refs/heads/${settings.branch}`,
    extra: extraHeaders(settings, url.href),
    git: () => gitLogin(url, top, signal),
  });
  return { server, stores: [], reason: "" };
}

/** Looks again: only the very pointer that was found is replaced. */
async function replan(item: PlanItem, { look }: Workspace, signal: AbortSignal): Promise<PlanItem> {
  if (isAsFound(item.target, item.state)) return item;
  const found = await look(item.file, { recall: false, hash: true, signal });
  const now = planFile(found, { force: false });
  if (now.action === "keep") return now;
  return { ...found, action: "conflict", reason: "something else stands there since the pointer was found" };
}

/** A ledger that takes nothing but what an asset pins: a user's own file must never pass for one that can be given up. */
function pinnedOnly(ledger: Ledger, manifest: Manifest | undefined): Ledger {
  const pins = new Map(manifest?.assets.flatMap(({ files }) => files.map(({ path, sha256 }) => [path, sha256])));
  return {
    ...ledger,
    record(path, stat, sha256, options) {
      if (pins.get(path) === sha256) ledger.record(path, stat, sha256, options);
    },
  };
}

/** Says why nothing could be asked, where nothing was. */
function explained(outcome: Outcome, items: readonly PlanItem[], { server, reason }: Origin): Outcome {
  const { error, tried, path } = outcome;
  if (error?.code !== "NETWORK" || tried.length > 0 || outcome.attempts > 0) return outcome;
  const converted = items.find(({ file }) => file.path === path)?.file.size === undefined;
  const why = converted && server !== undefined ? "an extension of git-lfs made another file of it" : reason;
  const told = new AssetsError("NOT_FOUND", `Its content is nowhere on this machine, and ${why}.`, {
    hint: converted
      ? "Only git-lfs with that extension can turn it back: git lfs pull"
      : "Name a checkout that has it: ASSETS_REFERENCE=FOLDER assets lfs hydrate",
  });
  return { ...outcome, error: errorInfo(told) };
}

/** Keeps git from calling the new files changed, or says why it will. */
async function tellGit(
  { top }: Repository,
  { own }: Settings,
  items: readonly PlanItem[],
  outcomes: readonly Outcome[],
  { signal, emit }: HydrateRun,
): Promise<void> {
  if (own.get("filter.lfs.clean") === undefined && own.get("filter.lfs.process") === undefined) {
    const message = `${top}: git has no filter for Git LFS here, and will call these files changed: git lfs install sets it up.`;
    emit({ type: "warning", message });
    return;
  }
  const placed = new Set(outcomes.flatMap(({ status, path }) => (isPlaced(status) ? [path] : [])));
  const files = items.flatMap(({ file, target, state }) => {
    if (!placed.has(file.path) || state.kind !== "lfs-pointer") return [];
    const path = relative(top, target).split(sep).join("/");
    const pointer = formatPointer({ oid: state.oid, size: state.pointerSize });
    return [{ path, pointer, executable: isWindows ? undefined : (state.stat.mode & 0o100n) !== 0n }];
  });
  // The files are in place, whatever comes of this.
  await refreshIndex(top, files, signal).catch(() => {});
}

function isPlaced(status: Outcome["status"]): boolean {
  return status === "downloaded" || status === "reused";
}
