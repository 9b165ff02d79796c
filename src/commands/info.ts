/** `assets info`: everything about one asset: what it is, what is here of it, where the rest would come from. */
import { AssetsError, redact } from "../errors.js";
import type { EventListener } from "../events.js";
import { selectAssets } from "../manifest/select.js";
import type { Asset, Manifest } from "../manifest/types.js";
import { isFetch, planFile } from "../plan.js";
import { isCommit, parseHub, shortForm } from "../short-urls.js";
import type { Sources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import type { InfoFile, InfoReport, InfoRepository } from "./author-reports.js";
import { askedSources, type DescribeRun, declaredPins, describeUrls } from "./describe-urls.js";
import { bytesMissing } from "./fetching.js";
import { recallRepositories } from "./repositories.js";
import { type Looked, openWorkspace } from "./workspace.js";

export interface InfoOptions {
  manifest: Manifest;
  id: string;
  /** Ask the hosts of its files what they state. Default false: no network is used. */
  remote?: boolean;
  network?: NetworkSettings;
  signal?: AbortSignal;
  /** Told of long waits. */
  onEvent?: EventListener;
}

/** A host that does not answer is told in its own entry. Throws UNKNOWN_ID, the signal's reason. */
export async function info(options: InfoOptions): Promise<InfoReport> {
  const { id, remote = false, network = {}, signal = new AbortController().signal } = options;
  const { onEvent: emit = () => {} } = options;
  // A pattern is no name of one asset; a name that looks like a pattern is taken literally.
  const selected = selectAssets(options.manifest, { ids: [id] });
  if (selected.length > 1) {
    throw new AssetsError("USAGE", `${selected.length} assets match ${id}, and this tells of one.`, {
      hint: `Name one of them: ${selected
        .slice(0, 5)
        .map((each) => each.id)
        .join(", ")}`,
    });
  }
  const manifest = await recallRepositories({ ...options.manifest, assets: selected });
  const [asset] = manifest.assets as [Asset];
  const workspace = await openWorkspace(manifest);
  try {
    const found = await workspace.lookAll(asset.files, { recall: true, hash: false, signal });
    const files = await Promise.all(found.map(infoFile));
    const { files: _, ...about } = asset;
    const sum = (of: (file: InfoFile) => number) => files.reduce((total, file) => total + of(file), 0);
    const report: InfoReport = {
      manifest: manifest.file,
      root: manifest.root,
      asset: about,
      files,
      totals: {
        files: files.length,
        size: sum(({ size = 0 }) => size),
        here: files.filter(({ status }) => ["valid", "unverified", "unpinned"].includes(status)).length,
        left: sum(({ left = 0 }) => left),
      },
    };
    const ask = { base: manifest.base, network, offline: false, emit, signal };
    return remote ? await withRemote(report, asset, ask) : report;
  } finally {
    await workspace.close();
  }
}

async function infoFile(looked: Looked): Promise<InfoFile> {
  const { file, state } = looked;
  const { path, size, sha256, pinnedAs, urls } = file;
  const item = planFile(looked, { force: true });
  const left = isFetch(item) && size !== undefined ? await bytesMissing([item]) : undefined;
  const known = size ?? ("size" in state ? state.size : undefined);
  return {
    path,
    status: state.kind,
    ...(known !== undefined && { size: known }),
    ...(sha256 !== undefined && { sha256 }),
    ...(pinnedAs && { pinnedAs }),
    urls: urls.map(redact),
    ...(left !== undefined && { left }),
  };
}

async function withRemote(report: InfoReport, asset: Asset, ask: DescribeRun): Promise<InfoReport> {
  const urls = asset.files.map((file) => file.urls[0] ?? "");
  const answers = await describeUrls(urls, ask);
  const files = report.files.map((file, index): InfoFile => {
    const answer = answers[index];
    if (answer === undefined) return file;
    if ("error" in answer) return { ...file, remote: { error: answer.error.message } };
    const { size, digest, statedBy } = answer.described ?? {};
    const { sha256 } = declaredPins(answer.described ?? {});
    const differs =
      (sha256 && file.sha256 && sha256 !== file.sha256) || (digest && size !== undefined && size !== file.size);
    const isKnown = (sha256 !== undefined && file.sha256 !== undefined) || differs;
    return {
      ...file,
      remote: {
        ...(size !== undefined && { size }),
        ...(digest && { digest: `${digest.algorithm}:${digest.hex}` }),
        ...(statedBy !== undefined && { statedBy }),
        ...(isKnown && { agrees: !differs }),
      },
    };
  });
  const sources = askedSources(ask);
  try {
    const names = repositoriesOf([...asset.files.flatMap((file) => file.urls), asset.repository?.url ?? ""]);
    const repositories: InfoRepository[] = [];
    for (const [url, pinned] of names) repositories.push(await repositoryInfo(url, pinned, sources, ask.signal));
    return { ...report, files, ...(repositories.length > 0 && { repositories }) };
  } finally {
    await sources.close();
  }
}

/** The repositories of the Hub that URLs lead into, with the commits that they name. */
function repositoriesOf(urls: readonly string[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const url of urls) {
    const short = /^hf:/i.test(url) ? url : shortForm(url);
    const place = short === undefined || !/^hf:/i.test(short) ? undefined : parseHub(short);
    if (place === undefined || "message" in place) continue;
    const name = `hf:${place.type === "model" ? "" : `${place.type}s/`}${place.name}`;
    const commits = found.get(name) ?? new Set();
    if (isCommit(place.revision)) commits.add(place.revision);
    found.set(name, commits);
  }
  return found;
}

async function repositoryInfo(
  url: string,
  commits: ReadonlySet<string>,
  { hub }: Sources,
  signal: AbortSignal,
): Promise<InfoRepository> {
  const place = parseHub(url);
  const pinned = [...commits];
  const name = url.slice("hf:".length);
  if ("message" in place) return { name, pinned, error: place.message };
  const [revision] = pinned;
  try {
    const about = await hub.about(place, { signal });
    const { files } = await hub.list({ ...place, ...(revision && { revision }) }, { signal });
    const { commit, lastModified, licence, tags, gated } = about;
    return {
      name,
      commit,
      pinned,
      ...(lastModified !== undefined && { lastModified }),
      ...(licence !== undefined && { licence }),
      tags,
      gated,
      private: about.private,
      files: files.map(({ path, size }) => ({ path, size })),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AssetsError)) throw error;
    return { name, pinned, error: error.hint === undefined ? error.message : `${error.message} ${error.hint}` };
  }
}
