/** Hashes what comes out of a pipe: read once, in order, to its end. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { NO_WAIT } from "../platform.js";
import { diskError, errnoOf } from "./disk-error.js";

const CHUNK_BYTES = 256 * 1024;
/** How often a pipe is asked whether something has come, in milliseconds. */
const LOOK_MS = 10;
/** Pipes without a name, as shells hand them over: their writer is there from the beginning. */
const HANDED_OVER = /^\/(?:dev\/(?:fd\/|stdin$)|proc\/[^/]+\/fd\/)/;

/** Whether a path leads to a pipe. */
export async function isPipe(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFIFO(),
    () => false,
  );
}

/**
 * Waits for a writer, and for what it writes; never in one of Node's threads, which no signal would free. `algorithm`: as
 * Node names it. Throws LOCAL_IO, the signal's reason.
 */
export async function hashPipe(
  path: string,
  { algorithm, signal }: { algorithm: string; signal: AbortSignal },
): Promise<{ hex: string; size: number }> {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let size = 0;
  let hasWriter = HANDED_OVER.test(path);
  try {
    const handle = await open(path, constants.O_RDONLY | NO_WAIT);
    try {
      for (;;) {
        signal.throwIfAborted();
        const got = await handle.read(buffer, 0, CHUNK_BYTES, null).catch((error) => {
          if (errnoOf(error) === "EAGAIN") return undefined;
          throw error;
        });
        if (got?.bytesRead === 0 && hasWriter) return { hex: hash.digest("hex"), size };
        hasWriter ||= got === undefined || got.bytesRead > 0;
        if (!got?.bytesRead) {
          await sleep(LOOK_MS, undefined, { signal });
          continue;
        }
        hash.update(buffer.subarray(0, got.bytesRead));
        size += got.bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(error, "read", path);
  }
}
