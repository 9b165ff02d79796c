/** Whole repositories in a manifest: which files they have, as they were last seen here or as the Hub has them now. */
import { AssetsError, abortError, visibleLine } from "../errors.js";
import type { EventListener } from "../events.js";
import { collide, collidingPair } from "../manifest/collisions.js";
import { checkPath, checkTarget, foldPath, joinPath } from "../manifest/paths.js";
import { patternFor, type Selection, selectAssets } from "../manifest/select.js";
import type { Asset, AssetFile, Manifest, WholeRepository } from "../manifest/types.js";
import { hubUrl, isCommit, parseHub } from "../short-urls.js";
import type { HubListed } from "../source/hub.js";
import { createSources, type Sources } from "../source/index.js";
import type { NetworkSettings } from "../source/network-settings.js";
import { orRefuse } from "../source/short.js";
import {
  type RememberedFile,
  type RememberedRepository,
  recallRepository,
  rememberRepository,
} from "../store/repository-memory.js";
import { createAgain } from "../transfer/ask-again.js";
import { mayBeCloned } from "../transfer/clone-candidates.js";
import type { Clones } from "../transfer/clones.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import type { RetryPolicy } from "../transfer/retry.js";
import { clonesFor } from "./fetching.js";
import { pickFiles } from "./list-files.js";

/** How the Hub is asked. */
export interface AskOptions {
  readonly network: NetworkSettings;
  readonly policy: RetryPolicy & Pick<TransferPolicy, "offline" | "strategy">;
  readonly signal: AbortSignal;
  /** Told when it is asked in another way. */
  readonly emit?: EventListener;
}

/** How repositories are turned into files. */
export interface ExpandOptions extends AskOptions {
  /** Only the assets that this picks; its patterns of files do not count. */
  readonly selection: Selection;
  /** Write down nothing. */
  readonly dryRun: boolean;
  /** Refuse what the manifest does not pin file by file. */
  readonly requirePins: boolean;
  readonly emit: EventListener;
}

/** The manifest with the files that repositories had when they were last asked here. Uses no network, throws nothing. */
export async function recallRepositories(manifest: Manifest): Promise<Manifest> {
  const assets = await Promise.all(
    manifest.assets.map(async (asset) => {
      const { repository } = asset;
      const known = repository && (await recallRepository(manifest.root, repository.url));
      if (known === undefined) return asset;
      try {
        return filled(asset, known);
      } catch {
        // What cannot be put here is told when it is asked for.
        return asset;
      }
    }),
  );
  return collides(assets) ? manifest : { ...manifest, assets };
}

/**
 * The manifest with the files that the picked repositories have now. A commit is asked once, and remembered. Throws what
 * selecting and asking throw; UNPINNED, OFFLINE; UNSAFE_PATH for files that cannot be put here; NOTHING_SELECTED.
 */
export async function expandRepositories(manifest: Manifest, options: ExpandOptions): Promise<Manifest> {
  const { include: _, exclude: __, ...picks } = options.selection;
  const picked = new Set(selectAssets(manifest, picks).map(({ id }) => id));
  const isOpen = ({ id, repository }: Asset) => repository !== undefined && picked.has(id);
  if (!manifest.assets.some(isOpen)) return manifest;
  const { network, policy, emit } = options;
  const sources = createSources({ network, projectFolder: manifest.base, again: createAgain({ policy, emit }) });
  try {
    const assets: Asset[] = [];
    for (const asset of manifest.assets)
      assets.push(isOpen(asset) ? await expand(asset, manifest, sources, options) : asset);
    refuseCollision(assets);
    return { ...manifest, assets };
  } finally {
    await sources.close();
  }
}

/**
 * Everything in a repository of the Hub, at the commit that its revision stands for: told by the Hub, or by a clone of it.
 * Throws what both throw, OFFLINE.
 */
async function listRepository(
  url: string,
  root: string,
  sources: Sources,
  options: AskOptions,
): Promise<RememberedRepository> {
  const { policy, signal, emit } = options;
  const { path: _, ...place } = orRefuse(parseHub(url), url);
  if (policy.offline) {
    throw new AssetsError("OFFLINE", `${visibleLine(url)} has to be asked for its files, and --offline forbids it.`);
  }
  const clones = await clonesFor(policy, sources, { root, network: options.network });
  const byClone = async (from: Clones) => (await from.open(place, signal)).listing;
  const ask = () => sources.hub.list(place, { signal });
  try {
    const listing =
      policy.strategy === "git" && clones
        ? await byClone(clones)
        : await ask().catch((error) => {
            if (clones === undefined || !mayBeCloned(error)) throw error;
            emit?.({ type: "warning", message: `${errorText(error)} It is cloned by git instead.` });
            // Of two failures, the first tells more.
            return byClone(clones).catch(() => {
              throw error;
            });
          });
    return { url, commit: listing.commit, files: listing.files.map(toRemembered) };
  } catch (error) {
    throw signal.aborted ? abortError() : error;
  } finally {
    await clones?.close();
  }
}

function errorText(error: unknown): string {
  return error instanceof AssetsError ? error.message : "";
}

async function expand(asset: Asset, { root }: Manifest, sources: Sources, options: ExpandOptions): Promise<Asset> {
  const { repository, id } = asset;
  if (repository === undefined) return asset;
  const { url } = repository;
  const shown = visibleLine(url);
  if (options.requirePins) {
    const message = `The files of ${visibleLine(id)} are not written down: it is the whole repository ${shown}, and --require-pins is given.`;
    throw new AssetsError("UNPINNED", message, {
      hint: `Write them into the manifest: assets lock ${visibleLine(id)}`,
    });
  }
  const known = await recallRepository(root, url);
  const place = orRefuse(parseHub(url), url);
  const isFixed = isCommit(place.revision);
  // A commit always has the same files; without a network, what a branch had has to do.
  const usable = known !== undefined && (isFixed || options.policy.offline);
  const listed = usable ? known : await listRepository(url, root, sources, options);
  const full = filled(asset, listed);
  const moving = isFixed
    ? ""
    : `, which is ${visibleLine(place.revision ?? "main")} now and may be another one tomorrow`;
  const message = `The files of ${visibleLine(id)} are not pinned in the manifest: they are what ${shown} has at commit ${listed.commit.slice(0, 12)}${moving}. assets lock writes them down.`;
  options.emit({ type: "warning", message });
  if (!usable && !options.dryRun) await rememberRepository(root, listed);
  return full;
}

/** The asset with its files. Throws UNSAFE_PATH, NOTHING_SELECTED. */
function filled(asset: Asset, { url, commit, files }: RememberedRepository): Asset {
  const { repository } = asset;
  if (repository === undefined) return asset;
  const picked = pickFiles(files, repository, url);
  return {
    ...asset,
    repository: { ...repository, commit },
    files: picked.map((file) => toAssetFile(asset.id, file, repository, commit)),
  };
}

/** What the Hub lists is as little to be trusted as a manifest. */
function toAssetFile(asset: string, file: RememberedFile, { url, folder }: WholeRepository, commit: string): AssetFile {
  const path = joinPath(folder, file.path);
  const problem = checkPath(file.path) ?? checkTarget(path);
  if (problem !== undefined) throw unplaceable(url, file.path, problem.message, leaveOutInManifest);
  const { type, name } = orRefuse(parseHub(url), url);
  const { size, sha256, gitBlob } = file;
  return {
    asset,
    path,
    size,
    urls: [hubUrl({ type, name, revision: commit, path: file.path })],
    ...(sha256 !== undefined && { sha256 }),
    ...(gitBlob !== undefined && { stated: [{ algorithm: "git-blob", hex: gitBlob }] }),
  };
}

/** Throws UNSAFE_PATH for a file that no folder can have, and for two that no folder can have together. */
export function refuseUnplaceable(
  files: readonly { readonly path: string }[],
  url: string,
  leaveOut: (pattern: string) => string,
): void {
  for (const { path } of files) {
    const problem = checkPath(path);
    if (problem !== undefined) throw unplaceable(url, path, problem.message, leaveOut);
  }
  const [path, other] = collidingPair(files.map((file) => file.path)) ?? [];
  if (path === undefined || other === undefined) return;
  throw unplaceable(url, path, `some systems cannot have it beside ${visibleLine(other)}`, leaveOut);
}

function unplaceable(url: string, path: string, why: string, leaveOut: (pattern: string) => string): AssetsError {
  const message = `${visibleLine(url)} has the file ${visibleLine(path)}, which cannot be put here: ${why}.`;
  return new AssetsError("UNSAFE_PATH", message, { hint: leaveOut(patternFor(path)) });
}

export function leaveOutInManifest(pattern: string): string {
  return `Leave it out by "exclude": [${JSON.stringify(pattern)}] in the manifest.`;
}

function toRemembered({ path, size, digest }: HubListed): RememberedFile {
  if (digest === undefined) return { path, size };
  return digest.algorithm === "sha256" ? { path, size, sha256: digest.hex } : { path, size, gitBlob: digest.hex };
}

function collides(assets: readonly Asset[]): boolean {
  return collide(assets.flatMap(({ files }) => files.map(({ path }) => path)));
}

/** Each path has one owner, as in a manifest that writes its files down. */
function refuseCollision(assets: readonly Asset[]): void {
  if (!collides(assets)) return;
  const owners = new Map<string, AssetFile>();
  for (const file of assets.flatMap(({ files }) => files)) {
    const fold = foldPath(file.path);
    const other = owners.get(fold) ?? owners.get(fold.slice(0, fold.lastIndexOf("/")));
    if (other !== undefined) {
      const message = `The file ${visibleLine(file.path)} of ${visibleLine(file.asset)} meets ${visibleLine(other.path)} of ${visibleLine(other.asset)}.`;
      throw new AssetsError("UNSAFE_PATH", message, {
        hint: 'Give one of the two another folder by "path", or leave the file out by "exclude".',
      });
    }
    owners.set(fold, file);
  }
  throw new AssetsError("UNSAFE_PATH", "A file of a repository stands where another one needs a folder.", {
    hint: 'Give one of the assets another folder by "path", or leave the file out by "exclude".',
  });
}
