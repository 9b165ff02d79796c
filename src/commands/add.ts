/** `assets add`: writes new files into the manifest, with the pins that are stated or were measured. */
import { AssetsError, errorInfo, exitCodeOf, redact } from "../errors.js";
import type { ErrorInfo, EventListener } from "../events.js";
import { entryOf, type NewAsset, type Pins } from "../manifest/new-entry.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { refuseReadOnly } from "../store/whole-text.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { nameAll, type Wish } from "./add-names.js";
import { isRepository, type RepositoryChoice, readRepository } from "./add-repository.js";
import { type AddSource, readAddSource, urlSource } from "./add-sources.js";
import { type Group, withGroups } from "./add-text.js";
import type { AddedFile, AddReport } from "./author-reports.js";
import { type Answer, type DescribeRun, declaredPins, describeUrls, weakDigests } from "./describe-urls.js";
import { type Measured, measureFiles } from "./measure.js";
import { manifestText, rewriteManifest, tryText } from "./write-manifest.js";

export interface AddOptions extends NewAsset, RepositoryChoice {
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
  for (const each of options.fallbackUrls ?? []) urlSource(each, manifest.base);
  const wishes = await describe(read, options, ask);
  const open = wishes.filter(({ error, known }) => error === undefined && known === undefined);
  const groups = nameAll(open, options);
  // What the manifest would not take is told before anything is fetched.
  const text = await manifestText(manifest);
  const blame = "This cannot be added; nothing was fetched or written:";
  const checked = await tryText(withGroups(text, manifest, groups), manifest, { blame, code: "USAGE" });

  const unmeasured = open.filter(({ pins, source: { inPlace, pointer } }) => {
    return pins.sha256 === undefined || (inPlace !== undefined && pointer === undefined);
  });
  if (!dryRun) {
    // What was fetched would be in the way of the next try.
    if (open.length > 0) await refuseReadOnly(manifest.file);
    const measured = await measureFiles(
      unmeasured.map((wish) => fileOf(wish, checked)),
      {
        manifest,
        // Each file by itself: what lies in its place by the user's own word is measured there.
        present: options.url === undefined ? "conflict" : "measure",
        policy,
        network,
        jobs,
        signal,
        emit,
      },
    );
    for (const [index, wish] of unmeasured.entries()) settle(wish, measured[index], emit);
  }
  const added = open.filter(({ error }) => error === undefined);
  const rest = groups.map((group) => ({ ...group, files: group.files.filter((file) => added.includes(file as Wish)) }));
  const full = rest.filter(({ files }) => files.length > 0);
  const edit = (now: string) => withGroups(now, manifest, full);
  const { written } =
    full.length === 0 ? { written: false } : await rewriteManifest(manifest, edit, { dryRun, signal });
  return reportOf(options, wishes, full, written, started);
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

/** What is stated about each source, and whether the manifest has it already. */
async function describe(read: readonly AddSource[], options: AddOptions, ask: DescribeRun): Promise<Wish[]> {
  const { manifest } = options;
  const isOpen = ({ described, error }: AddSource) => described === undefined && error === undefined;
  const unasked = read.filter(isOpen);
  const told = await describeUrls(
    unasked.map(({ resolved }) => resolved),
    ask,
  );
  const answers = read.map((source): Answer => {
    const { described } = source;
    return isOpen(source) ? (told.shift() ?? { described }) : { described };
  });
  const given: Pins = {
    ...(options.size !== undefined && { size: options.size }),
    ...(options.sha256 !== undefined && { sha256: options.sha256, pinnedAs: "declared" }),
  };
  return read.map((source, index) => {
    const answer = answers[index] ?? { described: undefined };
    const described = "error" in answer ? undefined : answer.described;
    const stated = described === undefined ? {} : declaredPins(described);
    const pins = { ...stated, ...source.pointer, ...given };
    // The address of a page, a branch or a tag is what was typed; the host tells what always means the file.
    const url = described !== undefined && /^[a-z]+:/i.test(source.url) ? described.url : source.url;
    const known = knownAs(manifest, [source.resolved, ...(described ? [described.url] : [])]);
    const contradiction = contradictionOf(source, stated, { ...source.pointer, ...given });
    // A web address can be fetched whatever is not stated of it; the short forms need those who state.
    const isWeb = /^https?:/i.test(source.url);
    if ("error" in answer && isWeb) {
      const message = `${redact(source.url)}: what is stated of it cannot be asked (${answer.error.message})`;
      options.onEvent?.({ type: "warning", message });
    }
    const error =
      source.error ??
      contradiction ??
      ("error" in answer && !isWeb && given.sha256 === undefined ? answer.error : undefined);
    const statedBy = given.sha256 ? "you" : source.pointer ? "its Git LFS pointer" : described?.statedBy;
    return {
      source,
      file: { url, path: "", ...(options.fallbackUrls?.length && { fallbackUrls: options.fallbackUrls }) },
      pins,
      asset: "",
      here: false,
      ...(described && { described }),
      ...(statedBy !== undefined && pins.sha256 !== undefined && { statedBy }),
      ...(error && { error }),
      ...(known && { known }),
    };
  });
}

/** Two who state different things about one file. */
function contradictionOf(source: AddSource, stated: Pins, given: Pins): ErrorInfo | undefined {
  const differ = <K extends "sha256" | "size">(key: K) =>
    stated[key] !== undefined && given[key] !== undefined && stated[key] !== given[key];
  const key = (["sha256", "size"] as const).find(differ);
  if (key === undefined) return undefined;
  const what = key === "size" ? "size" : "SHA-256";
  const message = `${source.url} is stated to have the ${what} ${stated[key]}, and not ${given[key]}.`;
  return errorInfo(
    new AssetsError(key === "size" ? "SIZE_MISMATCH" : "DIGEST_MISMATCH", message, {
      hint: "One of the two is of another version of the file: find out which is meant.",
    }),
  );
}

function knownAs({ assets }: Manifest, urls: readonly string[]): AssetFile | undefined {
  return assets.flatMap(({ files }) => files).find((file) => file.urls.some((url) => urls.includes(url)));
}

/** The file as the transfers take it: without a pin, held against whatever else is stated. */
function fileOf({ asset, file, pins, described, source }: Wish, checked: Manifest): AssetFile {
  const resolved = checked.assets.flatMap(({ files }) => files).find(({ path }) => path === file.path);
  const stated = weakDigests(described ?? {});
  return {
    asset,
    path: file.path,
    urls: resolved?.urls ?? [source.resolved],
    // A length that a server names beside no digest may be that of another form of the file.
    ...(pins.size !== undefined && stated.length > 0 && source.inPlace === undefined && { size: pins.size }),
    ...(stated.length > 0 && { stated }),
  };
}

function settle(wish: Wish, measured: Measured | undefined, emit: EventListener): void {
  if (measured === undefined) return;
  if ("error" in measured) {
    wish.error = measured.error;
    return;
  }
  const { size, sha256 } = measured;
  wish.here = true;
  const { pins } = wish;
  const stated = pins.size ?? size;
  if (stated !== size) {
    const { path } = wish.file;
    const message = `${path} came with ${size} bytes, and its server states ${stated}: it may have been cut off. What came is pinned; compare it with what its publisher says.`;
    emit({ type: "warning", path, message });
  }
  if (pins.sha256 !== undefined && pins.sha256 !== sha256) {
    const message = `${wish.file.path} has the SHA-256 ${sha256}, and ${pins.sha256} is stated by ${wish.statedBy}.`;
    wish.error = errorInfo(
      new AssetsError("DIGEST_MISMATCH", message, { hint: "It is another version of the file, or was changed here." }),
    );
    return;
  }
  wish.pins = { size, sha256, pinnedAs: pins.sha256 === undefined ? "measured" : "declared" };
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
  const entries = groups.map(({ asset, files: own }) =>
    entryOf(
      asset,
      own.map(({ file, pins }) => ({ ...file, ...pins })),
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

function addedFile({ asset, file, pins, known, error, here, statedBy, described }: Wish): AddedFile {
  if (known !== undefined) {
    const { size, sha256, urls } = known;
    const pinned = { ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }) };
    return { asset: known.asset, path: known.path, url: urls[0] ?? file.url, status: "known", ...pinned, here };
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
    ...(moved !== undefined && { moved }),
    here,
    ...(error && { error }),
  };
}
