/** `assets lock`: fills in the pins that are missing, and what moving references stand for. */
import { errorInfo, exitCodeOf } from "../errors.js";
import type { EventListener } from "../events.js";
import { type Edit, withEdits } from "../manifest/edit.js";
import type { JsonPath } from "../manifest/issues.js";
import { isToldByHost } from "../manifest/moving.js";
import { type Selection, selectAssets } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import type { NetworkSettings } from "../source/network-settings.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { type LockPinsReport, lacksSizeOnly, type PinnedFile } from "./author-reports.js";
import { describeUrls } from "./describe-urls.js";
import {
  listRepositories,
  measureRepositories,
  type RepositoryTask,
  repositoryFiles,
  repositoryTasks,
  withRepositories,
} from "./lock-repositories.js";
import { filesIn, isSizeless, type LockTask, learn, measurable, tasksOf } from "./lock-tasks.js";
import { measureFiles } from "./measure.js";
import { provenSizes } from "./proven-sizes.js";
import { type Bytes, settlePins } from "./settle-pins.js";
import { sift } from "./sift.js";
import { flawOf, manifestText, refuseChanged, rewriteManifest } from "./write-manifest.js";

export interface LockPinsOptions {
  manifest: Manifest;
  /** Default: every file. */
  selection?: Selection;
  /** Tell what is open, and ask, fetch and write nothing. Default false. */
  check?: boolean;
  /** Ask what is stated, but fetch and write nothing. Default false. */
  dryRun?: boolean;
  jobs?: number | undefined;
  policy?: Partial<TransferPolicy>;
  network?: NetworkSettings;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/** Keys of weaker digests, which a SHA-256 replaces. */
const WEAK_KEYS = ["sha512", "sha1", "gitBlob", "md5"] as const;

/**
 * Asks about what is not pinned, or stands on a moving reference; fetches what nobody states a SHA-256 of, unless it is
 * here; writes it all into the manifest, of which the rest stays. A size beside a pinned SHA-256 is wanted, not needed: it
 * is filled in where it is stated together with that very digest, or is that of a file here that has it. Throws UNKNOWN_ID, NOTHING_SELECTED, DISK_FULL,
 * LOCAL_IO, MANIFEST_INVALID when what is to be written has become another meanwhile, the signal's reason.
 */
export async function lockPins(options: LockPinsOptions): Promise<LockPinsReport> {
  const started = performance.now();
  const { manifest, selection = {}, check = false, dryRun = false, network = {}, policy = {}, jobs } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  const selected = selectAssets(manifest, selection);
  const text = await manifestText(manifest);
  const whole = repositoryTasks(selected);
  const tasks = tasksOf(
    selected.flatMap(({ files }) => files),
    manifest,
    text,
  );
  const open = tasks.filter(({ needs }) => needs.length > 0);
  if (check || (open.length === 0 && whole.length === 0)) return reportOf(options, tasks, whole, false, started);

  const asked = open.map((task) =>
    task.places.filter(({ reference, url }) => {
      if (reference !== undefined || !isPinned(task)) return true;
      // A bare length proves nothing, and is not asked for.
      return isSizeless(task) && isToldByHost(url);
    }),
  );
  const { offline = false } = policy;
  const run = { base: manifest.base, network, offline, signal, policy, emit };
  const answers = await describeUrls(
    asked.flat().map(({ resolved }) => resolved),
    run,
  );
  for (const [index, task] of open.entries()) learn(task, asked[index] ?? [], answers.splice(0, asked[index]?.length));

  await listRepositories(whole, run);

  const unmeasured = open.filter(({ settled, error }) => settled.open !== undefined && error === undefined);
  if (!dryRun) {
    const how = { manifest, present: "measure", policy, network, jobs, signal, emit } as const;
    const judge = (index: number, bytes: Bytes) => {
      const task = unmeasured[index];
      if (task !== undefined) settlePins(task.file, task.statements, bytes);
    };
    const measured = await measureFiles(unmeasured.map(measurable), { ...how, judge });
    for (const [index, task] of unmeasured.entries()) {
      const result = measured[index];
      if (result === undefined) continue;
      if ("error" in result) task.error = result.error;
      else {
        task.bytes = result;
        task.settled = settlePins(task.file, task.statements, result);
      }
    }
    await measureRepositories(whole, text, how);
  }
  const sizeless = open.filter((task) => isSizeless(task) && task.error === undefined);
  const sizes = await provenSizes(
    sizeless.map(({ file }) => file),
    manifest,
    { signal, emit },
  );
  for (const [index, task] of sizeless.entries()) {
    const size = sizes[index];
    if (size !== undefined) task.settled = { ...task.settled, pins: { size, ...task.settled.pins } };
    else if (task.unasked !== undefined && task.settled.fixed.length === 0) task.error = task.unasked;
  }
  const done = open.filter(({ error }) => error === undefined);
  const edit = (now: string, is: Manifest) => {
    refuseChanged(is, manifest, [...done.map(({ file }) => file.asset), ...whole.map(({ asset }) => asset.id)]);
    return withFitting(now, manifest, [...done, ...whole.filter(({ error }) => error === undefined)]);
  };
  const isIdle = done.length === 0 && whole.every(({ error }) => error !== undefined);
  const { written } = isIdle ? { written: false } : await rewriteManifest(manifest, edit, { dryRun, signal });
  return reportOf(options, tasks, whole, written, started);
}

function isPinned({ file }: LockTask): boolean {
  return file.sha256 !== undefined;
}

/** The text with all that was learned, but for what no manifest can say: that fails. */
function withFitting(text: string, manifest: Manifest, tasks: readonly (LockTask | RepositoryTask)[]): string {
  const textOf = (some: readonly (LockTask | RepositoryTask)[]) => {
    const files = some.filter((task) => "file" in task);
    const repositories = some.filter((task) => "asset" in task);
    return withRepositories(edited(text, manifest, files), manifest, repositories);
  };
  const words = { blame: "What is stated of it cannot be written:", code: "MANIFEST_INVALID" } as const;
  const { kept, refused } = sift(tasks, (some) => flawOf(textOf(some), manifest, words));
  for (const [task, error] of refused) task.error = errorInfo(error);
  return textOf(kept);
}

/** The text with all that was learned. */
function edited(text: string, { base }: Manifest, tasks: readonly LockTask[]): string {
  const inText = filesIn(text, base);
  const placed = tasks.flatMap((task) => {
    const place = inText.get(task.file.path);
    return place === undefined ? [] : [{ task, place }];
  });
  const set = placed.flatMap(({ task, place: { at } }) => [...urlEdits(task, at), ...pinEdits(task, at)]);
  const dead = placed.flatMap(({ task: { file, settled }, place: { at, content } }) => {
    if (file.sha256 !== undefined || settled.pins.sha256 === undefined) return [];
    return WEAK_KEYS.filter((key) => content[key] !== undefined).map(
      (key): Edit => ({ do: "remove", at: [...at, key] }),
    );
  });
  return withEdits(text, [...set, ...dead]);
}

function urlEdits({ settled: { fixed }, statements }: LockTask, at: JsonPath): Edit[] {
  return statements
    .filter((statement) => fixed.includes(statement))
    .map(({ place, described }) => ({ do: "replace", at: [...at, ...place.below], value: described.url }));
}

function pinEdits({ file, settled: { pins } }: LockTask, at: JsonPath): Edit[] {
  const edits: Edit[] = [];
  const behind = ["localPath", "path", "url"];
  const { size, sha256, pinnedAs } = pins;
  if (size !== undefined && file.size === undefined && sha256 !== undefined) {
    edits.push({ do: "set", at, key: "size", value: size, after: behind });
  }
  if (sha256 !== undefined && file.sha256 === undefined) {
    edits.push({ do: "set", at, key: "sha256", value: sha256, after: ["size", ...behind] });
    edits.push({ do: "set", at, key: "pinnedAs", value: pinnedAs, after: ["sha256"] });
  }
  return edits;
}

function reportOf(
  options: LockPinsOptions,
  tasks: readonly LockTask[],
  whole: readonly RepositoryTask[],
  written: boolean,
  started: number,
): LockPinsReport {
  const { manifest, dryRun = false, check = false } = options;
  const files = [...tasks.map(pinnedFile), ...whole.flatMap(repositoryFiles)];
  const codes = new Set(files.flatMap(({ error }) => (error === undefined ? [] : [exitCodeOf(error.code)])));
  const isOpen = !dryRun && files.some((file) => file.status === "open" && !lacksSizeOnly(file));
  const exitCode = codes.size > 1 ? 1 : ([...codes][0] ?? (isOpen ? 1 : 0));
  return {
    manifest: manifest.file,
    root: manifest.root,
    dryRun,
    check,
    ok: exitCode === 0,
    exitCode,
    files,
    written,
    durationMs: performance.now() - started,
  };
}

function pinnedFile({
  file,
  needs,
  settled: { pins, statedBy, checkedBy, fixed },
  bytes,
  error,
}: LockTask): PinnedFile {
  const { asset, path } = file;
  const moved = fixed.map(({ url, described }) => ({
    from: url,
    to: described.url,
    reference: described.moved ?? "",
  }));
  const isFilled = (key: "size" | "sha256") => file[key] === undefined && pins[key] !== undefined;
  const isLearned = moved.length > 0 || isFilled("sha256") || (file.sha256 !== undefined && isFilled("size"));
  const status = error ? "failed" : needs.length === 0 ? "locked" : isLearned ? "changed" : "open";
  return {
    asset,
    path,
    status,
    needs,
    ...pins,
    ...(statedBy !== undefined && { statedBy }),
    ...(checkedBy !== undefined && { checkedBy }),
    ...(bytes !== undefined && { fetched: bytes.from !== undefined }),
    moved,
    ...(error && { error }),
  };
}
