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

/** Answer of `assets verify`. `ok` is false when any file is in a state that is a finding. */
export interface VerifyReport {
  manifest: string;
  root: string;
  ok: boolean;
  files: FileReport[];
  totals: { files: number; bytes: number; findings: number; byStatus: Partial<Record<FileStatus, number>> };
  durationMs: number;
}

/** One file of a list of checksums. */
export interface SumReport {
  /** The list, as it was named. */
  sums: string;
  /** Its line there, from 1 on. */
  line: number;
  /** As the list names it. */
  path: string;
  status: "valid" | "mismatch" | "missing" | "unreadable";
  /** Such as `SHA256`. */
  algorithm: string;
  /** Whether files can be forged under this algorithm: what matches may still be another file, made to match. */
  weak: boolean;
  expected: string;
  actual?: string;
  size?: number;
  /** Why it could not be read. */
  reason?: string;
}

/** Answer of `assets verify --sums`. `ok` is false when a file is not as listed, or a line cannot be read. */
export interface SumsReport {
  sums: string[];
  ok: boolean;
  files: SumReport[];
  malformed: { sums: string; line: number; reason: string }[];
  /** `bytes`: of the files that match. `weak`: files with a digest that can be forged. */
  totals: { files: number; bytes: number; findings: number; weak: number };
  durationMs: number;
}

/** One file of `assets verify FOLDER` that is probably not what its name says. */
export interface SuspectReport {
  /** Relative to the folder the command ran in, `/`-separated. */
  path: string;
  /**
   * `pointer`: a Git LFS pointer. `empty`: no bytes. `leftover`: what an interrupted download left. `page`: a web page or
   * an error in the file's place. `format`: not as its ending says, or cut off.
   */
  kind: "pointer" | "empty" | "leftover" | "page" | "format";
  size: number;
  /** What speaks against it. */
  reason: string;
}

/** Answer of `assets verify FOLDER`. `ok` says that nothing was found, not that anything is proven. */
export interface SuspectsReport {
  /** Folders or files that were searched, absolute. */
  searched: string[];
  ok: boolean;
  suspects: SuspectReport[];
  /** Places that could not be read. */
  unreadable: { path: string; reason: string }[];
  totals: { files: number; suspects: number };
  durationMs: number;
}

/** Answer of `assets download`. */
export interface DownloadReport {
  manifest: string;
  root: string;
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
  totals: { files: number; downloaded: number; present: number; failed: number; skipped: number; received: number };
  /** Bytes of unfinished downloads that are kept for the next run. */
  keptPartialBytes: number;
  /** What ended the run before its end (disk full, abort), if anything did. */
  stopped?: ErrorInfo;
  durationMs: number;
}

/** One file of `assets lock --pieces`. */
export interface LockedFile {
  asset: string;
  /** Relative to the root, `/`-separated. */
  path: string;
  /**
   * `locked`: hashed now, and the pinned one. `kept`: not hashed now; its pieces were known. `small`: too small to have
   * pieces. `unpinned`: nothing proves it, so it has none. `missing`, `differs`: not here as pinned.
   */
  status: "locked" | "kept" | "small" | "unpinned" | "missing" | "differs";
  size?: number;
  /** Bytes of each piece but the last, and how many there are. */
  pieceSize?: number;
  pieces?: number;
}

/** Answer of `assets lock --pieces`. `ok` is false when a selected file is not here as pinned, and nothing is known of it. */
export interface LockReport {
  manifest: string;
  /** Absolute path of the file of pieces. */
  pieces: string;
  dryRun: boolean;
  ok: boolean;
  files: LockedFile[];
  /** Whether anything was changed on disk. */
  written: boolean;
  /** Bytes of the file of pieces. */
  bytes: number;
  durationMs: number;
}

/** What is wrong with one file, and what it takes to mend it. */
export interface Damage {
  asset: string;
  /** Relative to the root, `/`-separated. */
  path: string;
  /** How it was found. */
  status: FileStatus;
  /** Why its place is no place for it, or why it cannot be read. */
  reason?: string;
  size?: number;
  /** Bytes to fetch, as far as the size is known. */
  toFetch?: number;
  /** Damaged pieces, of so many, of so many bytes each; absent where no pieces are known. */
  pieces?: { damaged: number; all: number; size: number };
  /** Byte ranges to fetch, `[start, end)`, the first 1,000 of them; absent where the whole file is. */
  ranges?: [number, number][];
  /** Why the whole file is fetched. */
  whole?: "absent" | "no-pieces" | "all-damaged" | "unreadable" | "unpinned";
}

/** Answer of `assets repair`. */
export interface RepairReport {
  manifest: string;
  root: string;
  dryRun: boolean;
  ok: boolean;
  /** 0, or the exit code that fits the failures (1 when they are of several kinds, or with `dryRun` when there is damage). */
  exitCode: number;
  damages: Damage[];
  /** One for each damaged file; none with `dryRun`. */
  outcomes: Outcome[];
  totals: {
    files: number;
    right: number;
    /** Here, but with no SHA-256 pinned to hold them against. */
    unpinned: number;
    damaged: number;
    repaired: number;
    failed: number;
    toFetch: number;
    received: number;
  };
  keptPartialBytes: number;
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
