/** `assets verify --sums`: holds files against lists of checksums, without a manifest and without a network. */
import { setMaxListeners } from "node:events";
import { dirname, join, resolve, sep } from "node:path";
import { BLAKE2B, readChecksums, type SumLine } from "../checksum-lines.js";
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
const STANDARD_INPUT = { reason: "it stands for standard input, which cannot be checked: a file of that name is ./-" };

/**
 * Reads a list; the names in it are relative to its own folder. Throws USAGE when it is not there or has no name,
 * LOCAL_IO.
 */
export async function readSumsList(name: string, cwd: string): Promise<SumsList> {
  if (name === "") {
    throw new AssetsError("USAGE", "The name of a list is empty.", { hint: "Name a file, such as SHA256SUMS." });
  }
  const path = resolve(cwd, name);
  const bytes = await readWhole(path, MOST_BYTES);
  if (bytes === undefined) throw new AssetsError("USAGE", `${name} is not there.`);
  return { name, folder: dirname(path), bytes };
}

interface Sized {
  sum: SumLine;
  list: SumsList;
  /** Absolute; bytes where it is not UTF-8. */
  path: string | Buffer;
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
  const notes: SumsReport["notes"] = [];
  const named: Omit<Sized, "found">[] = [];
  for (const list of lists) {
    const { sums, bad, signed } = readList(list);
    if (signed) notes.push(unchecked(list));
    for (const { line, reason } of bad) malformed.push({ sums: list.name, line, reason });
    for (const sum of sums) named.push({ sum, list, path: pathOf(list, sum) });
  }
  const sized = await runPool(named, FILES, async (each): Promise<Sized> => {
    if (signal.aborted) throw abortError();
    return { ...each, found: each.sum.path === "-" ? STANDARD_INPUT : await regularSize(each.path) };
  });
  const hasher = createHasher();
  try {
    const hash = (some: readonly Sized[]) => hashAll(some, hasher, signal, emit);
    const files = await withBlake2b(sized, await hash(sized), hash);
    for (const list of lists) notes.push(...doubts(list, sized, files));
    const findings = files.filter(({ status }) => status !== "valid").length + malformed.length;
    return {
      sums: lists.map(({ name }) => name),
      ok: findings === 0,
      files,
      malformed,
      notes,
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

function readList({ name, bytes }: SumsList): ReturnType<typeof readChecksums> {
  const read = readChecksums(bytes);
  if (read.sums.length > 0) return read;
  const [first] = read.bad;
  const why = first === undefined ? "" : ` (line ${first.line}: ${first.reason})`;
  throw new AssetsError("USAGE", `${name} has no line of checksums in it${why}.`, {
    hint: "A line is what sha256sum writes: 64 hexadecimal digits, two spaces, the name of a file.",
  });
}

/** A name that is not UTF-8 is kept as the bytes it is, as no text could name the file. */
function pathOf({ folder }: SumsList, { path, bytes }: SumLine): string | Buffer {
  if (bytes === undefined) return resolve(folder, path);
  return bytes.toString("latin1", 0, 1) === "/" ? bytes : Buffer.concat([Buffer.from(join(folder, sep)), bytes]);
}

function unchecked({ name }: SumsList): SumsReport["notes"][number] {
  return {
    sums: name,
    kind: "signature",
    message: "it is signed, and the signature was not checked: gpg --verify does",
  };
}

/**
 * `b2sum` writes as many digits as `sha512sum`: what does not match as the one is tried as the other. Where nothing of a
 * list matches as SHA512 and something does as BLAKE2b, all of it is of that kind.
 */
async function withBlake2b(
  sized: readonly Sized[],
  files: readonly SumReport[],
  hash: (some: readonly Sized[]) => Promise<SumReport[]>,
): Promise<SumReport[]> {
  const isOpen = ({ sum }: Sized) => sum.guessed && sum.algorithm.digits === BLAKE2B.digits;
  const tried = sized.filter((each, index) => isOpen(each) && files[index]?.status === "mismatch");
  if (tried.length === 0) return [...files];
  const again = await hash(tried.map((each) => ({ ...each, sum: { ...each.sum, algorithm: BLAKE2B } })));
  const answers = new Map(tried.map((each, index) => [each, again[index]]));
  const sha512 = new Set(sized.flatMap((each, i) => (isOpen(each) && files[i]?.status === "valid" ? [each.list] : [])));
  const blake2b = new Set(tried.flatMap((each, i) => (again[i]?.status === "valid" ? [each.list] : [])));
  return sized.map((each, index) => {
    const [as512, other] = [files[index] as SumReport, answers.get(each)];
    const isOther = other?.status === "valid" || (blake2b.has(each.list) && !sha512.has(each.list));
    return other !== undefined && isOther ? other : as512;
  });
}

/** Where nothing matches of all that was told by its digits alone, these may be of another algorithm. */
function doubts(list: SumsList, sized: readonly Sized[], files: readonly SumReport[]): SumsReport["notes"] {
  const guessed = sized.flatMap(({ sum, ...each }, index) => {
    const { status } = files[index] as SumReport;
    const isRead = status === "valid" || status === "mismatch";
    return each.list === list && sum.guessed && isRead ? [{ algorithm: sum.algorithm, status }] : [];
  });
  return [...new Set(guessed.map(({ algorithm }) => algorithm))].flatMap((algorithm) => {
    const some = guessed.filter((each) => each.algorithm === algorithm);
    if (some.some(({ status }) => status === "valid")) return [];
    const { digits, name, alike } = algorithm;
    const message = `no digest of ${digits} digits matches: maybe they are not ${name}, but ${alike}, which cannot be computed here`;
    return [{ sums: list.name, kind: "algorithm", message }];
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
