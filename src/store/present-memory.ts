/** Remembers that all files of a manifest stood proven in their places, so that a look at each tells that they still do. */
import { hash } from "node:crypto";
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { readRegularSync } from "../read-regular.js";
import { version } from "../version.js";
import type { FileStamp } from "./hash-file.js";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { inSlices } from "./in-slices.js";
import { bootedAt, LEDGER_FILE, openLedger } from "./ledger.js";
import { createTargets } from "./target.js";
import { replaceWhole } from "./whole-text.js";

/** Of what it is remembered. */
export interface Settled {
  /** Absolute root of the tree. */
  readonly root: string;
  /** Absolute path of the manifest: each has a memory of its own. */
  readonly file: string;
  /** What stands in it. */
  readonly bytes: Uint8Array;
}

/** A file of the manifest. */
export interface SettledFile {
  /** Relative to the root. */
  readonly path: string;
  readonly sha256?: string | undefined;
}

/** Fewer files are soon looked at in the usual way, and nothing is remembered of them. */
const WORTH_FILES = 256;
const FOLDER = "present";
/** It has a path for each file. */
const MOST_BYTES = 64 * 1024 * 1024;
/** The first line: who wrote it, when, and the digests of the manifest, of the ledger's stamp, of the files' stamps. */
const HEAD = /^(\S+) (\d+) ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{64})$/;
/** What {@link setStamp} sets. */
const STAMP_FIELDS = 5;

/**
 * How many files the manifest names, if all of them stood proven in their places when that was remembered, the machine was
 * not started anew since, and neither they, nor the manifest, nor what was proven have changed. Undefined: it has to be
 * found out. Throws ABORTED.
 */
export async function recallPresent(settled: Settled, signal: AbortSignal): Promise<number | undefined> {
  const { root, bytes } = settled;
  const memory = readMemory(settled);
  const end = memory.indexOf("\n");
  const [, by, at, manifest, ledger, files] = HEAD.exec(memory.slice(0, Math.max(0, end))) ?? [];
  // Another version may find fault with what this one took.
  if (files === undefined || by !== version) return undefined;
  if (Number(at) < bootedAt() || Number(at) > Date.now()) return undefined;
  if (manifest !== hash("sha256", bytes) || ledger !== ledgerStamp(root)) return undefined;
  const paths = memory.slice(end + 1).split("\n");
  return files === (await stampsOf(root, paths, { signal })) ? paths.length : undefined;
}

/**
 * Remembers it, if the ledger tells of all `files` of the manifest that they stand as they stood when they were proven.
 * Never throws: what is not remembered costs time at the next run.
 */
export async function rememberPresent(
  settled: Settled,
  files: readonly SettledFile[],
  signal: AbortSignal,
): Promise<void> {
  const { root, bytes } = settled;
  if (files.length < WORTH_FILES || files.some(({ sha256 }) => sha256 === undefined)) return;
  try {
    // Before it is read: what another process adds meanwhile makes this memory one that does not fit.
    const ledgerThen = ledgerStamp(root);
    const ledger = await openLedger(root, { readOnly: true });
    const isFit = (index: number, stat: FileStamp) => {
      const { path, sha256 } = files[index] as SettledFile;
      return ledger.recall(path, stat) === sha256;
    };
    const paths = files.map(({ path }) => path);
    const stamps = await stampsOf(root, paths, { signal, isFit });
    if (stamps === undefined) return;
    const head = [version, Date.now(), hash("sha256", bytes), ledgerThen, stamps].join(" ");
    await homeFolder(root, FOLDER);
    await replaceWhole(memoryFile(settled), [head, ...paths].join("\n"), "replace");
  } catch {
    // A read-only or full disk, or a run that was stopped.
  }
}

function memoryFile({ root, file }: Settled): string {
  return join(root, HOME_FOLDER, FOLDER, hash("sha256", file).slice(0, 16));
}

/** A missing or foreign memory is an empty one. */
function readMemory(settled: Settled): string {
  try {
    return readRegularSync(memoryFile(settled), { mostBytes: MOST_BYTES }).bytes.toString("utf8");
  } catch {
    return "";
  }
}

/**
 * A digest of how all files stand; undefined where one is not there, not `isFit` or wants a closer look, and where the disk
 * is slow. Throws ABORTED.
 */
async function stampsOf(
  root: string,
  paths: readonly string[],
  { signal, isFit = () => true }: { signal: AbortSignal; isFit?: (index: number, stat: FileStamp) => boolean },
): Promise<string | undefined> {
  const targets = createTargets(root);
  const stamps = new BigUint64Array(paths.length * STAMP_FIELDS);
  const lookAt = (index: number) => {
    const target = targets.resolveAtOnce(paths[index] as string);
    const stat = target && look(target);
    if (!stat || !isFit(index, stat)) return false;
    setStamp(stamps, index, stat);
    return true;
  };
  return (await inSlices(paths.length, lookAt, signal)) ? hash("sha256", stamps) : undefined;
}

/** What tells that nothing was added to what was proven; undefined where nothing was ever proven. */
function ledgerStamp(root: string): string | undefined {
  const stat = look(join(root, HOME_FOLDER, LEDGER_FILE));
  if (stat === undefined) return undefined;
  const stamp = new BigUint64Array(STAMP_FIELDS);
  setStamp(stamp, 0, stat);
  return hash("sha256", stamp);
}

function look(path: string): FileStamp | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whatever changes with every change of a file. */
function setStamp(stamps: BigUint64Array, index: number, { size, mtimeNs, ctimeNs, ino, dev }: FileStamp): void {
  const at = index * STAMP_FIELDS;
  stamps[at] = size;
  stamps[at + 1] = mtimeNs;
  stamps[at + 2] = ctimeNs;
  stamps[at + 3] = ino;
  stamps[at + 4] = dev;
}
