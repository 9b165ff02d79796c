/** Locks by which two runs share a tree: the second waits, then finds the work done. */
import { createHash, randomUUID } from "node:crypto";
import { open, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AssetsError } from "../errors.js";
import { self } from "../this-process.js";
import { diskError, errnoOf } from "./disk-error.js";
import { homeFolder } from "./home.js";
import { isStale, type Owner, readOwner } from "./owner.js";

const POLL_MS = 100;
const REFRESH_MS = 5_000;
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
    const held = await readOwner(file);
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
    const held = await readOwner(file).catch(() => undefined);
    const now = new Date();
    if (held?.owner?.token === owner.token) await utimes(file, now, now).catch(() => {});
  }, REFRESH_MS);
  refresh.unref();
  return async () => {
    clearInterval(refresh);
    const held = await readOwner(file).catch(() => undefined);
    if (held?.owner?.token === owner.token) await rm(file, { force: true }).catch(() => {});
  };
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
  const taken = await readOwner(aside);
  if (taken !== undefined && taken.sign !== sign) await rename(aside, file);
  else await rm(aside, { force: true });
}

function describe(owner: Owner): string {
  return owner.host === self.host ? `process ${owner.pid}` : `process ${owner.pid} on ${owner.host}`;
}
