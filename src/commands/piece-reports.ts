/** What `assets lock --pieces` and `assets repair` answer. Sizes in bytes. */
import type { ErrorInfo, Outcome } from "../events.js";
import type { FileStatus } from "./reports.js";

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
