/** What was proven about files, so that an unchanged one need not be hashed again: `.assets/ledger.ndjson`. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NO_LINK, NO_WAIT } from "../platform.js";
import type { FileStamp } from "./hash-file.js";
import { HOME_FOLDER, homeFolder } from "./home.js";

/**
 * One line of the ledger: this file had this digest. Numbers that exceed a double are decimal strings.
 * `at` is the clock of the file system, in nanoseconds, when the file was known to have it.
 */
interface Entry {
  path: string;
  sha256: string;
  size: string;
  mtime: string;
  ctime: string;
  ino: string;
  dev: string;
  at: string;
  /** Only memory was known to have the bytes: after the machine was started anew they count for nothing. */
  unsynced?: true;
}

/** The memory of one root. Paths are relative to it. */
export interface Ledger {
  /**
   * The proven SHA-256 of a file that stands exactly as it stood when it was proven, else undefined. `during` (default:
   * ever): only what was proven in that span of the file system's clock, in nanoseconds.
   */
  recall(path: string, stat: FileStamp, during?: { from: bigint; to: bigint }): string | undefined;
  /**
   * Whether what stands there may be what a power cut left of a file that was put there: the same file, not written to
   * since, of which only memory was known to have the bytes before the machine was started anew.
   */
  isRemnant(path: string, stat: FileStamp): boolean;
  /** What was last recorded for a path, whatever became of the file since. `size` in bytes. */
  last(path: string): { sha256: string; size: number } | undefined;
  /**
   * Notes that a file has a digest; written by `flush`. `at` as {@link Ledger.clock} gave it before the file was read;
   * left out for a file that was just put in place, its bytes having been hashed before it got its name. `unsynced`: the
   * disk was not waited for. Default false.
   */
  record(path: string, stat: FileStamp, sha256: string, options?: { at?: bigint; unsynced?: boolean }): void;
  /**
   * Notes that a file has other bytes than were recorded for it, though it stands as it stood then: a disk has lost
   * them, or the system tells no change. Only `last` still answers. Written by `flush`.
   */
  doubt(path: string): void;
  /**
   * The file system's own clock, in nanoseconds, told by writing to it: only what is older than this by that clock
   * can be told apart from a later change.
   */
  clock(): Promise<bigint>;
  /** Writes what was recorded. Failing to write loses time at the next run, never truth, so it throws nothing. */
  flush(): Promise<void>;
}

const FILE = "ledger.ndjson";
const CLOCK = "clock";
/** Lines that have been replaced by later ones are cleared away beyond this many. */
const MOST_DEAD_LINES = 1_000;
/** By then systems have written to the disk what they were given, in nanoseconds: Linux begins after 30 seconds. */
const WRITTEN_BACK_NS = 300_000_000_000n;
/**
 * How coarse the times of a file on another file system than the ledger's may be, whose clock is not asked: those of FAT
 * go by two seconds.
 */
const FOREIGN_TICK_NS = 3_000_000_000n;
/** How long to wait for the file system's clock to move on; its tick is a few milliseconds on common ones. */
const CLOCK_WAIT_MS = 40;

/** Reads the ledger of a root. A missing, damaged or foreign ledger is an empty one. */
export async function openLedger(root: string): Promise<Ledger> {
  /** The last line of each path, parsed when it is asked for. */
  const entries = new Map<string, string>();
  let lines = 0;
  const own = readOwn(join(root, HOME_FOLDER, FILE));
  for (const line of own.text.split("\n")) {
    const path = pathOf(line);
    if (path === undefined) continue;
    lines++;
    entries.set(path, line);
  }
  let latest: { path: string; entry: Entry | undefined } | undefined;
  const entryFor = (path: string) => {
    if (latest?.path !== path) latest = { path, entry: parseEntry(entries.get(path) ?? "") };
    return latest.entry;
  };
  /** Recorded, not written yet; without `at` until the clock has moved past the file's own times. */
  let pending: { entry: Omit<Entry, "at">; at?: bigint }[] = [];

  const clock = async () => {
    const handle = await openOwn(join(await homeFolder(root), CLOCK), constants.O_WRONLY);
    try {
      await handle.write("\n", 0);
      return (await handle.stat({ bigint: true })).mtimeNs;
    } finally {
      await handle.close();
    }
  };

  return {
    recall(path, stat, during) {
      const proof = proofIn(entries.get(path), path, stat);
      if (proof === undefined || isForgotten(proof)) return undefined;
      const at = BigInt(proof.at);
      if (during !== undefined && (at < during.from || at > during.to)) return undefined;
      // A change within the tick of the clock in which the file was proven would leave the same times.
      const tick = own.dev === undefined || own.dev === stat.dev ? 0n : FOREIGN_TICK_NS;
      return at > stat.mtimeNs + tick && at > stat.ctimeNs + tick ? proof.sha256 : undefined;
    },
    isRemnant(path, stat) {
      const entry = entryFor(path);
      if (entry === undefined || !isForgotten(entry)) return false;
      const same = entry.ino === String(stat.ino) && entry.dev === String(stat.dev);
      return same && stat.size <= BigInt(entry.size) && stat.mtimeNs <= BigInt(entry.mtime);
    },
    last(path) {
      const entry = entryFor(path);
      return entry && { sha256: entry.sha256, size: Number(entry.size) };
    },
    record(path, stat, sha256, { at, unsynced = false } = {}) {
      // A file named within the tick of its last byte could have been changed in that tick as well.
      const since = at ?? (stat.mtimeNs < stat.ctimeNs ? undefined : stat.ctimeNs);
      const before = entryFor(path);
      // Read from memory a moment later, a file is no surer to be on the disk.
      const still = before?.unsynced && !isForgotten(before) && (at ?? 0n) - BigInt(before.at) < WRITTEN_BACK_NS;
      const mark = unsynced || (at !== undefined && still && matches(before, stat));
      const entry = { ...entryOf(path, stat, sha256), ...(mark && { unsynced: true as const }) };
      pending.push({ entry, ...(since !== undefined && { at: since }) });
    },
    doubt(path) {
      const before = entryFor(path);
      if (before === undefined) return;
      // Nothing is older than the beginning of time, so that no file is taken for what was proven then.
      const { at: _, unsynced: __, ...entry } = before;
      pending.push({ entry, at: 0n });
    },
    clock,
    async flush() {
      if (pending.length === 0) return;
      const batch = pending;
      pending = [];
      try {
        const now = batch.some(({ at }) => at === undefined) ? await clockAfter(clock, newest(batch)) : 0n;
        const added = batch.map(({ entry, at = now }) => JSON.stringify({ ...entry, at: String(at) } satisfies Entry));
        for (const [index, { entry }] of batch.entries()) entries.set(entry.path, added[index] ?? "");
        latest = undefined;
        lines += added.length;
        const file = join(await homeFolder(root), FILE);
        if (lines - entries.size > MOST_DEAD_LINES) {
          await rewrite(file, [...entries.values()]);
          lines = entries.size;
        } else await append(file, added);
      } catch {
        // A read-only or full disk: the files will be hashed again.
      }
    },
  };
}

/** The clock once it stands past `time`, or as far as it came while it was worth waiting. */
async function clockAfter(clock: () => Promise<bigint>, time: bigint): Promise<bigint> {
  const deadline = performance.now() + CLOCK_WAIT_MS;
  for (;;) {
    const now = await clock();
    if (now > time || performance.now() > deadline) return now;
    await sleep(2);
  }
}

function newest(batch: { entry: Omit<Entry, "at">; at?: bigint }[]): bigint {
  return batch.reduce((latest, { entry, at }) => {
    const time = at === undefined ? BigInt(entry.ctime) : 0n;
    return time > latest ? time : latest;
  }, 0n);
}

function entryOf(path: string, stat: FileStamp, sha256: string): Omit<Entry, "at"> {
  return {
    path,
    sha256,
    size: String(stat.size),
    mtime: String(stat.mtimeNs),
    ctime: String(stat.ctimeNs),
    ino: String(stat.ino),
    dev: String(stat.dev),
  };
}

function matches(entry: Entry, stat: FileStamp): boolean {
  return (
    entry.mtime === String(stat.mtimeNs) &&
    entry.ctime === String(stat.ctimeNs) &&
    entry.ino === String(stat.ino) &&
    entry.size === String(stat.size) &&
    entry.dev === String(stat.dev)
  );
}

/** Whether the machine was started anew since a file was recorded whose bytes only memory was known to have. */
function isForgotten({ at, unsynced }: Pick<Entry, "at" | "unsynced">): boolean {
  return unsynced === true && Number(BigInt(at) / 1_000_000n) < Date.now() - uptime() * 1000;
}

const HEAD = '{"path":"';

/** The path that a line is about; undefined for anything but a whole line: the last one of a killed run may be torn. */
function pathOf(line: string): string | undefined {
  if (!line.startsWith(HEAD) || !line.endsWith("}")) return undefined;
  const path = line.slice(HEAD.length, line.indexOf('"', HEAD.length));
  return path.includes("\\") ? parseEntry(line)?.path : path;
}

/**
 * What a line proves of a file that stands like this. Compared as text, in the form in which `flush` writes it, which
 * is quicker than to parse it: there is a line for each file.
 */
function proofIn(line: string | undefined, path: string, stat: FileStamp): Proof | undefined {
  const digestAt = HEAD.length + path.length + DIGEST.length;
  const standing = `","size":"${stat.size}","mtime":"${stat.mtimeNs}","ctime":"${stat.ctimeNs}","ino":"${stat.ino}","dev":"${stat.dev}",`;
  if (!line?.startsWith(standing, digestAt + HEX_DIGITS)) return undefined;
  const sha256 = line.slice(digestAt, digestAt + HEX_DIGITS);
  const [, unsynced, at] = TAIL.exec(line.slice(digestAt + HEX_DIGITS + standing.length)) ?? [];
  if (at === undefined || !SHA256.test(sha256)) return undefined;
  return unsynced === undefined ? { sha256, at } : { sha256, at, unsynced: true };
}

type Proof = Pick<Entry, "sha256" | "at" | "unsynced">;

const DIGEST = '","sha256":"';
const HEX_DIGITS = 64;
const TAIL = /^("unsynced":true,)?"at":"(\d{1,30})"\}$/;

/** The entry of a line, or undefined for anything else. What {@link matches} compares may be anything as well. */
function parseEntry(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry;
    const { path, sha256, at } = entry;
    return typeof path === "string" && SHA256.test(sha256) && TIME.test(at) ? entry : undefined;
  } catch {
    return undefined;
  }
}

const SHA256 = /^[0-9a-f]{64}$/;
const TIME = /^\d{1,30}$/;

/** A single write in append mode, so that lines of two runs do not mix. The first line feed ends a torn line. */
async function append(file: string, lines: string[]): Promise<void> {
  const handle = await openOwn(file, constants.O_WRONLY | constants.O_APPEND);
  try {
    await handle.writeFile(`\n${lines.join("\n")}\n`);
    // What was put in place must not outlast the note that says how far it can be trusted.
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function rewrite(file: string, lines: string[]): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, "wx");
  try {
    await handle.writeFile(`${lines.join("\n")}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

/** Opens a file of ours, never through a link that may have come with the repository. */
function openOwn(path: string, flags: number): Promise<FileHandle> {
  return open(path, flags | constants.O_CREAT | NO_LINK | NO_WAIT);
}

/** At once: the way through Node's thread pool, piece by piece, takes several times as long as the reading. */
function readOwn(path: string): { text: string; dev?: bigint } {
  try {
    const file = openSync(path, constants.O_RDONLY | NO_LINK | NO_WAIT);
    try {
      const { dev } = fstatSync(file, { bigint: true });
      return { text: new TextDecoder().decode(readFileSync(file)), dev };
    } finally {
      closeSync(file);
    }
  } catch {
    return { text: "" };
  }
}
