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
