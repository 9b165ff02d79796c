/** A manifest's files as they stand on this machine. */
import { setMaxListeners } from "node:events";
import { AssetsError, abortError } from "../errors.js";
import type { EventListener } from "../events.js";
import type { AssetFile, Manifest } from "../manifest/types.js";
import type { FoundFile } from "../plan.js";
import type { Hasher } from "../store/digest.js";
import type { FileStamp } from "../store/hash-file.js";
import { inSlices } from "../store/in-slices.js";
import { type FileState, glance, inspect } from "../store/inspect.js";
import { type Ledger, openLedger } from "../store/ledger.js";
import { createTargets, type Targets } from "../store/target.js";
import { runPool } from "../transfer/pool.js";

/** A file that was looked at, or could not be since its place is not safe. */
export type Looked = FoundFile & { readonly unsafe?: AssetsError };

/** A span of the file system's clock, in nanoseconds. */
export interface Span {
  from: bigint;
  to: bigint;
}

/** How thoroughly to look. */
export interface LookOptions {
  /** Take the ledger's word for files that stand as they stood when they were proven. */
  recall: boolean;
  /** Take it only for what was proven in this span, as {@link Workspace.span} tells it. Default: whenever it was. */
  during?: Span;
  /** Hash the files that are not decided otherwise. */
  hash: boolean;
  /** Hash files without a pinned SHA-256 as well, to tell what could be pinned. Default false. */
  hashUnpinned?: boolean;
  signal?: AbortSignal;
  emit?: EventListener;
}

/** The files of a manifest, their places, and what is remembered of them. */
export interface Workspace {
  readonly targets: Targets;
  readonly ledger: Ledger;
  /** Looks at one file. Throws UNSAFE_PATH, and the signal's reason. */
  look(file: AssetFile, options: LookOptions): Promise<FoundFile>;
  /** Looks at many. A file in an unsafe place is told in its own entry. */
  lookAll(files: readonly AssetFile[], options: LookOptions): Promise<Looked[]>;
  /** Hashes a file of any place, off the main thread. Throws LOCAL_IO, the signal's reason. */
  hash: Hasher["hash"];
  /** From `maxAgeMs` milliseconds ago to now, by the clock that the ledger goes by. */
  span(maxAgeMs: number): Promise<Span>;
  /** Writes the ledger, ends the hashing threads. */
  close(): Promise<void>;
}

/** How hashing is accompanied. */
interface Watch {
  onBytes?: (bytes: number) => void;
  /** The file system's clock at a moment before the file is read. */
  since?: () => Promise<bigint | undefined>;
}

/** By then every system has written to the disk what it was given, in nanoseconds: laptops may wait for ten minutes. */
const WRITTEN_BACK_NS = 3_600_000_000_000n;

/** Files that are looked at side by side; each holds at most one descriptor. */
const LOOKS = 32;

/** Opens the tree of a manifest. Nothing is written before something was proven, and in a dry run nothing at all. */
export async function openWorkspace(
  { root }: Pick<Manifest, "root">,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<Workspace> {
  const ledger = await openLedger(root, { readOnly: dryRun });
  const targets = createTargets(root);
  let hasher: Promise<Hasher> | undefined;

  const hash: Hasher["hash"] = async (target, options) => {
    hasher ??= import("../store/digest.js").then(({ createHasher }) => createHasher());
    return (await hasher).hash(target, options);
  };

  /** The file system's clock before anything is read, or nothing where it cannot be asked. */
  const clock = () => ledger.clock().catch(() => undefined);

  async function look(
    file: AssetFile,
    options: LookOptions,
    { onBytes, since = clock }: Watch = {},
  ): Promise<FoundFile> {
    const { signal = new AbortController().signal } = options;
    const target = await targets.resolve(file.path);
    const prove = async (stat: FileStamp) => {
      const at = await since();
      // What stands as it stood when it was remembered shows every write: it would not stand so otherwise.
      const isKnown = ledger.recall(file.path, stat) !== undefined;
      const showWritesSince = isKnown || at === undefined ? undefined : at - WRITTEN_BACK_NS;
      const digest = await hash(target, { signal, showWritesSince, ...(onBytes && { onProgress: onBytes }) });
      const remembered = ledger.recall(file.path, digest.stat);
      const showsWrites = digest.showsWrites || remembered !== undefined;
      // Only what an asset pins is remembered: a user's own file must never pass for one that can be given up.
      if (digest.hex === file.sha256 && at !== undefined && showsWrites) {
        ledger.record(file.path, digest.stat, digest.hex, { at });
      } else if (remembered !== undefined && remembered !== digest.hex) ledger.doubt(file.path);
      return digest.hex;
    };
    let state = await inspect(target, file, {
      ...(options.recall && { recall: (stat) => ledger.recall(file.path, stat, options.during) }),
      ...(options.hash && { hash: prove, hashUnpinned: options.hashUnpinned ?? false }),
    });
    const last = ledger.last(file.path);
    if (options.hash && state.kind === "size-mismatch" && state.sha256 === undefined && last?.size === state.size) {
      // Perhaps the file of an earlier pin, copied or restored, so that only its bytes can tell.
      state = { ...state, sha256: await prove(state.stat) };
    }
    const remnant = "stat" in state && ledger.isRemnant(file.path, state.stat);
    return { file, target, state, earlierPin: last?.sha256, remnant };
  }

  async function lookSafely(file: AssetFile, options: LookOptions, watch?: Watch): Promise<Looked> {
    try {
      if (options.signal?.aborted) throw abortError();
      return await look(file, options, watch);
    } catch (error) {
      if (options.signal?.aborted) throw abortError();
      if (!(error instanceof AssetsError)) throw error;
      const state: FileState = { kind: "unreadable", reason: error.message };
      return { file, target: "", state, unsafe: error };
    }
  }

  /** What a glance tells of each file; nothing for those that need a closer look. */
  async function glanceAll(files: readonly AssetFile[], { recall, during, signal }: LookOptions) {
    const found: (Looked | undefined)[] = new Array(files.length).fill(undefined);
    const glanceAt = (index: number) => {
      const file = files[index] as AssetFile;
      const target = targets.resolveAtOnce(file.path);
      const recalled = (stat: FileStamp) => ledger.recall(file.path, stat, during);
      const state = target && glance(target, file, recall ? recalled : undefined);
      if (target && state) {
        const earlierPin = state.kind === "valid" ? file.sha256 : ledger.last(file.path)?.sha256;
        found[index] = { file, target, state, earlierPin };
      }
      return true;
    };
    await inSlices(files.length, glanceAt, signal);
    return found;
  }

  return {
    targets,
    ledger,
    look,
    hash,
    async lookAll(files, options) {
      // Every file that is looked at listens: that many listeners are no leak.
      if (options.signal !== undefined) setMaxListeners(0, options.signal);
      // Most files need no more than one call to the system, and the way through its thread pool costs more than that.
      const glanced = await glanceAll(files, options);
      const closer = indexesOf(glanced, (looked) => looked === undefined);
      await runPool(closer, LOOKS, async (index) => {
        glanced[index] = await lookSafely(files[index] as AssetFile, { ...options, hash: false });
      });
      const first = glanced as Looked[];
      const open = indexesOf(first, (looked) => options.hash && isUndecided(looked, options));
      if (open.length === 0) return first;
      const progress = createProgress(
        open.map((index) => first[index]?.state),
        options.emit,
      );
      // One look at the clock serves all that is read after it.
      const start = clock();
      const since = () => start;
      const second = await runPool(open, LOOKS, async (index) => {
        const own = progress.file();
        const looked = await lookSafely((first[index] as Looked).file, options, { onBytes: own.read, since });
        own.done("size" in looked.state ? looked.state.size : 0);
        return looked;
        // Should nobody have waited for it, it must not write any more when this has failed.
      }).finally(() => start);
      for (const [position, index] of open.entries()) first[index] = second[position] as Looked;
      return first;
    },
    async span(maxAgeMs) {
      // Where the ledger cannot be written, the clock of the machine has to do.
      const to = (await clock()) ?? BigInt(Date.now()) * 1_000_000n;
      return { from: to - BigInt(Math.round(maxAgeMs * 1e6)), to };
    },
    async close() {
      await ledger.flush();
      await (await hasher)?.close();
    },
  };
}

function indexesOf<T>(items: readonly T[], isWanted: (item: T) => boolean): number[] {
  const indexes: number[] = [];
  items.forEach((item, index) => {
    if (isWanted(item)) indexes.push(index);
  });
  return indexes;
}

/** Whether hashing a file would tell more of it. */
function isUndecided({ state, earlierPin }: Looked, { hashUnpinned = false }: LookOptions): boolean {
  if (state.kind === "unverified") return true;
  if (state.kind === "unpinned") return hashUnpinned;
  return state.kind === "size-mismatch" && state.sha256 === undefined && earlierPin !== undefined;
}

/** Adds up what is hashed, and tells it. */
export function createProgress(states: readonly (FileState | undefined)[], emit: EventListener = () => {}) {
  const totalBytes = states.reduce((sum, state) => sum + (state && "size" in state ? state.size : 0), 0);
  let files = 0;
  let bytes = 0;
  const tell = () => emit({ type: "inspect:progress", files, totalFiles: states.length, bytes, totalBytes });
  tell();
  return {
    file() {
      let own = 0;
      const read = (to: number) => {
        bytes += to - own;
        own = to;
        tell();
      };
      const done = (size: number) => {
        files++;
        read(Math.max(own, size));
      };
      return { read, done };
    },
  };
}
