/** Fetches the content of the pointers of one tree. */
import { createElsewhere } from "../elsewhere/index.js";
import { lfsObjects, objectFolders } from "../elsewhere/lfs-objects.js";
import { AssetsError, errorInfo } from "../errors.js";
import type { EventListener, Outcome } from "../events.js";
import { thisUser } from "../git/config-files.js";
import { gitLogin } from "../git/credential.js";
import { extraHeaders, lfsEndpoint } from "../git/lfs-endpoint.js";
import { repositoryAt } from "../git/repository.js";
import { readSettings, type Settings } from "../git/settings.js";
import type { Manifest } from "../manifest/types.js";
import { type PlanItem, planFile } from "../plan.js";
import { createSources, type Sources } from "../source/index.js";
import type { LfsServer } from "../source/lfs-server.js";
import type { NetworkSettings } from "../source/network-settings.js";
import type { Ledger } from "../store/ledger.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { runTransfers, type TransferEnd } from "../transfer/run-transfers.js";
import { keptBytes } from "./fetching.js";
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

/** Outcomes tell paths below the group's root. Throws nothing but the signal's reason, and that before any outcome. */
export async function hydrateGroup(group: Group, run: HydrateRun): Promise<TransferEnd & { kept: number }> {
  const { root, items, repository, manifest } = group;
  const { reuse, jobs, policy, network, signal, emit } = run;
  const settings = repository && (await readSettings(repository, thisUser(), signal));
  const sources = createSources({ network, projectFolder: run.manifest?.base ?? root });
  const workspace = await openWorkspace({ root });
  try {
    const origin = await originOf(group, settings, sources, signal);
    const files = [...items.map(({ file }) => file), ...(manifest?.assets.flatMap((asset) => asset.files) ?? [])];
    // Where the remote is a folder, its objects are what a server's would be.
    const remote = origin.stores.length > 0 ? lfsObjects(origin.stores, "git-lfs") : undefined;
    const elsewhere = reuse
      ? createElsewhere({ root, files, repository, lastly: remote })
      : remote && (async () => remote);
    // An extension of git-lfs has made another file of these: their size is not the pointer's.
    const converted = new Set(items.flatMap(({ file }) => (file.size === undefined ? [file.path] : [])));
    const tellWhy = (outcome: Outcome) => explained(outcome, converted.has(outcome.path), origin, reuse);
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
      elsewhere,
      isTarget: (path) => wanted.has(path),
      replan: (item, abort) => replan(item, workspace, abort),
      emit: (event) => emit(event.type === "outcome" ? { ...event, outcome: tellWhy(event.outcome) } : event),
    });
    const outcomes = end.outcomes.map(tellWhy);
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
    const { folder } = endpoint;
    // As git finds it: the ending may be left out.
    const other = (await repositoryAt(folder)) ?? (await repositoryAt(`${folder}.git`));
    if (other === undefined) return { stores: [], reason: `its remote, ${folder}, is no repository on this machine` };
    return { stores: await objectFolders(other, thisUser()), reason: `its remote, ${folder}, does not have it` };
  }
  if ("unusable" in endpoint) {
    return { stores: [], reason: `the server that ${top} names for git-lfs, ${endpoint.unusable}, cannot be asked` };
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
function explained(outcome: Outcome, isConverted: boolean, { server, reason }: Origin, reuse: boolean): Outcome {
  const { error, tried } = outcome;
  if (error?.code !== "NETWORK" || tried.length > 0 || outcome.attempts > 0) return outcome;
  const why = isConverted && server !== undefined ? "an extension of git-lfs made another file of it" : reason;
  const looked = reuse ? "Its content is nowhere on this machine, and" : "This machine was not searched for it, and";
  const look = reuse
    ? "Name a checkout that has it: ASSETS_REFERENCE=FOLDER assets lfs hydrate"
    : "Look on this machine as well, without --no-reuse and ASSETS_NO_REUSE: assets lfs hydrate";
  const told = new AssetsError("NOT_FOUND", `${looked} ${why}.`, {
    hint: isConverted ? "Only git-lfs with that extension can turn it back: git lfs pull" : look,
  });
  return { ...outcome, error: errorInfo(told) };
}
