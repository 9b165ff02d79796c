/** Locks by which two runs share a tree: the second waits, then finds the work done. */
import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError } from "../errors.js";
import { NO_LINK, NO_WAIT } from "../platform.js";
import { isAlive, self } from "../this-process.js";
import { diskError, errnoOf } from "./disk-error.js";
import { homeFolder } from "./home.js";

const POLL_MS = 100;
const REFRESH_MS = 5_000;
/** A lock that nobody refreshed for this long, by the waiter's own watch, has no owner. */
const STALE_MS = 30_000;
/** The same for a lock file without readable content: its maker died between creating and writing it. */
const EMPTY_STALE_MS = 2_000;

/** More bytes than the record of an owner has. */
const OWNER_BYTES = 4096;

/** Who holds a lock. Times in milliseconds since the epoch. */
interface Owner {
  pid: number;
  /** Name of the machine, for people. */
  host: string;
  /** Where `pid` means something. */
  place: string;
  startedAt: number;
  token: string;
}

/** A lock that is held. */
export interface Held {
  /** The owner before is gone only by appearance: it may still write to the files that it had open. */
  readonly doubtful: boolean;
  /** Gives it back, unless somebody else has it by now. Never throws. */
  release(): Promise<void>;
}

/** How to wait for a lock. */
export interface LockOptions {
  /** Longest wait in milliseconds before LOCKED is thrown. */
  timeoutMs: number;
  /** Ends the waiting; its reason is thrown. */
  signal: AbortSignal;
  /** Told once, when another process holds the lock. */
  onWait?: (owner: string) => void;
}

/**
 * Takes the lock of that name under the root, waiting for its holder. `path`: a file's path, a folder's with a slash at
 * its end, or an archive's URL.
 * No correctness rests on it, since locks lie on some network file systems: it saves work, the verified rename decides.
 * Throws LOCKED after `timeoutMs`, LOCAL_IO or DISK_FULL when no lock can be made, UNSAFE_PATH when a link stands in the
 * way, the signal's reason.
 */
export async function lock(root: string, path: string, options: LockOptions): Promise<Held> {
  const folder = await homeFolder(root, "locks");
  const file = join(folder, `${createHash("sha256").update(path).digest("hex").slice(0, 24)}.lock`);
  const owner: Owner = { ...self, token: randomUUID() };
  const deadline = Date.now() + options.timeoutMs;
  let seen: { sign: string; since: number } | undefined;
  let doubtful = false;
  for (;;) {
    options.signal.throwIfAborted();
    if (await create(file, owner)) return { doubtful, release: hold(file, owner) };
    const held = await look(file);
    if (held === undefined) continue;
    const first = seen === undefined;
    if (seen?.sign !== held.sign) seen = { sign: held.sign, since: performance.now() };
    if (isStale(held.owner, performance.now() - seen.since)) {
      doubtful ||= held.owner?.place !== self.place;
      await takeAway(file, held.sign);
      continue;
    }
    if (first && held.owner !== undefined) options.onWait?.(describe(held.owner));
    if (Date.now() > deadline) {
      const by = held.owner === undefined ? "another process" : describe(held.owner);
      throw new AssetsError("LOCKED", `${path} is being written by ${by}, which has not finished.`, {
        hint: "Wait for it or end it, then run the same command again.",
      });
    }
    await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => {});
  }
}

async function create(file: string, owner: Owner): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    try {
      await handle.writeFile(JSON.stringify(owner));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw diskError(error, "lock", file);
  }
}

function hold(file: string, owner: Owner): () => Promise<void> {
  const refresh = setInterval(async () => {
    const held = await look(file).catch(() => undefined);
    const now = new Date();
    if (held?.owner?.token === owner.token) await utimes(file, now, now).catch(() => {});
  }, REFRESH_MS);
  refresh.unref();
  return async () => {
    clearInterval(refresh);
    const held = await look(file).catch(() => undefined);
    if (held?.owner?.token === owner.token) await rm(file, { force: true }).catch(() => {});
  };
}

/** Who holds the lock now; `sign` changes when it is refreshed or changes hands. */
async function look(file: string): Promise<{ owner: Owner | undefined; sign: string } | undefined> {
  try {
    // Never through a link, and no more than an owner takes: the file may have come with the repository.
    const handle = await open(file, constants.O_RDONLY | NO_LINK | NO_WAIT);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(OWNER_BYTES), 0, OWNER_BYTES, 0);
      const text = buffer.toString("utf8", 0, bytesRead);
      return { owner: parseOwner(text), sign: `${(await handle.stat()).mtimeMs} ${text}` };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw diskError(error, "read the lock", file);
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, host, place, startedAt, token } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number" || typeof host !== "string" || typeof place !== "string") return undefined;
    if (typeof token !== "string") return undefined;
    return { pid, host, place, startedAt: typeof startedAt === "number" ? startedAt : 0, token };
  } catch {
    return undefined;
  }
}

function isStale(owner: Owner | undefined, unchangedMs: number): boolean {
  if (owner === undefined) return unchangedMs > EMPTY_STALE_MS;
  // Of an owner elsewhere only its silence can tell. One of this place is asked for: a paused process still holds.
  if (owner.place !== self.place) return unchangedMs > STALE_MS;
  // The id of this process, but begun at another time: an owner long gone had the same id.
  const earlier = owner.pid === self.pid && Math.abs(owner.startedAt - self.startedAt) > 1000;
  return earlier || !isAlive(owner.pid);
}

/** Removes a lock judged stale; if it changed hands meanwhile, what was taken is put back. */
async function takeAway(file: string, sign: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return;
    throw diskError(error, "remove the lock", file);
  }
  const taken = await look(aside);
  if (taken !== undefined && taken.sign !== sign) await rename(aside, file);
  else await rm(aside, { force: true });
}

function describe(owner: Owner): string {
  return owner.host === self.host ? `process ${owner.pid}` : `process ${owner.pid} on ${owner.host}`;
}
