/** `assets lfs hydrate`: turns Git LFS pointers into the files that they stand for. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { abortError, errorInfo, exitCodeOf } from "../errors.js";
import type { AssetEvent, EventListener, Outcome } from "../events.js";
import type { Manifest } from "../manifest/types.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { DEFAULT_POLICY } from "../transfer/default-policy.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { failed } from "../transfer/outcome.js";
import { transferReport } from "./download-report.js";
import { bytesMissing, checkSpace } from "./fetching.js";
import { type Group, groupPointers, type Stuck } from "./hydrate-groups.js";
import { hydrateGroup } from "./hydrate-run.js";
import { byPath, searchPointers } from "./pointers.js";
import type { HydrateReport } from "./reports.js";
import { tellGit } from "./tell-git.js";

/** What to turn into files, and how. */
export interface HydrateOptions {
  /** Folders or files to search, absolute. */
  paths: readonly string[];
  /** Absolute path of the folder that paths are reported relative to. */
  cwd: string;
  /** Its files and URLs are places where content may come from. */
  manifest?: Manifest;
  /** Decide and answer, but write and fetch nothing. Default false. */
  dryRun?: boolean;
  /** Look for the bytes elsewhere on this machine before any network is asked. Default true. */
  reuse?: boolean;
  /** Files fetched side by side. Default: 4 large ones, or 16 that are small. */
  jobs?: number | undefined;
  /** Limits that differ from the default policy. */
  policy?: Partial<TransferPolicy>;
  network?: NetworkSettings;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/**
 * Finds pointers and puts the content in their places. One file's failure is an outcome, never a throw. Throws USAGE for a
 * path that is not there or an unusable `caFile`, LOCAL_IO, DISK_FULL before the first byte, and the signal's reason.
 */
export async function hydrate(options: HydrateOptions): Promise<HydrateReport> {
  const started = performance.now();
  const { paths, cwd, manifest, dryRun = false, reuse = true, jobs, network = {} } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  if (network.caFile !== undefined) await (await import("../source/authorities.js")).readAuthorities(network.caFile);
  const { found, ...search } = await searchPointers(paths, cwd, signal);
  const { groups, stuck } = await groupPointers(found, { cwd, manifest });
  const all = groups.flatMap(({ items }) => items);
  if (found.length > 0) emit(await planEvent(groups, stuck));

  const outcomes: Outcome[] = [];
  let stopped: HydrateReport["stopped"];
  let received = 0;
  let kept = 0;
  const settle = (outcome: Outcome) => {
    outcomes.push(outcome);
    emit({ type: "outcome", outcome });
  };
  for (const one of stuck) settle(one.outcome);
  if (!dryRun) {
    await checkRoom(groups);
    for (const group of groups) {
      const run = { manifest, reuse, jobs, policy, network, signal };
      const told = (event: AssetEvent) => emit(renamed(event, group));
      const begun = stopped === undefined && !signal.aborted;
      const end = begun ? await hydrateGroup(group, { ...run, emit: told }).catch(unlessAborted(signal)) : undefined;
      if (end === undefined) {
        for (const item of group.items) settle({ ...failed(item, abortError()), path: group.shown(item.file.path) });
        stopped ??= errorInfo(abortError());
        continue;
      }
      outcomes.push(...end.outcomes.map((outcome) => ({ ...outcome, path: group.shown(outcome.path) })));
      stopped = end.stopped;
      received += end.archiveBytes;
      kept += end.kept;
    }
  }
  if (!dryRun) {
    const proven = provenBy(groups, outcomes, cwd);
    // A working tree below the searched places is known by its pointers only.
    await tellGit({ paths: [...paths, ...proven.keys()], proven, signal, emit });
  }
  outcomes.sort(byPath);
  const report = transferReport(dryRun, outcomes, received, started, dryRun ? all : undefined);
  // Where something could not be read, nobody can say that no pointer is left.
  const exitCode = report.exitCode || (search.unreadable.length > 0 ? exitCodeOf("LOCAL_IO") : 0);
  const about = { ok: exitCode === 0, exitCode, keptPartialBytes: kept };
  return {
    ...search,
    ...report,
    ...about,
    ...(dryRun && { planned: groups.flatMap(plannedOf).sort(byPath) }),
    ...(stopped && { stopped }),
  };
}

/** What was done before counts, so that an abort is answered and not thrown. */
function unlessAborted(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

/** Of all groups before the first byte of any: one for which no room is left must not end the run of the others. */
async function checkRoom(groups: readonly Group[]): Promise<void> {
  const disks = new Map<number | undefined, { root: string; needed: number }>();
  for (const { root, items } of groups) {
    const dev = (await stat(root).catch(() => undefined))?.dev;
    const { root: first = root, needed = 0 } = disks.get(dev) ?? {};
    disks.set(dev, { root: first, needed: needed + (await bytesMissing(items)) });
  }
  for (const { root, needed } of disks.values()) await checkSpace(root, needed);
}

/** What a dry run says of a group, with the paths that users know. */
function plannedOf(group: Group): NonNullable<HydrateReport["planned"]> {
  return group.items.map(({ file: { asset, path, size, urls }, action }) => {
    return { asset, path: group.shown(path), action, ...(size !== undefined && { size }), urls };
  });
}

async function planEvent(groups: readonly Group[], stuck: readonly Stuck[]): Promise<AssetEvent> {
  const files = groups.flatMap((group) =>
    group.items.map(({ file: { asset, path, size }, action }) => {
      return { asset, path: group.shown(path), action, ...(size !== undefined && { size }) };
    }),
  );
  const left = stuck.map(({ outcome: { asset, path } }) => ({ asset, path, action: "conflict" as const }));
  return {
    type: "plan",
    files: [...files, ...left],
    bytesToFetch: await bytesMissing(groups.flatMap(({ items }) => items)),
  };
}

/** An event with the path that users know in place of the one below the group's root. */
function renamed(event: AssetEvent, { shown }: Group): AssetEvent {
  if (event.type === "outcome") return { ...event, outcome: { ...event.outcome, path: shown(event.outcome.path) } };
  if (!("path" in event) || event.path === undefined) return event;
  // An archive has a name of its own.
  if (event.type === "transfer:end" || (event.type === "transfer:start" && event.kind === "archive")) return event;
  return { ...event, path: shown(event.path) };
}

/** SHA-256 of the files that were put in place, by their absolute paths. */
function provenBy(groups: readonly Group[], outcomes: readonly Outcome[], cwd: string): Map<string, string> {
  const isPlaced = ({ error, status }: Outcome) => error === undefined && status !== "present";
  const placed = new Set(outcomes.filter(isPlaced).map(({ path }) => resolve(cwd, path)));
  const items = groups.flatMap((group) => group.items);
  return new Map(
    items.flatMap(({ target, file: { sha256 } }): [string, string][] =>
      sha256 !== undefined && placed.has(target) ? [[target, sha256]] : [],
    ),
  );
}
