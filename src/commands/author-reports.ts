/** What the commands that write the manifest answer. Sizes in bytes. */
import type { ErrorInfo } from "../events.js";
import type { Asset } from "../manifest/types.js";
import type { FileStatus } from "./reports.js";
import type { CheckedBy } from "./settle-pins.js";

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
  /** What else was stated of bytes that were measured, and is right. */
  checkedBy?: readonly CheckedBy[];
  /** The branch, tag or other moving reference that the URL stood on before. */
  moved?: string;
  /** It lies in its place. */
  here: boolean;
  /** Present when its bytes were measured: whether they were fetched for it, or are those of the file that was here. */
  fetched?: boolean;
  /** Of a `known` file: names of options that ask for something else than the manifest says, and were not carried out. */
  ignored?: string[];
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
  /** Its asset names a whole repository, and no files. */
  | "repository"
  /** No size stands beside the SHA-256. */
  | "size"
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
  checkedBy?: readonly CheckedBy[];
  /** Present when its bytes were measured: whether they were fetched for it, or are those of the file that was here. */
  fetched?: boolean;
  /** URLs that were replaced. */
  moved: { from: string; to: string; reference: string }[];
  error?: ErrorInfo;
}

/** Whether all that is still to do for a file is to write its size, which is wanted and not needed. */
export function lacksSizeOnly({ status, needs }: PinnedFile): boolean {
  return status === "open" && needs.every((need) => need === "size");
}

/** Answer of `assets lock`. */
export interface LockPinsReport extends AuthorReport {
  /** Nothing was asked, fetched or written. */
  check: boolean;
  files: PinnedFile[];
}

/** One thing that `assets init` did or did not. */
export interface InitStep {
  /** Absolute. */
  file: string;
  status: "created" | "changed" | "kept" | "skipped";
  /** What it is now, or why it was left alone. */
  what: string;
}

/** Answer of `assets init`. */
export interface InitReport {
  manifest: string;
  dryRun: boolean;
  ok: true;
  steps: InitStep[];
  /** Commands that could come next. */
  next: string[];
}

/** Answer of `assets remove`. */
export interface RemoveReport extends AuthorReport {
  /** Ids of the assets that are gone from the manifest, or would be. */
  assets: string[];
  /** Files of theirs, relative to the root: deleted, not there, or left where they are. */
  files: { path: string; status: "deleted" | "missing" | "left"; size?: number; reason?: string }[];
}

/** Answer of `assets hash`. */
export interface HashReport {
  ok: boolean;
  exitCode: number;
  algorithm: string;
  files: { path: string; digest?: string; size?: number; error?: ErrorInfo }[];
  durationMs: number;
}

/** The rules of `assets lint`, the weightiest first. Other programs keep them. */
export const LINT_RULES = [
  "unpinned",
  "secret-in-url",
  "tracked-by-git",
  "moving-reference",
  "plain-http",
  "weak-pin",
  "pickle",
  "not-ignored",
  "dead-field",
  "no-license",
  "no-size",
  "single-source",
  "duplicate-content",
] as const;

/** How much a finding of `assets lint` or `assets audit` weighs. */
export type LintLevel = "error" | "warning" | "note";

/** Something that could be better. */
export interface LintFinding {
  rule: string;
  level: LintLevel;
  asset: string;
  /** Relative to the root; absent for the asset as a whole. */
  path?: string;
  /** A whole sentence. */
  message: string;
  /** In the manifest; both counted from 1. */
  line: number;
  column: number;
  /** `--fix` can mend it; `fixed`: it did. */
  fixable: boolean;
  fixed?: true;
  /** The command that mends it, where there is one. */
  fix?: string;
}

/** Answer of `assets lint`. */
export interface LintReport extends AuthorReport {
  findings: LintFinding[];
  /** Whether git could be asked. */
  git: boolean;
  totals: { assets: number; files: number; errors: number; warnings: number; notes: number; fixed: number };
}

/** A file as `assets info` tells of it. */
export interface InfoFile {
  /** Relative to the root. */
  path: string;
  status: FileStatus;
  size?: number;
  sha256?: string;
  pinnedAs?: "declared" | "measured";
  /** Where it would come from, in order; without credentials. */
  urls: readonly string[];
  /** Bytes that are still to be fetched, where a size is known. */
  left?: number;
  /** What its first URL's host states now. */
  remote?: { size?: number; digest?: string; statedBy?: string; agrees?: boolean; error?: string };
}

/** What the Hub says of a repository that an asset comes from. */
export interface InfoRepository {
  name: string;
  /** What its main branch is now. */
  commit?: string;
  /** Commits that the manifest has. */
  pinned: string[];
  /** ISO 8601. */
  lastModified?: string;
  licence?: string;
  tags?: readonly string[];
  gated?: boolean;
  private?: boolean;
  /** Its files at the first pinned commit, or now. */
  files?: { path: string; size: number }[];
  error?: string;
}

/** Answer of `assets info`. */
export interface InfoReport {
  manifest: string;
  root: string;
  asset: Omit<Asset, "files">;
  files: InfoFile[];
  totals: { files: number; size: number; here: number; left: number };
  /** With `remote` only. */
  repositories?: InfoRepository[];
}

/** What became of a URL that was asked about. */
export type UrlStatus =
  | "alive"
  /** The host says that there is no such thing. */
  | "dead"
  /** It has another size or digest than is pinned. */
  | "changed"
  | "refused"
  /** It did not answer, or not to the point. */
  | "unreachable"
  /** Nobody has asked yet. */
  | "unknown";

/** One URL of a file as `assets audit` tells of it. */
export interface AuditedUrl {
  asset: string;
  /** Relative to the root. */
  path: string;
  /** Without credentials. */
  url: string;
  status: UrlStatus;
  /** `error`: the file cannot be had any more. `warning`: another URL has it, or it may be a passing trouble. */
  level?: LintLevel;
  /** What is wrong, in words. */
  message?: string;
  /** As the host states it. */
  size?: number;
  /** Whether an interrupted download can go on. */
  ranges?: boolean;
  /** When the host was asked, ISO 8601. */
  checkedAt?: string;
  /** In the manifest; both counted from 1. */
  line: number;
  column: number;
}

/** Answer of `assets audit`. */
export interface AuditReport {
  manifest: string;
  root: string;
  ok: boolean;
  exitCode: number;
  urls: AuditedUrl[];
  /** `remembered`: places of URLs that were not asked now and were once. */
  totals: { urls: number; asked: number; remembered: number; errors: number; warnings: number; notes: number };
  durationMs: number;
}
