/** `assets add`: writes new files into the manifest, with the pins that are stated or were measured. */
import { join } from "node:path";
import { AssetsError, errorInfo, exitCodeOf } from "../errors.js";
import type { EventListener } from "../events.js";
import { entryOf, type NewAsset } from "../manifest/new-entry.js";
import { foldPath } from "../manifest/paths.js";
import type { Manifest } from "../manifest/types.js";
import { resolveUrl } from "../manifest/urls.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { forgetAdding } from "../store/adding-memory.js";
import { removeFile } from "../store/remove-file.js";
import { refuseReadOnly } from "../store/whole-text.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { takeKnown } from "./add-known.js";
import { knowWhole, nameAll, newCommits, type Wish } from "./add-names.js";
import { isRepository, readRepository } from "./add-repository.js";
import { type AddSource, readAddSource, urlSource } from "./add-sources.js";
import { type Group, withGroups } from "./add-text.js";
import { describeSources, isOpen, judged, knownAs, measurable, settle } from "./add-wishes.js";
import type { AddedFile, AddReport } from "./author-reports.js";
import type { FileChoice } from "./list-files.js";
import { type Measured, type MeasureRun, measureFiles } from "./measure.js";
import type { Bytes } from "./settle-pins.js";
import { sift } from "./sift.js";
import { flawOf, manifestNow, rewriteManifest } from "./write-manifest.js";

/** How often a place is looked for that no other run takes meanwhile. */
const MOST_ROUNDS = 5;

export interface AddOptions extends NewAsset, FileChoice {
  manifest: Manifest;
  /** URLs, short forms, and paths relative to `cwd`. */
  sources: readonly string[];
  cwd: string;
  /** Where the one file that `sources` names comes from. */
  url?: string;
  /** Other places with the same bytes as the one source. */
  fallbackUrls?: readonly string[];
  /** What the user knows of the one file. */
  sha256?: string;
  size?: number;
  /** Ask what is stated, but fetch and write nothing. Default false. */
  dryRun?: boolean;
  jobs?: number | undefined;
  policy?: Partial<TransferPolicy>;
  network?: NetworkSettings;
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/**
 * Learns of each source what is stated about it; what has no SHA-256 stated is fetched into its place and measured. Then
 * the entries are written, all else of the manifest staying as it is. A source that fails does not keep the others out.
 * Throws USAGE, MANIFEST_INVALID, DISK_FULL, LOCAL_IO, the signal's reason.
 */
export async function addAssets(options: AddOptions): Promise<AddReport> {
  const started = performance.now();
  const since = Date.now();
  const { manifest, sources, cwd, dryRun = false, network = {}, policy = {}, jobs } = options;
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  checkOptions(options);
  const ask = { base: manifest.base, network, offline: policy.offline ?? false, policy, emit, signal };
  const readOne = async (words: string) =>
    isRepository(words)
      ? readRepository(words, options, ask).catch((error) => [failedSource(words, error)])
      : [await readAddSource(words, manifest, { cwd, from: options.url })];
  const read = (await Promise.all(sources.map(readOne))).flat();
  signal.throwIfAborted();
  const fallbacks = (options.fallbackUrls ?? []).map((each) => urlSource(each, manifest.base));
  const { size, sha256 } = options;
  const wishes = await describeSources(read, { size, sha256, fallbacks }, manifest, ask);
  knowWhole(
    wishes.filter(({ error, source }) => error === undefined && source.repository !== undefined),
    options,
  );
  for (const wish of wishes) if (wish.known !== undefined) takeKnown(wish, wish.known, manifest, options);
  const usable = wishes.filter(({ error, known }) => error === undefined && known === undefined);
  // Another run may have written while the hosts were asked.
  const { text: before, now: current } = await manifestNow(manifest);
  const naming = { ...options, manifest: current };
  // What the manifest would not take is told before anything is fetched.
  const open = fitting(stillNew(usable, current, options), before, naming);

  for (const message of newCommits(current, open)) emit({ type: "warning", message });

  // What was fetched would be in the way of the next try.
  if (!dryRun && open.length > 0) await refuseReadOnly(manifest.file);
  if (!dryRun) await measureAll(open, naming, { manifest: current, since, policy, network, jobs, signal, emit });
  const added = open.filter(({ error }) => error === undefined);
  let groups: Group[] = [];
  const edit = (text: string, now: Manifest) => {
    const renaming = { ...options, manifest: now };
    groups = nameAll(fitting(stillNew(added, now, options), text, renaming), renaming);
    return withGroups(text, now, groups);
  };
  const { written } =
    added.length === 0 ? { written: false } : await rewriteManifest(manifest, edit, { dryRun, signal });
  await removeTwice(added, manifest);
  if (written) {
    await forgetAdding(
      manifest.root,
      added.map(({ file }) => file.path),
    );
  }
  return reportOf(options, wishes, groups, written, started);
}

/**
 * Those that can be written together, with their names; the others fail. Throws what is wrong with all of them where none
 * can.
 */
function fitting(wishes: readonly Wish[], text: string, options: AddOptions): readonly Wish[] {
  const { manifest } = options;
  const tried = (some: readonly Wish[], blame: string) => {
    try {
      return flawOf(withGroups(text, manifest, nameAll(some, options)), manifest, { blame, code: "USAGE" });
    } catch (error) {
      if (error instanceof AssetsError) return error;
      throw error;
    }
  };
  const { kept, refused } = sift(wishes, (some) => tried(some, "This cannot be added:"));
  if (kept.length === 0 && refused.size > 0) {
    throw tried(wishes, "This cannot be added; nothing was fetched or written:");
  }
  for (const [wish, error] of refused) wish.error = errorInfo(error);
  nameAll(kept, options);
  return kept;
}

/** Fetches and measures what only the bytes can tell. Where another run takes a place meanwhile, it goes to another. */
async function measureAll(
  wishes: readonly Wish[],
  options: AddOptions,
  run: Omit<MeasureRun, "present" | "judge">,
): Promise<void> {
  const { base } = run.manifest;
  const avoid = new Set<string>();
  let left = wishes.filter(isOpen);
  for (let round = 1; left.length > 0; round++) {
    const files = left.map((wish) => {
      const { url, fallbackUrls = [] } = wish.file;
      return measurable(
        wish,
        [url, ...fallbackUrls].map((each) => resolveUrl(each, base)),
      );
    });
    // Each file by itself: what lies in its place by the user's own word is measured there.
    const present = options.url === undefined ? "conflict" : "measure";
    const judge = (index: number, bytes: Bytes) => void judged(left[index] as Wish, bytes);
    const measured = await measureFiles(files, { ...run, present, judge });
    const raced = left.filter((wish, index) => take(wish, measured[index], run.emit));
    if (raced.length === 0 || round === MOST_ROUNDS || options.id !== undefined || options.path !== undefined) return;
    for (const { asset } of wishes) avoid.add(asset);
    for (const wish of raced) delete wish.error;
    nameAll(raced, options, [...avoid]);
    left = raced;
  }
}

/** Takes what was measured. Answers whether another run was faster, and there is another place to go. */
function take(wish: Wish, measured: Measured | undefined, emit: EventListener): boolean {
  if (measured === undefined) return false;
  if ("error" in measured) {
    wish.error = measured.error;
    // The files of a repository stay together.
    return measured.raced === true && wish.source.repository === undefined;
  }
  wish.here = true;
  wish.fetched = measured.from !== undefined;
  warnOfLength(wish, measured, emit);
  settle(wish, measured);
  return false;
}

/** A length that a server states beside no digest proves nothing, and is worth a look where it is another one. */
function warnOfLength({ file: { path }, statements }: Wish, { size, from }: Bytes, emit: EventListener): void {
  const stated = statements.find(({ primary }) => primary)?.described;
  if (from === undefined || stated?.digest !== undefined || (stated?.size ?? size) === size) return;
  const message = `${path} came with ${size} bytes, and its server states ${stated?.size}: it may have been cut off. What came is pinned; compare it with what its publisher says.`;
  emit({ type: "warning", path, message });
}

/** Those that the manifest as it is now has neither the URL nor the place of. */
function stillNew(wishes: readonly Wish[], now: Manifest, options: AddOptions): Wish[] {
  const places = new Map(now.assets.flatMap(({ files }) => files.map((file) => [foldPath(file.path), file])));
  return wishes.filter((wish) => {
    const { file, source, here } = wish;
    const at = source.repository === undefined ? undefined : file.path;
    const known = knownAs(now, [source.resolved, file.url], at);
    if (known !== undefined) takeKnown(wish, known, now, options);
    const other = here ? places.get(foldPath(file.path)) : undefined;
    if (other === undefined || known !== undefined) return known === undefined;
    const message = `${file.path} is the place of ${other.asset} by now.`;
    wish.error = errorInfo(new AssetsError("CONFLICT", message, { hint: "Name another place: --path." }));
    return false;
  });
}

/** Deletes what was fetched of a URL that another run wrote down meanwhile, its file being elsewhere. */
async function removeTwice(wishes: readonly Wish[], { root }: Manifest): Promise<void> {
  for (const { known, fetched, file } of wishes) {
    if (known === undefined || !fetched || foldPath(known.path) === foldPath(file.path)) continue;
    await removeFile(root, join(root, file.path)).catch(() => {});
  }
}

function checkOptions({ sources, url, sha256, size, fallbackUrls = [] }: AddOptions): void {
  if (sources.length === 0) throw new AssetsError("USAGE", "There is nothing to add.", { hint: "assets add URL" });
  const single = Object.entries({ "--url": url, "--sha256": sha256, "--size": size, "--fallback": fallbackUrls[0] });
  const [name] = single.find(([, value]) => value !== undefined) ?? [];
  if (sources.length > 1 && name !== undefined) throw new AssetsError("USAGE", `${name} goes with a single source.`);
}

/** A repository whose files cannot be told keeps no other source out. */
function failedSource(words: string, error: unknown): AddSource {
  if (!(error instanceof AssetsError)) throw error;
  return { url: words, resolved: words, error: errorInfo(error) };
}

function reportOf(
  options: AddOptions,
  wishes: readonly Wish[],
  groups: readonly Group[],
  written: boolean,
  started: number,
): AddReport {
  const { manifest, dryRun = false } = options;
  const files = wishes.map(addedFile);
  const codes = new Set(files.flatMap(({ error }) => (error === undefined ? [] : [exitCodeOf(error.code)])));
  const exitCode = codes.size > 1 ? 1 : ([...codes][0] ?? 0);
  const entries = groups.map(({ asset, files: own, folder }) =>
    entryOf(
      asset,
      own.map(({ file, pins }) => ({ ...file, ...pins })),
      folder,
    ),
  );
  return {
    manifest: manifest.file,
    root: manifest.root,
    dryRun,
    ok: exitCode === 0,
    exitCode,
    files,
    entries,
    written,
    durationMs: performance.now() - started,
  };
}

function addedFile({
  asset,
  file,
  pins,
  known,
  ignored,
  error,
  here,
  fetched,
  statedBy,
  checkedBy,
  described,
}: Wish): AddedFile {
  if (known !== undefined) {
    const { size, sha256, urls } = known;
    const pinned = { ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }) };
    const its = { asset: known.asset, path: known.path, url: urls[0] ?? file.url, ...pinned, here };
    if (error !== undefined) return { ...its, status: "failed", error };
    return { ...its, status: "known", ...(ignored?.length && { ignored }) };
  }
  const status = error !== undefined ? "failed" : pins.sha256 === undefined ? "unmeasured" : "added";
  const { moved } = described ?? {};
  return {
    asset,
    path: file.path,
    url: file.url,
    status,
    ...pins,
    ...(statedBy !== undefined && { statedBy }),
    ...(checkedBy !== undefined && { checkedBy }),
    ...(moved !== undefined && { moved }),
    here,
    ...(fetched !== undefined && { fetched }),
    ...(error && { error }),
  };
}
