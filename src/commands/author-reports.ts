/** What the commands that write the manifest answer. Sizes in bytes. */
import type { ErrorInfo } from "../events.js";

/** A file that `assets add` was asked for. */
export interface AddedFile {
  asset: string;
  /** Relative to the root. */
  path: string;
  /** As the manifest has it, or would. */
  url: string;
  /**
   * `added`: in the manifest now, or would be after a dry run. `known`: was there before. `failed`: see `error`.
   * `unmeasured`: a dry run would have to fetch it to know its pin.
   */
  status: "added" | "known" | "failed" | "unmeasured";
  size?: number;
  sha256?: string;
  pinnedAs?: "declared" | "measured";
  /** Who stated the pin, as it reads after "stated by". */
  statedBy?: string;
  /** The branch, tag or other moving reference that the URL stood on before. */
  moved?: string;
  /** It lies in its place. */
  here: boolean;
  error?: ErrorInfo;
}

/** What commands that write the manifest have in common. */
export interface AuthorReport {
  manifest: string;
  root: string;
  dryRun: boolean;
  ok: boolean;
  exitCode: number;
  /** Whether the manifest was changed. */
  written: boolean;
  durationMs: number;
}

/** Answer of `assets add`. */
export interface AddReport extends AuthorReport {
  files: AddedFile[];
  /** The new entries, as they stand in the manifest or would. */
  entries: object[];
}

/** What keeps a file from being locked. */
export type LockNeed =
  /** No SHA-256 is pinned. */
  | "unpinned"
  /** A weaker digest is stated in its place. */
  | "weak"
  /** A URL stands on a branch, a tag or `latest`, and its host tells what that is now. */
  | "moving";

/** A file that `assets lock` looked at. */
export interface PinnedFile {
  asset: string;
  /** Relative to the root. */
  path: string;
  /** `locked`: as it should be. `changed`: written now, or would be. `open`: still to do. `failed`: see `error`. */
  status: "locked" | "changed" | "open" | "failed";
  needs: LockNeed[];
  /** What is pinned now. */
  size?: number;
  sha256?: string;
  pinnedAs?: "declared" | "measured";
  statedBy?: string;
  /** URLs that were replaced. */
  moved: { from: string; to: string; reference: string }[];
  error?: ErrorInfo;
}

/** Answer of `assets lock`. */
export interface LockPinsReport extends AuthorReport {
  /** Nothing was asked, fetched or written. */
  check: boolean;
  files: PinnedFile[];
}
