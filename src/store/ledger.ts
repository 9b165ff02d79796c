/** What was proven about files, so that an unchanged one need not be hashed again: `.assets/ledger.ndjson`. */
import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError } from "../errors.js";
import { NO_LINK, NO_WAIT } from "../platform.js";
import { readRegularSync } from "../read-regular.js";
import type { FileStamp } from "./hash-file.js";
import { HOME_FOLDER, homeFolder } from "./home.js";
import { type Entry, entryOf, matches, parseEntry, pathOf, proofIn } from "./ledger-lines.js";

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

/** Its name in the folder of the tool. */
export const LEDGER_FILE = "ledger.ndjson";
/** No ledger is longer, in bytes: it has about 300 for each file. */
const MOST_BYTES = 64 * 1024 * 1024;
const CLOCK = "clock";
/** Lines that have been replaced by later ones are cleared away beyond this many. */
const MOST_DEAD_LINES = 1_000;
/** By then systems have written to the disk what they were given, in nanoseconds: Linux begins after 30 seconds. */
const WRITTEN_BACK_NS = 300_000_000_000n;
/**
 * How coarse the times of a file on another file system than the ledger's may be, whose clock is not asked: those of FAT
 * go by two seconds, those with parts of a second by 10 ms at most.
 */
const COARSE_TICK_NS = 3_000_000_000n;
const FINE_TICK_NS = 20_000_000n;
const SECOND_NS = 1_000_000_000n;
/** How long to wait for the file system's clock to move on; its tick is a few milliseconds on common ones. */
const CLOCK_WAIT_MS = 40;

/** The text of a root's ledger, empty for one that is missing or none of ours, and the file system that it lies on. */
export function readLedger(root: string): { text: string; dev?: bigint } {
  try {
    const { bytes, dev } = readRegularSync(join(root, HOME_FOLDER, LEDGER_FILE), { mostBytes: MOST_BYTES });
    return { text: new TextDecoder().decode(bytes), dev };
  } catch {
    return { text: "" };
  }
}

/**
 * Reads the ledger of a root. A missing, damaged or foreign ledger is an empty one. `readOnly`: nothing is written, so that
 * the clock cannot be asked either.
 */
export async function openLedger(root: string, { readOnly = false } = {}): Promise<Ledger> {
  /** The last line of each path, parsed when it is asked for. */
  const entries = new Map<string, string>();
  let lines = 0;
  const own = readLedger(root);
  for (const line of own.text.split("\n")) {
    const path = pathOf(line);
    if (path === undefined) continue;
    lines++;
    entries.set(path, line);
  }
  let ownDev = own.dev;
  let latest: { path: string; entry: Entry | undefined } | undefined;
  const entryFor = (path: string) => {
    const line = entries.get(path);
    if (line === undefined) return undefined;
    if (latest?.path !== path) latest = { path, entry: parseEntry(line) };
    return latest.entry;
  };
  /** Recorded, not written yet; without `at` until the clock has moved past the file's own times. */
  let pending: { entry: Omit<Entry, "at">; at?: bigint }[] = [];

  const clock = async () => {
    if (readOnly)
      throw new AssetsError("LOCAL_IO", "The clock of the file system is not asked: nothing is to be written.");
    const handle = await openOwn(join(await homeFolder(root), CLOCK), constants.O_WRONLY);
    try {
      await handle.write("\n", 0);
      const { mtimeNs, dev } = await handle.stat({ bigint: true });
      ownDev = dev;
      return mtimeNs;
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
      const tick = tickOf(stat, ownDev);
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
      const entry = entryOf(path, stat, sha256);
      if (mark) entry.unsynced = true;
      pending.push({ entry, at: since });
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
      if (pending.length === 0 || readOnly) return;
      const batch = pending;
      pending = [];
      try {
        const now = batch.some(({ at }) => at === undefined)
          ? await clockAfter(clock, () => newest(batch, ownDev))
          : 0n;
        const added = batch.map(({ entry, at = now }) => JSON.stringify({ ...entry, at: String(at) } satisfies Entry));
        for (const [index, { entry }] of batch.entries()) entries.set(entry.path, added[index] ?? "");
        latest = undefined;
        lines += added.length;
        const file = join(await homeFolder(root), LEDGER_FILE);
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
async function clockAfter(clock: () => Promise<bigint>, time: () => bigint): Promise<bigint> {
  const deadline = performance.now() + CLOCK_WAIT_MS;
  for (;;) {
    const now = await clock();
    if (now > time() || performance.now() > deadline) return now;
    await sleep(2);
  }
}

/** The time that the clock has to pass before the files of a batch can be told from ones that change now. */
function newest(batch: { entry: Omit<Entry, "at">; at?: bigint }[], ownDev: bigint | undefined): bigint {
  return batch.reduce((latest, { entry, at }) => {
    const ctimeNs = BigInt(entry.ctime);
    const time = at === undefined ? ctimeNs + tickOf({ ctimeNs, dev: BigInt(entry.dev) }, ownDev) : 0n;
    return time > latest ? time : latest;
  }, 0n);
}

/** How far apart two changes of a file may lie that leave it the same times, beyond what the ledger's clock tells. */
function tickOf({ ctimeNs, dev }: Pick<FileStamp, "ctimeNs" | "dev">, ownDev: bigint | undefined): bigint {
  if (ownDev === undefined || ownDev === dev) return 0n;
  return ctimeNs % SECOND_NS === 0n ? COARSE_TICK_NS : FINE_TICK_NS;
}

/** Whether the machine was started anew since a file was recorded whose bytes only memory was known to have. */
function isForgotten({ at, unsynced }: Pick<Entry, "at" | "unsynced">): boolean {
  return unsynced === true && Number(BigInt(at) / 1_000_000n) < bootedAt();
}

/** When the machine was started, in milliseconds since the epoch. */
export function bootedAt(): number {
  return Date.now() - uptime() * 1000;
}

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
