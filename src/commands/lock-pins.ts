/** `assets lock`: fills in the pins that are missing, and what moving references stand for. */
import { AssetsError, exitCodeOf } from "../errors.js";
import type { EventListener } from "../events.js";
import { type Edit, withEdits } from "../manifest/edit.js";
import { type Selection, selectAssets } from "../manifest/select.js";
import type { Manifest } from "../manifest/types.js";
import type { NetworkSettings } from "../source/network-settings.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import type { LockPinsReport, PinnedFile } from "./author-reports.js";
import { describeUrls } from "./describe-urls.js";
import {
  listRepositories,
  measureRepositories,
  type RepositoryTask,
  repositoryFiles,
  repositoryTasks,
  withRepositories,
} from "./lock-repositories.js";
import { isPinned, isSizeless, type LockTask, learn, tasksOf } from "./lock-tasks.js";
import { measureFiles } from "./measure.js";
import { provenSizes } from "./proven-sizes.js";
import { manifestText, rewriteManifest } from "./write-manifest.js";

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
 * here; writes it all into the manifest, of which the rest stays. A size beside a pinned SHA-256 is filled in only where it
 * is stated together with that very digest, or is that of a file here that has it. Throws UNKNOWN_ID, NOTHING_SELECTED, DISK_FULL,
 * LOCAL_IO, MANIFEST_INVALID when the manifest has become another meanwhile, the signal's reason.
 */
export async function lockPins(options: LockPinsOptions): Promise<LockPinsReport> {
  const started = performance.now();
  const { manifest, selection = {}, check = false, dryRun = false, network = {}, policy = {}, jobs } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  const selected = selectAssets(manifest, selection);
  const source = await manifestText(manifest);
  const whole = repositoryTasks(selected);
  const tasks = tasksOf(
    selected.flatMap(({ files }) => files),
    manifest,
    source,
  );
  const open = tasks.filter(({ needs }) => needs.length > 0);
  if (check || (open.length === 0 && whole.length === 0)) return reportOf(options, tasks, whole, false, started);

  const asked = open.map((task) =>
    task.urls.filter(({ reference }) => reference !== undefined || !isPinned(task) || isSizeless(task)),
  );
  const { offline = false } = policy;
  const run = { base: manifest.base, network, offline, policy, signal };
  const answers = await describeUrls(
    asked.flat().map(({ resolved }) => resolved),
    run,
  );
  for (const [index, task] of open.entries()) learn(task, asked[index] ?? [], answers.splice(0, asked[index]?.length));

  await listRepositories(whole, run);

  const unmeasured = open.filter((task) => task.pins.sha256 === undefined && task.error === undefined);
  if (!dryRun) {
    const files = unmeasured.map(({ file, weak = [], urls }) => {
      const stated = [...(file.stated ?? []), ...weak];
      return { ...file, urls: urls.map(({ resolved }) => resolved), ...(stated.length > 0 && { stated }) };
    });
    const how = { manifest, present: "measure", policy, network, jobs, signal, emit } as const;
    const measured = await measureFiles(files, how);
    for (const [index, task] of unmeasured.entries()) {
      const result = measured[index];
      if (result === undefined) continue;
      if ("error" in result) task.error = result.error;
      else task.pins = { size: result.size, sha256: result.sha256, pinnedAs: "measured" };
    }
    await measureRepositories(whole, source, how);
  }
  const sizeless = open.filter((task) => isSizeless(task) && task.error === undefined);
  const sizes = await provenSizes(
    sizeless.map(({ file }) => file),
    manifest,
    { signal, emit },
  );
  for (const [index, task] of sizeless.entries()) {
    const size = sizes[index];
    if (size !== undefined) task.pins = { size, ...task.pins };
    else if (task.unasked !== undefined && task.moved.length === 0) task.error = task.unasked;
  }
  const done = open.filter(({ error }) => error === undefined);
  const edit = (text: string, now: Manifest) => withRepositories(edited(text, now, manifest, done), manifest, whole);
  const isIdle = done.length === 0 && whole.every(({ error }) => error !== undefined);
  const { written } = isIdle ? { written: false } : await rewriteManifest(manifest, edit, { dryRun, signal });
  return reportOf(options, tasks, whole, written, started);
}

/** The text with all that was learned. Throws MANIFEST_INVALID when a file is no longer what it was. */
function edited(text: string, now: Manifest, before: Manifest, tasks: readonly LockTask[]): string {
  if (JSON.stringify(now.assets) !== JSON.stringify(before.assets)) {
    throw new AssetsError("MANIFEST_INVALID", `${before.file} has changed meanwhile; nothing was written.`, {
      hint: "Run the same command again: what was fetched is here.",
    });
  }
  const set = tasks.flatMap((task): Edit[] => [...task.edits, ...pinEdits(task)]);
  const upgraded = tasks.filter((task) => !isPinned(task) && task.pins.sha256 !== undefined);
  const dead = upgraded.flatMap(({ text: { at, content } }) =>
    WEAK_KEYS.filter((key) => content[key] !== undefined).map((key): Edit => ({ do: "remove", at: [...at, key] })),
  );
  return withEdits(text, [...set, ...dead]);
}

function pinEdits({ file, text: { at }, pins }: LockTask): Edit[] {
  const edits: Edit[] = [];
  const behind = ["localPath", "path", "url"];
  const { size, sha256, pinnedAs } = pins;
  if (size !== undefined && file.size === undefined) {
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
  const isOpen = !dryRun && files.some(({ status }) => status === "open");
  const exitCode = codes.size > 1 || isOpen ? 1 : ([...codes][0] ?? 0);
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

function pinnedFile({ file, needs, pins, statedBy, moved, error }: LockTask): PinnedFile {
  const { asset, path } = file;
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
    moved,
    ...(error && { error }),
  };
}
