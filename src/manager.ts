/** The library's face: one object that finds, fetches and checks the assets of a manifest. */
import { resolve } from "node:path";
import { locateAsset } from "./commands/asset-path.js";
import { cacheKey } from "./commands/cache-key.js";
import { download } from "./commands/download.js";
import { fileReport } from "./commands/file-report.js";
import { list } from "./commands/list.js";
import { openManifest } from "./commands/open-manifest.js";
import type { RepairReport } from "./commands/piece-reports.js";
import type { DownloadReport, FileReport, ListRow, VerifyReport } from "./commands/reports.js";
import { type VerifyOptions, verify } from "./commands/verify.js";
import { openWorkspace } from "./commands/workspace.js";
import { AssetsError, abortError } from "./errors.js";
import type { EventListener } from "./events.js";
import { isListed, type Selection } from "./manifest/select.js";
import type { Manifest } from "./manifest/types.js";
import type { NetworkSettings } from "./source/network-settings.js";

/** How to make an {@link AssetManager}. */
export interface AssetManagerOptions {
  /** Manifest file. Default: `assets.manifest.json` in `cwd` or the nearest parent folder, then `config/assets.json`. */
  manifest?: string;
  /** Folder that the manifest's paths are relative to. Default: what the manifest says, else its own folder. */
  root?: string;
  /** Where to look for the manifest, and what relative options start from. Default: the current folder. */
  cwd?: string;
  /** Files fetched side by side. Default: 4 large ones, or 16 that are small. */
  jobs?: number;
  /** How often one URL is tried again after a failure that may pass. Default 5. */
  retries?: number;
  /** Use no network. Default false. */
  offline?: boolean;
  /** Look for pinned bytes elsewhere on this machine before any network is asked. Default true. */
  reuse?: boolean;
  /** How files of the Hugging Face Hub come, as `assets download --strategy`. Default `auto`. */
  strategy?: "auto" | "http" | "git";
  /** How to reach the network. Default: as the environment says (docs/network.md). */
  network?: NetworkSettings;
}

/** What every call that takes time accepts. */
export interface CallOptions {
  /** Aborts the call; what has arrived is kept for the next one. */
  signal?: AbortSignal;
}

/** What {@link AssetManager.verifyAssets} can be asked; as the options of `assets verify`. */
export type VerifyChoices = Pick<
  VerifyOptions,
  "selection" | "quick" | "maxAgeMs" | "requirePins" | "require" | "extra"
>;

/** What {@link AssetManager.repairAssets} can be asked; as the options of `assets repair`. */
export interface RepairChoices {
  /** Default: every file. */
  selection?: Selection;
  /** Keep what was there as `<name>.orig`. Default false. */
  backup?: boolean;
  /** Say what is damaged and what it would cost; write and fetch nothing. Default false. */
  dryRun?: boolean;
}

/** Answer of {@link AssetManager.checkAsset}. */
export interface AssetCheck {
  id: string;
  /** Every file is there. */
  exists: boolean;
  /** Every file is there and proven to be the pinned one. An asset with unpinned files is never valid. */
  valid: boolean;
  /** Absolute: the file of a one-file asset, the common folder of the files otherwise. */
  path: string;
  files: FileReport[];
}

/** Finds, fetches and checks the assets of one manifest. Silent: all it tells goes to `onProgress`. */
export interface AssetManager {
  /** Reads the manifest; the other calls do it when it was not done. Throws MANIFEST_NOT_FOUND, MANIFEST_INVALID. */
  initialize(options?: CallOptions): Promise<void>;
  /**
   * Absolute path of an asset, fetched first if it is not here as pinned: of the file of a one-file asset, of the common
   * folder of several, or of the one `file` (its path, or the end of it), of which nothing else is fetched then.
   * Throws UNKNOWN_ID, and what downloading throws.
   */
  getAssetPath(id: string, options?: CallOptions & { file?: string }): Promise<string>;
  /** How an asset stands here, without a network. Throws UNKNOWN_ID. */
  checkAsset(id: string, options?: CallOptions): Promise<AssetCheck>;
  /** Fetches an asset. Throws an AssetsError when any of its files cannot be put in place. */
  downloadAsset(id: string, options?: CallOptions & { force?: boolean }): Promise<DownloadReport>;
  /** Fetches every asset that the manifest calls required; none is no error. Throws like `downloadAsset`. */
  downloadRequiredAssets(options?: CallOptions): Promise<DownloadReport>;
  /** What the manifest holds, and how it stands here; nothing is hashed. */
  listAssets(selection?: Selection, options?: CallOptions): Promise<ListRow[]>;
  /**
   * Hashes every selected file (default: all), without a network; with `quick` only those that are not known to stand
   * as they stood when they were proven. Throws UNKNOWN_ID, NOTHING_SELECTED, USAGE for an unusable pattern.
   */
  verifyAssets(options?: CallOptions & VerifyChoices): Promise<VerifyReport>;
  /**
   * Brings the pinned bytes of what is damaged, changed or missing of the selected files (default: all), and of what is
   * damaged only its damaged pieces where they are known. A file that cannot be mended is told in the report, which is
   * then not `ok`. Throws UNKNOWN_ID, NOTHING_SELECTED, DISK_FULL, ABORTED.
   */
  repairAssets(options?: CallOptions & RepairChoices): Promise<RepairReport>;
  /** A key over the pins of the selected files (default: all) that changes when one of them does. */
  cacheKey(selection?: Selection): Promise<string>;
  /** Calls back with every event of every call; answers how to end that. What the listener throws is uncaught. */
  onProgress(listener: EventListener): () => void;
}

/** Makes an {@link AssetManager}. Nothing is read before the first call. */
export function createAssetManager(options: AssetManagerOptions = {}): AssetManager {
  const listeners = new Set<EventListener>();
  let loading: Promise<Manifest> | undefined;

  const emit: EventListener = (event) => {
    for (const listener of [...listeners]) {
      try {
        listener(event);
      } catch (error) {
        // A listener's fault is its owner's, not the download's: it surfaces as an uncaught error.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };
  const load = () => {
    const { manifest: file, root, cwd = resolve() } = options;
    loading ??= openManifest({ cwd: resolve(cwd), ...(file && { file }), ...(root && { root }) });
    // A manifest that was missing or wrong may be there or mended at the next call.
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };
  const find = async (id: string, file?: string) => locateAsset(await load(), id, file);
  const fetching = () => {
    const { jobs, retries, offline = false, reuse = true, network = {}, strategy = "auto" } = options;
    const policy = { offline, strategy, ...(retries !== undefined && { retries }) };
    return { jobs, reuse, policy, network, onEvent: emit };
  };
  const fetch = async (manifest: Manifest, selection: Selection, more: CallOptions & { force?: boolean }) => {
    const report = await download({ manifest, selection, ...fetching(), ...more });
    const failure = report.stopped ?? report.outcomes.find(({ error }) => error !== undefined)?.error;
    if (failure === undefined) return report;
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    throw new AssetsError(failure.code, failure.message, hint);
  };

  return {
    async initialize({ signal } = {}) {
      if (signal?.aborted) throw abortError();
      await load();
    },
    async getAssetPath(id, { file, ...more } = {}) {
      const { manifest, path } = await find(id, file);
      await fetch(manifest, {}, more);
      return path;
    },
    async checkAsset(id, { signal } = {}) {
      const { manifest, asset, path } = await find(id);
      const workspace = await openWorkspace(manifest);
      try {
        const looks = { recall: true, hash: true, emit, ...(signal && { signal }) };
        const files = (await workspace.lookAll(asset.files, looks)).map(fileReport);
        const exists = isListed(asset) && files.every(({ status }) => status !== "missing");
        const valid = isListed(asset) && files.every(({ status }) => status === "valid");
        return { id, exists, valid, path, files };
      } finally {
        await workspace.close();
      }
    },
    async downloadAsset(id, more = {}) {
      const { manifest } = await find(id);
      return fetch(manifest, {}, more);
    },
    async downloadRequiredAssets(more = {}) {
      const manifest = await load();
      const assets = manifest.assets.filter(({ required }) => required);
      return fetch({ ...manifest, assets }, {}, more);
    },
    async listAssets(selection = {}, { signal } = {}) {
      return (await list({ manifest: await load(), selection, ...(signal && { signal }) })).assets;
    },
    async verifyAssets(choices = {}) {
      return verify({ ...choices, manifest: await load(), onEvent: emit });
    },
    async repairAssets(choices = {}) {
      const { repair } = await import("./commands/repair.js");
      return repair({ ...fetching(), ...choices, manifest: await load() });
    },
    async cacheKey(selection = {}) {
      return cacheKey(await load(), selection).key;
    },
    onProgress(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
