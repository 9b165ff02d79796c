/** Files that say which process something belongs to, and whether that process is still there. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { NO_LINK, NO_WAIT } from "../platform.js";
import { isAlive, self } from "../this-process.js";
import { diskError, errnoOf } from "./disk-error.js";

/** What nobody refreshed for this long, in milliseconds, has no owner. */
const STALE_MS = 30_000;
/** The same for a file without readable content: its maker died between creating and writing it. */
const EMPTY_STALE_MS = 2_000;
/** More bytes than the record of an owner has. */
const OWNER_BYTES = 4096;

/** Who something belongs to. Times in milliseconds since the epoch. */
export interface Owner {
  pid: number;
  /** Name of the machine, for people. */
  host: string;
  /** Where `pid` means something. */
  place: string;
  startedAt: number;
  token: string;
}

/** What a file says of the owner. */
export interface OwnerFound {
  /** Undefined where it cannot be read. */
  owner: Owner | undefined;
  /** When it was last refreshed, in milliseconds, by the clock of the file system. */
  at: number;
  /** Changes when it is refreshed or changes hands. */
  sign: string;
}

/** Reads it; undefined where there is none. Throws LOCAL_IO. */
export async function readOwner(file: string): Promise<OwnerFound | undefined> {
  try {
    // Never through a link, and no more than an owner takes: the file may have come with the repository.
    const handle = await open(file, constants.O_RDONLY | NO_LINK | NO_WAIT);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(OWNER_BYTES), 0, OWNER_BYTES, 0);
      const text = buffer.toString("utf8", 0, bytesRead);
      const { mtimeMs } = await handle.stat();
      return { owner: parseOwner(text), at: mtimeMs, sign: `${mtimeMs} ${text}` };
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

/** Whether an owner is gone, who refreshed nothing for `unchangedMs`; `silenceMs`: how long others than this place may be silent. */
export function isStale(owner: Owner | undefined, unchangedMs: number, silenceMs = STALE_MS): boolean {
  if (owner === undefined) return unchangedMs > EMPTY_STALE_MS;
  // Of an owner elsewhere only its silence can tell. One of this place is asked for: a paused process still holds.
  if (owner.place !== self.place) return unchangedMs > silenceMs;
  // The id of this process, but begun at another time: an owner long gone had the same id.
  const earlier = owner.pid === self.pid && Math.abs(owner.startedAt - self.startedAt) > 1000;
  return earlier || !isAlive(owner.pid);
}
