/** What happens during a run, as plain data that survives `JSON.stringify`. Sizes in bytes, times in milliseconds. */
import type { ErrorCode } from "./errors.js";

/** An error as events and reports carry it. */
export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  hint?: string;
}

/** One source that was tried for a file, and why it was left. */
export interface TriedUrl {
  /** Without credentials. */
  url: string;
  /** 0 when only parts of the file were asked of it, and turned out wrong in the end. */
  attempts: number;
  error: ErrorInfo;
}

/** What was decided for a file before anything is fetched. */
export type PlannedAction = "keep" | "download" | "replace" | "conflict";

/** What was done about one file. */
export interface Outcome {
  /** Id of the asset the file belongs to. */
  asset: string;
  /** Path relative to the root, `/`-separated. */
  path: string;
  /**
   * `downloaded`: fetched (or completed) and in place. `reused`: in place, copied from elsewhere on this machine.
   * `present`: was there already. `failed`: see `error`. `skipped`: not started because the run ended early.
   */
  status: "downloaded" | "reused" | "present" | "failed" | "skipped";
  /** Bytes of the file in place; 0 when it is not. */
  size: number;
  /** Bytes received for it in this run, over all attempts. */
  received: number;
  /** Whether its SHA-256 was checked against a pin. */
  verified: boolean;
  /** The source that served it, without credentials. */
  url?: string;
  /** The file on this machine that a `reused` one was copied from, absolute. */
  from?: string;
  /** Attempts made for it in this run; each may take many requests, over many connections. */
  attempts: number;
  /** Sources that failed or gave other bytes, in order; of a file in place as well. */
  tried: TriedUrl[];
  error?: ErrorInfo;
}

/** What a run tells while it works. Every planned file ends with exactly one `outcome`. */
export type AssetEvent =
  | {
      type: "plan";
      files: { asset: string; path: string; action: PlannedAction; size?: number }[];
      /** Bytes still to fetch as far as pinned sizes tell, partials taken off. */
      bytesToFetch: number;
    }
  /** Hashing of files that are already here. Absolute counts. */
  | { type: "inspect:progress"; files: number; totalFiles: number; bytes: number; totalBytes: number }
  /**
   * Bytes begin to arrive for `path`, from `url`. `received` is what is there already without a gap. An `archive` is
   * fetched on behalf of its members, and has no outcome of its own; a `member` is a file whose bytes come out of an
   * archive that is here; a `copy` is a file whose bytes lie elsewhere on this machine, `url` saying where.
   */
  | {
      type: "transfer:start";
      path: string;
      kind: "file" | "archive" | "member" | "copy";
      url: string;
      received: number;
      size?: number;
    }
  /** `received`: bytes of the file that are there, wherever in it. Never falls unless a `transfer:restart` came between. */
  | { type: "transfer:progress"; path: string; received: number; size?: number }
  /** What had arrived could not be used; counting starts again at `received`. */
  | { type: "transfer:restart"; path: string; received: number; reason: string }
  | { type: "transfer:retry"; path: string; url: string; attempt: number; delayMs: number; error: ErrorInfo }
  | { type: "transfer:fallback"; path: string; from: string; to: string; error: ErrorInfo }
  /** A host that asked for it, or is not there, is left alone; `path` waits for it. */
  | { type: "transfer:pause"; path: string; host: string; delayMs: number }
  /** A further source that helped with a file is left; the others go on. */
  | { type: "transfer:leave"; path: string; url: string; error: ErrorInfo }
  /** Another process works on this file; this one waits for it. */
  | { type: "transfer:wait"; path: string; owner: string }
  /** The bytes of an archive are here (`transfer:start` with kind `archive` came before). */
  | { type: "transfer:end"; path: string }
  | { type: "warning"; message: string; path?: string }
  | { type: "outcome"; outcome: Outcome };

/** Receives every event of a run, synchronously and in order. It must not throw. */
export type EventListener = (event: AssetEvent) => void;
