/** One lock per target, so that two runs share a tree: the second waits, then finds the work done. */
import { createHash, randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError } from "../errors.js";
import { isAlive, self } from "../platform.js";
import { diskError, errnoOf } from "./disk-error.js";
import { homeFolder } from "./home.js";

const POLL_MS = 100;
const REFRESH_MS = 5_000;
/** A lock that nobody refreshed for this long, by the waiter's own watch, has no owner. */
const STALE_MS = 30_000;
/** The same for a lock file without readable content: its maker died between creating and writing it. */
const EMPTY_STALE_MS = 2_000;

/** Who holds a lock. Times in milliseconds since the epoch. */
interface Owner {
  pid: number;
  host: string;
  startedAt: number;
  token: string;
}

export interface LockOptions {
  /** Longest wait in milliseconds before LOCKED is thrown. */
  timeoutMs: number;
  signal: AbortSignal;
  /** Told once, when another process holds the lock. */
  onWait?: (owner: string) => void;
}

/**
 * Takes the lock of `path` (relative to the root), waiting for its holder. Answers how to let go.
 * No correctness rests on it, since locks lie on some network file systems: it saves work, the verified rename decides.
 * Throws LOCKED after `timeoutMs`, LOCAL_IO or DISK_FULL when no lock can be made.
 */
export async function lock(root: string, path: string, options: LockOptions): Promise<() => Promise<void>> {
  const folder = await homeFolder(root, "locks");
  const file = join(folder, `${createHash("sha256").update(path).digest("hex").slice(0, 24)}.lock`);
  const owner: Owner = { ...self, token: randomUUID() };
  const deadline = Date.now() + options.timeoutMs;
  let seen: { sign: string; since: number } | undefined;
  for (;;) {
    options.signal.throwIfAborted();
    if (await create(file, owner)) return hold(file, owner);
    const held = await look(file);
    if (held === undefined) continue;
    const first = seen === undefined;
    if (seen?.sign !== held.sign) seen = { sign: held.sign, since: performance.now() };
    if (isStale(held.owner, performance.now() - seen.since)) {
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
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
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
    const [text, { mtimeMs }] = await Promise.all([readFile(file, "utf8"), stat(file)]);
    return { owner: parseOwner(text), sign: `${mtimeMs} ${text}` };
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw diskError(error, "read the lock", file);
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, host, startedAt, token } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number" || typeof host !== "string" || typeof token !== "string") return undefined;
    return { pid, host, startedAt: typeof startedAt === "number" ? startedAt : 0, token };
  } catch {
    return undefined;
  }
}

function isStale(owner: Owner | undefined, unchangedMs: number): boolean {
  if (owner === undefined) return unchangedMs > EMPTY_STALE_MS;
  if (owner.host === self.host && !isAlive(owner.pid)) return true;
  // The id of this process, but begun at another time: an owner long gone had the same id.
  const other = Math.abs(owner.startedAt - self.startedAt) > 1000;
  if (owner.host === self.host && owner.pid === self.pid && other) return true;
  return unchangedMs > STALE_MS;
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
