/** `assets lock`: fills in the pins that are missing, and what moving references stand for. */
import { AssetsError, errorInfo, exitCodeOf } from "../errors.js";
import type { ErrorInfo, EventListener } from "../events.js";
import { type Edit, withEdits, without } from "../manifest/edit-values.js";
import { type FileInText, readText } from "../manifest/files-in-text.js";
import type { JsonPath } from "../manifest/issues.js";
import { movingReference } from "../manifest/moving.js";
import { type Selection, selectAssets } from "../manifest/select.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import type { NetworkSettings } from "../source/network-settings.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import type { LockNeed, LockPinsReport, PinnedFile } from "./author-reports.js";
import { type Answer, describeUrls } from "./describe-urls.js";
import {
  listRepositories,
  measureRepositories,
  type RepositoryTask,
  repositoryFiles,
  repositoryTasks,
  withRepositories,
} from "./lock-repositories.js";
import { measureFiles } from "./measure.js";
import { type Bytes, type Settled, type Statement, settlePins } from "./settle-pins.js";
import { manifestText, refuseChanged, rewriteManifest } from "./write-manifest.js";

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
interface Place {
  /** Leads from the object of the file to it. */
  below: JsonPath;
  url: string;
  resolved: string;
  reference: string | undefined;
}

/** A file on its way to being locked. */
interface Task {
  file: AssetFile;
  places: Place[];
  needs: LockNeed[];
  statements: (Statement & { place: Place })[];
  settled: Settled;
  bytes?: Bytes;
  error?: ErrorInfo;
}

/**
 * Asks about what is not pinned, or stands on a moving reference; fetches what nobody states a SHA-256 of, unless it is
 * here; writes it all into the manifest, of which the rest stays. Throws UNKNOWN_ID, NOTHING_SELECTED, DISK_FULL,
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

  const asked = open.map(({ file, places }) =>
    places.filter(({ reference }) => reference !== undefined || file.sha256 === undefined),
  );
  const { offline = false } = policy;
  const run = { base: manifest.base, network, offline, signal };
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
  const done = open.filter(({ error }) => error === undefined);
  const edit = (now: string, is: Manifest) => {
    refuseChanged(is, manifest, [...done.map(({ file }) => file.asset), ...whole.map(({ asset }) => asset.id)]);
    return withRepositories(edited(now, manifest, done), manifest, whole);
  };
  const isIdle = done.length === 0 && whole.every(({ error }) => error !== undefined);
  const { written } = isIdle ? { written: false } : await rewriteManifest(manifest, edit, { dryRun, signal });
  return reportOf(options, tasks, whole, written, started);
}

function tasksOf(files: readonly AssetFile[], { base }: Manifest, text: string): Task[] {
  const inText = filesIn(text, base);
  return files.flatMap((file): Task[] => {
    const content = inText.get(file.path)?.content;
    if (content === undefined) return [];
    const others = (content.fallbackUrls ?? []).map((url, index) => ({ url, below: ["fallbackUrls", index] }));
    const places = [{ url: content.url, below: ["url"] }, ...others].map(({ url, below }) => {
      const moving = movingReference(url);
      return { below, url, resolved: resolveUrl(url, base), reference: moving?.told ? moving.reference : undefined };
    });
    const needs: LockNeed[] = [];
    if (file.sha256 === undefined) needs.push(file.stated === undefined ? "unpinned" : "weak");
    if (places.some(({ reference }) => reference !== undefined)) needs.push("moving");
    return [{ file, places, needs, statements: [], settled: settlePins(file, []) }];
  });
}

function filesIn(text: string, base: string): Map<string, FileInText> {
  return new Map(readText(text, base).assets.flatMap((asset) => asset.files.map((file) => [file.path, file])));
}

/** Takes what was stated about the URLs of a file. */
function learn(task: Task, asked: readonly Place[], answers: readonly Answer[]): void {
  const failures: ErrorInfo[] = [];
  for (const [index, place] of asked.entries()) {
    const answer = answers[index];
    if (answer === undefined) continue;
    if ("error" in answer) failures.push(answer.error);
    else if (answer.described !== undefined) {
      const primary = place === task.places[0];
      task.statements.push({ url: place.url, described: answer.described, primary, place });
    }
  }
  try {
    task.settled = settlePins(task.file, task.statements);
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error;
    task.error = errorInfo(error);
    return;
  }
  const isStuck = task.needs.includes("moving") && task.statements.every(({ described }) => !described.moved);
  if (failures[0] !== undefined && isStuck) task.error = failures[0];
}

/** The file as the transfers take it, each URL standing for what it stood for when it was described. */
function measurable({ file, places, statements, settled: { open } }: Task): AssetFile {
  const { stated: _, ...rest } = file;
  const urls = places.map((place) => {
    const { described } = statements.find((statement) => statement.place === place) ?? {};
    return described?.moved === undefined ? place.resolved : described.url;
  });
  // A SHA-256 that is only stated is held against the bytes like all else that is, before they get their name.
  const declared = file.sha256 === undefined ? open?.sha256 : undefined;
  const sum = declared === undefined ? [] : [{ algorithm: "sha256", hex: declared } as const];
  const stated = [...(open?.stated ?? []), ...sum];
  return { ...rest, urls, ...(stated.length > 0 && { stated }) };
}

/** The text with all that was learned. */
function edited(text: string, { base }: Manifest, tasks: readonly Task[]): string {
  const inText = filesIn(text, base);
  const placed = tasks.flatMap((task) => {
    const place = inText.get(task.file.path);
    return place === undefined ? [] : [{ task, place }];
  });
  const set = placed.flatMap(({ task, place: { at } }) => [...urlEdits(task, at), ...pinEdits(task, at)]);
  const dead = placed.flatMap(({ task: { file, settled }, place: { at, content } }) => {
    if (file.sha256 !== undefined || settled.pins.sha256 === undefined) return [];
    return WEAK_KEYS.filter((key) => content[key] !== undefined).map((key) => [...at, key]);
  });
  return dead.reduce((result, at) => without(result, at), withEdits(text, set));
}

function urlEdits({ settled: { fixed }, statements }: Task, at: JsonPath): Edit[] {
  return statements
    .filter((statement) => fixed.includes(statement))
    .map(({ place, described }) => ({ do: "replace", at: [...at, ...place.below], value: described.url }));
}

function pinEdits({ file, settled: { pins } }: Task, at: JsonPath): Edit[] {
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

function pinnedFile({ file, needs, settled: { pins, statedBy, fixed }, bytes, error }: Task): PinnedFile {
  const { asset, path } = file;
  const moved = fixed.map(({ url, described }) => ({
    from: url,
    to: described.url,
    reference: described.moved ?? "",
  }));
  const isLearned = moved.length > 0 || (file.sha256 === undefined && pins.sha256 !== undefined);
  const status = error ? "failed" : needs.length === 0 ? "locked" : isLearned ? "changed" : "open";
  return {
    asset,
    path,
    status,
    needs,
    ...pins,
    ...(statedBy !== undefined && { statedBy }),
    ...(bytes !== undefined && { fetched: bytes.from !== undefined }),
    moved,
    ...(error && { error }),
  };
}
