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

/** What a manifest says, as it was read. */
export interface ReadManifest {
  /** Absolute root of the tree. */
  readonly root: string;
  readonly bytes: Uint8Array;
}

/** A pinned file. */
export interface PinnedFile {
  /** Relative to the root. */
  readonly path: string;
  readonly sha256?: string | undefined;
}

/** Fewer files are soon looked at in the usual way, and nothing is remembered of them. */
const WORTH_FILES = 256;
const FILE = "present";
/** It has a path for each file. */
const MOST_BYTES = 64 * 1024 * 1024;
/** What {@link setStamp} sets. */
const STAMP_FIELDS = 5;

/**
 * How many files the manifest names, if all of them stood proven in their places when that was remembered, the machine was
 * not started anew since, and neither they, nor the manifest, nor what was proven have changed. Undefined: it has to be
 * found out. Throws ABORTED.
 */
export async function recallPresent({ root, bytes }: ReadManifest, signal: AbortSignal): Promise<number | undefined> {
  const [head, ...paths] = readMemory(root).split("\n");
  if (head === undefined || paths.length < WORTH_FILES) return undefined;
  const [by, at, manifest, ledger, files] = head.split(" ");
  // Another version may find fault with what this one took.
  if (by !== version || Number(at) < bootedAt()) return undefined;
  if (manifest !== hash("sha256", bytes) || ledger !== ledgerStamp(root)) return undefined;
  return files === (await stampsOf(root, paths, signal)) ? paths.length : undefined;
}

/**
 * Remembers it, if the ledger tells of all `files` of the manifest that they stand as they stood when they were proven.
 * Failing to write costs no more than time at the next run, so it throws only ABORTED.
 */
export async function rememberPresent(
  { root, bytes }: ReadManifest,
  files: readonly PinnedFile[],
  signal: AbortSignal,
): Promise<void> {
  if (files.length < WORTH_FILES) return;
  // Before it is read: what another process adds meanwhile makes this memory one that does not fit.
  const stamp = ledgerStamp(root);
  const ledger = await openLedger(root, { readOnly: true });
  const paths = files.map(({ path }) => path);
  const isProven = (index: number, stat: FileStamp) => {
    const { path, sha256 } = files[index] as PinnedFile;
    return sha256 !== undefined && ledger.recall(path, stat) === sha256;
  };
  const stamps = await stampsOf(root, paths, signal, isProven);
  if (stamps === undefined || stamp === undefined) return;
  const head = [version, Date.now(), hash("sha256", bytes), stamp, stamps].join(" ");
  try {
    await replaceWhole(join(await homeFolder(root), FILE), [head, ...paths].join("\n"));
  } catch {
    // A read-only or full disk.
  }
}

/** A missing or foreign memory is an empty one; a damaged one fits nothing. */
function readMemory(root: string): string {
  try {
    return readRegularSync(join(root, HOME_FOLDER, FILE), { mostBytes: MOST_BYTES }).bytes.toString("utf8");
  } catch {
    return "";
  }
}

/** A digest of how all files stand; undefined where one is not there, not `isFit`, or wants a closer look. */
async function stampsOf(
  root: string,
  paths: readonly string[],
  signal: AbortSignal,
  isFit: (index: number, stat: FileStamp) => boolean = () => true,
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
  return (await inSlices(paths.length, lookAt, signal)) === paths.length ? hash("sha256", stamps) : undefined;
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
