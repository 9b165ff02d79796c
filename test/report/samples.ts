/** Reports and events to show, and names that no report may show as they are. */
import type {
  DownloadReport,
  FileReport,
  FileStatus,
  LfsReport,
  ListReport,
  ListRow,
  VerifyReport,
} from "../../src/commands/reports.js";
import type { AssetEvent, ErrorInfo, Outcome } from "../../src/events.js";

/** Text that would colour, clear, title, reorder or break what is shown. */
export const HOSTILE = "a\u001b[31m\u009b2J\u001b]0;title\u0007\u202egnp\u2066.\nsecond line\r\u007f\u2028.bin";

/** Everything that may drive a terminal, but for line feeds and the colours that this tool itself uses. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
export const DRIVES_TERMINAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

export const digest = (digit: string) => digit.repeat(64);

export function problem(message: string, code: ErrorInfo["code"] = "NETWORK", hint?: string): ErrorInfo {
  return { code, message, ...(hint !== undefined && { hint }) };
}

export function outcome(path: string, more: Partial<Outcome> = {}): Outcome {
  const url = "https://cdn.example.org/files/x";
  const size = 7_900_000;
  return {
    asset: "asset",
    path,
    status: "downloaded",
    size,
    received: size,
    verified: true,
    url,
    attempts: 1,
    tried: [],
    ...more,
  };
}

export function fileReport(path: string, status: FileStatus, more: Partial<FileReport> = {}): FileReport {
  return { asset: "asset", path, status, size: 2_327_524, ...more };
}

export function row(id: string, more: Partial<ListRow> = {}): ListRow {
  const files = [fileReport(`models/${id}.onnx`, "valid")];
  const about = { id, type: "model", tags: [], required: false, size: 2_327_524, sizeKnown: true };
  return { ...about, state: "ready", proven: true, unpinned: 0, files, ...more };
}

export function listReport(assets: ListRow[]): ListReport {
  const files = assets.flatMap((asset) => asset.files);
  const present = files.filter(({ status }) => ["valid", "unverified", "unpinned"].includes(status)).length;
  const size = assets.reduce((sum, asset) => sum + asset.size, 0);
  return { manifest: "/m", root: "/", assets, totals: { assets: assets.length, files: files.length, size, present } };
}

export function verifyReport(files: FileReport[], more: Partial<VerifyReport> = {}): VerifyReport {
  const findings = files.filter(({ status }) => !["valid", "unverified", "unpinned"].includes(status)).length;
  const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
  const remembered = files.filter(({ proof }) => proof === "remembered").length;
  const proven = files.filter(({ status }) => status === "valid").length - remembered;
  const totals = { files: files.length, bytes, findings, byStatus: {}, proven, remembered };
  return { manifest: "/m", root: "/", ok: findings === 0, files, totals, durationMs: 412, ...more };
}

export function downloadReport(outcomes: Outcome[], more: Partial<DownloadReport> = {}): DownloadReport {
  const count = (status: Outcome["status"]) => outcomes.filter((each) => each.status === status).length;
  const totals = {
    files: outcomes.length,
    downloaded: count("downloaded"),
    reused: count("reused"),
    present: count("present"),
    failed: count("failed"),
    skipped: count("skipped"),
    received: outcomes.reduce((sum, { received }) => sum + received, 0),
  };
  const ok = totals.failed + totals.skipped === 0;
  const about = { manifest: "/m", root: "/", dryRun: false, ok, exitCode: ok ? 0 : 1, outcomes, totals };
  return { ...about, keptPartialBytes: 0, durationMs: 9800, ...more };
}

export function lfsReport(pointers: LfsReport["pointers"], more: Partial<LfsReport> = {}): LfsReport {
  return { searched: ["/"], filesExamined: 1234, pointers, unreadable: [], ...more };
}

export function plan(...files: [path: string, size?: number][]): AssetEvent {
  const bytesToFetch = files.reduce((sum, [, size = 0]) => sum + size, 0);
  return {
    type: "plan",
    files: files.map(([path, size]) => ({
      asset: "asset",
      path,
      action: "download",
      ...(size !== undefined && { size }),
    })),
    bytesToFetch,
  };
}

export function start(
  path: string,
  received = 0,
  size?: number,
  more: { kind?: "archive" | "member"; url?: string } = {},
): AssetEvent {
  const url = "https://cdn.example.org/files/x";
  return { type: "transfer:start", path, kind: "file", url, received, ...(size !== undefined && { size }), ...more };
}

export function progress(path: string, received: number, size?: number): AssetEvent {
  return { type: "transfer:progress", path, received, ...(size !== undefined && { size }) };
}

export function retry(path: string, delayMs: number, attempt = 2): AssetEvent {
  const error = problem("The connection was reset.");
  return { type: "transfer:retry", path, url: "https://cdn.example.org/files/x", attempt, delayMs, error };
}

export function done(path: string, more: Partial<Outcome> = {}): AssetEvent {
  return { type: "outcome", outcome: outcome(path, more) };
}

/** One event of every kind, with this text wherever a text from outside can stand. */
export function everyEvent(text: string): AssetEvent[] {
  const error = problem(text, "NETWORK", text);
  return [
    { type: "inspect:progress", files: 0, totalFiles: 1, bytes: 5, totalBytes: 10 },
    plan([text, 1000]),
    { type: "warning", message: text, path: text },
    { type: "transfer:wait", path: text, owner: text },
    { type: "transfer:retry", path: text, url: text, attempt: 2, delayMs: 0, error },
    { type: "transfer:fallback", path: text, from: text, to: text, error },
    start(text, 0, 1000, { url: text }),
    progress(text, 500, 1000),
    { type: "transfer:restart", path: text, received: 0, reason: text },
    start(`${text}/archive`, 0, 1000, { kind: "archive", url: text }),
    { type: "transfer:end", path: `${text}/archive` },
    done(text, { asset: text, status: "failed", url: text, error, tried: [{ url: text, attempts: 1, error }] }),
  ];
}
