/** What each command answers: data that reporters print and library callers read. Sizes in bytes. */
import type { ErrorInfo, Outcome, PlannedAction } from "../events.js";

/** How a file stands on disk, as found without changing anything. */
export type FileStatus =
  | "valid"
  | "missing"
  /** There, but not hashed now: its size fits (or no size is pinned). */
  | "unverified"
  /** There, and the manifest pins no SHA-256 to hold it against. */
  | "unpinned"
  | "size-mismatch"
  | "digest-mismatch"
  | "lfs-pointer"
  | "unreadable";

/** One file of an asset as `list` and `verify` report it. */
export interface FileReport {
  asset: string;
  /** Relative to the root, `/`-separated. */
  path: string;
  status: FileStatus;
  /** Pinned size, else the size found, else the manifest's hint. */
  size?: number;
  expected?: { size?: number; sha256?: string };
  actual?: { size?: number; sha256?: string };
  /** Why it could not be read, or what stands there instead. */
  reason?: string;
  /** How it is known to be valid: it was hashed now, or is as it was when it was. Of valid files only. */
  proof?: "hashed" | "remembered";
  /** It counts among the findings of `verify`. */
  finding?: true;
}

/** One line of `assets list`. */
export interface ListRow {
  id: string;
  type: string;
  name?: string;
  description?: string;
  version?: string;
  license?: string;
  homepage?: string;
  /** The repository that the manifest names in place of files; `files` are what it had when it was last asked here. */
  source?: string;
  tags: readonly string[];
  required: boolean;
  /** Sum of the sizes that are known. */
  size: number;
  /** False when some file's size is neither pinned nor found. */
  sizeKnown: boolean;
  /**
   * `ready`: every file is there with the pinned size (see `proven`). `partial`: some are. `missing`: none is.
   * `damaged`: at least one file is there but wrong.
   */
  state: "ready" | "partial" | "missing" | "damaged";
  /** Whether every file is known to have the pinned SHA-256 because it was hashed before and is unchanged since. */
  proven: boolean;
  /** Files that lack a pinned SHA-256. */
  unpinned: number;
  files: FileReport[];
}

/** Answer of `assets list`. */
export interface ListReport {
  manifest: string;
  root: string;
  assets: ListRow[];
  totals: { assets: number; files: number; size: number; present: number };
}

/** Answer of `assets verify`. `ok` is false when anything is a finding. */
export interface VerifyReport {
  manifest: string;
  root: string;
  ok: boolean;
  /** What stands as it stood when it was proven was not hashed. */
  quick?: true;
  files: FileReport[];
  /** Patterns of required files that no file of the manifest matches: findings. Absent when there is none. */
  unmatched?: string[];
  /** Files in the folders of the assets that no asset names, where they were asked for: findings. */
  extra?: ExtraFile[];
  /** Unfinished downloads in these folders that none of the manifest's pins goes on with; no findings. */
  leftovers?: ExtraFile[];
  totals: {
    files: number;
    /** Bytes of the valid files, and of those without a pin. */
    bytes: number;
    findings: number;
    byStatus: Partial<Record<FileStatus, number>>;
    /** Valid files that were hashed in this run. */
    proven: number;
    /** Valid files that stand as they stood when they were proven, and were not hashed. */
    remembered: number;
  };
  durationMs: number;
}

/** Something that no asset names. `path` is relative to the root, `/`-separated. */
export interface ExtraFile {
  path: string;
  /** Bytes; absent for what is not a regular file. */
  size?: number;
  /** What it is, or why its folder cannot be listed. */
  reason?: string;
}

/** Answer of `assets status`. */
export interface StatusReport {
  manifest: string;
  root: string;
  /** Every file is known to be right, or has no pin and is there. */
  ok: boolean;
  totals: {
    files: number;
    /** They stand as they stood when they were proven. */
    valid: number;
    /** There, and without a pin to hold them against. */
    unpinned: number;
    /** There, with the right size: changed since they were proven, or never proven here. */
    unproven: number;
    missing: number;
    /** There, and wrong. */
    damaged: number;
  };
}

/** Answer of `assets cache-key`. */
export interface CacheKeyReport {
  /**
   * `assets-` and the SHA-256, in hex, of a line for each selected file: its pinned SHA-256, its pinned size, its path
   * relative to the root, a space between them, `-` for what is not pinned; sorted by bytes, each ended by a line feed.
   */
  key: string;
  files: number;
  /** Files whose content the key does not cover. */
  unpinned: number;
}

/** Answer of `assets download`. */
export interface DownloadReport extends TransferReport {
  manifest: string;
  root: string;
}

/** What became of files that were to be put in place. */
export interface TransferReport {
  dryRun: boolean;
  ok: boolean;
  /** 0, or the exit code that fits the failures (1 when they are of several kinds). */
  exitCode: number;
  /** One for each selected file; with `dryRun` only those that would fail. */
  outcomes: Outcome[];
  /** Only with `dryRun`: what would be done. */
  planned?: {
    asset: string;
    path: string;
    action: PlannedAction;
    size?: number;
    reason?: string;
    urls: readonly string[];
  }[];
  totals: {
    files: number;
    downloaded: number;
    reused: number;
    present: number;
    failed: number;
    skipped: number;
    received: number;
  };
  /** Bytes of unfinished downloads that are kept for the next run. */
  keptPartialBytes: number;
  /** What ended the run before its end (disk full, abort), if anything did. */
  stopped?: ErrorInfo;
  durationMs: number;
}

/** One Git LFS pointer found by `assets lfs`. */
export interface PointerReport {
  /** Relative to the folder the command ran in, `/`-separated. */
  path: string;
  /** `pointer`: as git-lfs writes it. `non-canonical`: git-lfs reads it, but would write it otherwise. `malformed`: begins like one, but cannot be read. */
  kind: "pointer" | "non-canonical" | "malformed";
  /** Id of the object that git-lfs stores for it: the SHA-256 of the content, unless the pointer has extensions. */
  oid?: string;
  /** Size of the content it stands for. */
  size?: number;
  /** What is wrong with a malformed one. */
  problem?: string;
  /** The manifest's entry for the same path, or else for the same digest. `sameDigest` is absent where a digest is not known. */
  pinned?: { asset: string; path: string; samePath: boolean; sameDigest?: boolean };
  /** The command that puts the content there; a shell comment where no command can. */
  fix: string;
}

/** Answer of `assets lfs`. */
export interface LfsReport {
  /** Folders or files that were searched, absolute. */
  searched: string[];
  filesExamined: number;
  pointers: PointerReport[];
  /** Places that could not be read. */
  unreadable: { path: string; reason: string }[];
}

/** Answer of `assets lfs hydrate`: paths are relative to the folder the command ran in. */
export interface HydrateReport extends TransferReport, Pick<LfsReport, "searched" | "filesExamined" | "unreadable"> {}

/** Answer of `assets remote ls`. */
export interface RemoteReport {
  /** What was listed, by the name that always means the same, as far as the service has one. */
  url: string;
  /** The branch, tag or number that it was found by, where that may mean something else tomorrow. */
  moved?: string;
  licence?: string;
  tags?: readonly string[];
  /** Whether a licence has to be accepted on its page before files can be fetched. */
  gated?: boolean;
  private?: boolean;
  /** ISO 8601. */
  lastModified?: string;
  files: {
    path: string;
    url: string;
    size?: number;
    digest?: { algorithm: "sha256" | "sha512" | "sha1" | "md5" | "git-blob"; hex: string };
  }[];
  totals: { files: number; size: number };
}
