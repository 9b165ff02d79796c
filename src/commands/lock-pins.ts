/** `assets lock`: fills in the pins that are missing, and what moving references stand for. */
import { AssetsError, errorInfo, exitCodeOf } from "../errors.js";
import type { ErrorInfo, EventListener } from "../events.js";
import { type Edit, withEdits, without } from "../manifest/edit-values.js";
import { type FileInText, readText } from "../manifest/files-in-text.js";
import type { JsonPath } from "../manifest/issues.js";
import { movingReference } from "../manifest/moving.js";
import type { Pins } from "../manifest/new-entry.js";
import { type Selection, selectAssets } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import type { Described } from "../source/described.js";
import type { NetworkSettings } from "../source/network-settings.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import type { LockNeed, LockPinsReport, PinnedFile } from "./author-reports.js";
import { type Answer, declaredPins, describeUrls, weakDigests } from "./describe-urls.js";
import {
  listRepositories,
  measureRepositories,
  type RepositoryTask,
  repositoryFiles,
  repositoryTasks,
  withRepositories,
} from "./lock-repositories.js";
import { measureFiles } from "./measure.js";
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

/** A URL of a file as it stands in the text. */
interface UrlInText {
  at: JsonPath;
  resolved: string;
  reference: string | undefined;
}

/** A file on its way to being locked. */
interface Task {
  file: AssetFile;
  text: FileInText;
  urls: UrlInText[];
  needs: LockNeed[];
  pins: Pins;
  statedBy?: string | undefined;
  weak: AssetFile["stated"];
  moved: PinnedFile["moved"];
  edits: Edit[];
  error?: ErrorInfo;
}

/**
 * Asks about what is not pinned, or stands on a moving reference; fetches what nobody states a SHA-256 of, unless it is
 * here; writes it all into the manifest, of which the rest stays. Throws UNKNOWN_ID, NOTHING_SELECTED, DISK_FULL,
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

  const asked = open.map((task) => task.urls.filter(({ reference }) => reference !== undefined || !isPinned(task)));
  const { offline = false } = policy;
  const run = { base: manifest.base, network, offline, signal, policy, emit };
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
  const done = open.filter(({ error }) => error === undefined);
  const edit = (text: string, now: Manifest) => withRepositories(edited(text, now, manifest, done), manifest, whole);
  const isIdle = done.length === 0 && whole.every(({ error }) => error !== undefined);
  const { written } = isIdle ? { written: false } : await rewriteManifest(manifest, edit, { dryRun, signal });
  return reportOf(options, tasks, whole, written, started);
}

function isPinned({ file }: Pick<Task, "file">): boolean {
  return file.sha256 !== undefined;
}

function tasksOf(files: readonly AssetFile[], { base }: Manifest, text: string): Task[] {
  const places = new Map(readText(text, base).assets.flatMap((asset) => asset.files.map((file) => [file.path, file])));
  return files.flatMap((file): Task[] => {
    const place = places.get(file.path);
    if (place === undefined) return [];
    const { at, content } = place;
    const others = (content.fallbackUrls ?? []).map((url, index) => ({ url, at: [...at, "fallbackUrls", index] }));
    const urls = [{ url: content.url, at: [...at, "url"] }, ...others].map(({ url, at: there }) => {
      const moving = movingReference(url);
      return { at: there, resolved: resolveUrl(url, base), reference: moving?.told ? moving.reference : undefined };
    });
    const needs: LockNeed[] = [];
    if (file.sha256 === undefined) needs.push(file.stated === undefined ? "unpinned" : "weak");
    if (urls.some(({ reference }) => reference !== undefined)) needs.push("moving");
    const { size, sha256, pinnedAs } = file;
    const pins = {
      ...(size !== undefined && { size }),
      ...(sha256 !== undefined && { sha256, ...(pinnedAs && { pinnedAs }) }),
    };
    return [{ file, text: place, urls, needs, pins, weak: undefined, moved: [], edits: [] }];
  });
}

/** Takes what was stated about the URLs of a file. */
function learn(task: Task, asked: readonly UrlInText[], answers: readonly Answer[]): void {
  let failure: ErrorInfo | undefined;
  const weak = [];
  for (const [index, place] of asked.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if ("error" in answer) {
      failure ??= answer.error;
      continue;
    }
    const { described } = answer;
    if (described === undefined) continue;
    const contradiction = contradictionOf(task, described);
    if (contradiction !== undefined) {
      task.error = contradiction;
      return;
    }
    const declared = declaredPins(described);
    if (task.pins.sha256 === undefined && declared.sha256 !== undefined) {
      task.statedBy = described.statedBy;
      task.pins = { ...task.pins, ...declared };
    } else if (declared.size !== undefined) task.pins = { size: declared.size, ...task.pins };
    weak.push(...weakDigests(described));
    if (place.reference !== undefined && described.moved !== undefined) {
      task.moved.push({ from: place.resolved, to: described.url, reference: described.moved });
      task.edits.push({ do: "replace", at: place.at, value: described.url });
      place.resolved = described.url;
    }
  }
  if (weak.length > 0) task.weak = weak;
  const isStuck = task.needs.includes("moving") && task.moved.length === 0;
  if (failure !== undefined && isStuck) task.error = failure;
}

/** Where the reference has moved on to other bytes than are pinned, its commit of today is of no use. */
function contradictionOf({ file, pins, text }: Task, described: Described): ErrorInfo | undefined {
  const declared = declaredPins(described);
  const isOther = declared.sha256 !== undefined && pins.sha256 !== undefined && declared.sha256 !== pins.sha256;
  const isOtherSize =
    described.digest !== undefined &&
    declared.size !== undefined &&
    file.size !== undefined &&
    declared.size !== file.size;
  if (!isOther && !isOtherSize) return undefined;
  const [what, stated, pinned] = isOther
    ? ["SHA-256", declared.sha256, pins.sha256]
    : ["size", declared.size, file.size];
  const message = `${file.path}: ${text.content.url} has the ${what} ${stated} by now, and the manifest pins ${pinned}.`;
  return errorInfo(
    new AssetsError(isOther ? "DIGEST_MISMATCH" : "SIZE_MISMATCH", message, {
      hint: "Name the commit that has the pinned bytes, or take size and sha256 out of the manifest and lock again.",
    }),
  );
}

/** The text with all that was learned. Throws MANIFEST_INVALID when a file is no longer what it was. */
function edited(text: string, now: Manifest, before: Manifest, tasks: readonly Task[]): string {
  if (JSON.stringify(now.assets) !== JSON.stringify(before.assets)) {
    throw new AssetsError("MANIFEST_INVALID", `${before.file} has changed meanwhile; nothing was written.`, {
      hint: "Run the same command again: what was fetched is here.",
    });
  }
  const set = tasks.flatMap((task): Edit[] => [...task.edits, ...pinEdits(task)]);
  const upgraded = tasks.filter((task) => !isPinned(task) && task.pins.sha256 !== undefined);
  const dead = upgraded.flatMap(({ text: { at, content } }) =>
    WEAK_KEYS.filter((key) => content[key] !== undefined).map((key) => [...at, key]),
  );
  return dead.reduce((result, at) => without(result, at), withEdits(text, set));
}

function pinEdits({ file, text: { at }, pins }: Task): Edit[] {
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
  tasks: readonly Task[],
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

function pinnedFile({ file, needs, pins, statedBy, moved, error }: Task): PinnedFile {
  const { asset, path } = file;
  const isLearned = moved.length > 0 || (file.sha256 === undefined && pins.sha256 !== undefined);
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
