/** `assets verify --sums`: holds files against lists of checksums, without a manifest and without a network. */
import { setMaxListeners } from "node:events";
import { dirname, resolve } from "node:path";
import { type BadLine, readChecksums, type SumLine } from "../checksum-lines.js";
import { AssetsError, abortError, visibleLine } from "../errors.js";
import type { EventListener } from "../events.js";
import { createHasher, type Hasher } from "../store/digest.js";
import { regularSize } from "../store/regular-size.js";
import { readWhole } from "../store/whole-text.js";
import { runPool } from "../transfer/pool.js";
import type { SumReport, SumsReport } from "./loose-reports.js";

export interface VerifySumsOptions {
  /** Lists of checksums. Names in them are relative to the `folder`, an absolute path. */
  lists: readonly SumsList[];
  signal?: AbortSignal;
  onEvent?: EventListener;
}

/** A list of checksums that was read. */
export interface SumsList {
  /** What it is called in reports. */
  name: string;
  folder: string;
  bytes: Uint8Array;
}

/** No list is longer, in bytes. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Files that are looked at, or hashed, side by side. */
const FILES = 32;

/** Reads a list; the names in it are relative to its own folder. Throws USAGE when it is not there, LOCAL_IO. */
export async function readSumsList(name: string, cwd: string): Promise<SumsList> {
  const path = resolve(cwd, name);
  const bytes = await readWhole(path, MOST_BYTES);
  if (bytes === undefined) throw new AssetsError("USAGE", `${name} is not there.`);
  return { name, folder: dirname(path), bytes };
}

interface Sized {
  sum: SumLine;
  list: SumsList;
  path: string;
  /** A size, or why there is none. */
  found: number | "missing" | { reason: string };
}

/**
 * Hashes every file that the lists name. A line that cannot be read is a finding, as what it names is not proven. Throws
 * USAGE when a list has no line that can be read, ABORTED.
 */
export async function verifySums({ lists, ...options }: VerifySumsOptions): Promise<SumsReport> {
  const started = performance.now();
  const { signal = new AbortController().signal, onEvent: emit = () => {} } = options;
  setMaxListeners(0, signal);
  const malformed: SumsReport["malformed"] = [];
  const named: Omit<Sized, "found">[] = [];
  for (const list of lists) {
    const { sums, bad } = readList(list);
    for (const { line, reason } of bad) malformed.push({ sums: list.name, line, reason });
    for (const sum of sums) named.push({ sum, list, path: resolve(list.folder, sum.path) });
  }
  const sized = await runPool(named, FILES, async (each): Promise<Sized> => {
    if (signal.aborted) throw abortError();
    return { ...each, found: await regularSize(each.path) };
  });
  const hasher = createHasher();
  try {
    const files = await hashAll(sized, hasher, signal, emit);
    const findings = files.filter(({ status }) => status !== "valid").length + malformed.length;
    return {
      sums: lists.map(({ name }) => name),
      ok: findings === 0,
      files,
      malformed,
      totals: {
        files: files.length,
        bytes: files.reduce((sum, { status, size = 0 }) => sum + (status === "valid" ? size : 0), 0),
        findings,
        weak: files.filter(({ weak }) => weak).length,
      },
      durationMs: performance.now() - started,
    };
  } catch (error) {
    throw signal.aborted ? abortError() : error;
  } finally {
    await hasher.close();
  }
}

function readList({ name, bytes }: SumsList): { sums: SumLine[]; bad: BadLine[] } {
  const read = readChecksums(bytes);
  if (read.sums.length > 0) return read;
  throw new AssetsError("USAGE", `${name} has no line of checksums in it.`, {
    hint: "A line is what sha256sum writes: 64 hexadecimal digits, two spaces, the name of a file.",
  });
}

function hashAll(
  sized: readonly Sized[],
  hasher: Hasher,
  signal: AbortSignal,
  emit: EventListener,
): Promise<SumReport[]> {
  const sizes = sized.map(({ found }) => (typeof found === "number" ? found : 0));
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  let [files, bytes] = [0, 0];
  const tell = () => emit({ type: "inspect:progress", files, totalFiles: sized.length, bytes, totalBytes });
  tell();
  return runPool(sized, FILES, async (each) => {
    let own = 0;
    const onProgress = (to: number) => {
      bytes += to - own;
      own = to;
      tell();
    };
    const report = await hashOne(each, hasher, signal, onProgress);
    files++;
    onProgress(typeof each.found === "number" ? Math.max(own, each.found) : own);
    return report;
  });
}

async function hashOne(
  { sum, list, path, found }: Sized,
  hasher: Hasher,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<SumReport> {
  const { algorithm, hex, line } = sum;
  const about = {
    sums: list.name,
    line,
    path: sum.path,
    algorithm: algorithm.name,
    weak: algorithm.weak,
    expected: hex,
  };
  if (found === "missing") return { ...about, status: "missing" };
  if (typeof found === "object") return { ...about, status: "unreadable", reason: visibleLine(found.reason) };
  try {
    const { hex: actual, size } = await hasher.hash(path, { signal, onProgress, algorithm: algorithm.hash });
    return { ...about, status: actual === hex ? "valid" : "mismatch", size, actual };
  } catch (error) {
    if (signal.aborted || !(error instanceof AssetsError)) throw error;
    return { ...about, status: "unreadable", reason: visibleLine(error.message) };
  }
}
