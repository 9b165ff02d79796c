/** SHA-256 of files, several at once and off the main thread. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { diskError } from "./disk-error.js";
import type { FileStamp, HashMessage } from "./hash-worker.js";

/** A file's digest, and how the file stood while it was read. `size` in bytes. */
export interface FileDigest {
  sha256: string;
  size: number;
  stat: FileStamp;
}

/** Threads that hash. */
export interface Hasher {
  /**
   * Hashes one file; more calls than threads wait their turn. `onProgress` is told the bytes read so far.
   * Throws LOCAL_IO when the file cannot be read or changes meanwhile; the signal's reason when aborted.
   */
  hash(path: string, options: { signal: AbortSignal; onProgress?: (bytes: number) => void }): Promise<FileDigest>;
  /** Ends the threads. */
  close(): Promise<void>;
}

const MOST_WORKERS = 8;
// Resolved through the package's own `imports`, so that sources and built files find the same built worker.
const workerFile = createRequire(import.meta.url).resolve("#hash-worker");

/** Makes a hasher; threads start when they are needed. `workers` defaults to the cores, at most 8. */
export function createHasher(workers = Math.min(availableParallelism(), MOST_WORKERS)): Hasher {
  const all = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];

  const take = (): Promise<Worker> => {
    const free = idle.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (all.size < workers) {
      const worker = new Worker(workerFile);
      all.add(worker);
      return Promise.resolve(worker);
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const give = (worker: Worker) => {
    const next = waiting.shift();
    if (next !== undefined) next(worker);
    else idle.push(worker);
  };

  return {
    async hash(path, { signal, onProgress }) {
      signal.throwIfAborted();
      const worker = await take();
      let broken = false;
      try {
        signal.throwIfAborted();
        return await ask(worker, path, signal, onProgress);
      } catch (error) {
        // Its thread may still be in the middle of the file: it serves no other.
        broken = signal.aborted;
        throw error;
      } finally {
        if (broken) {
          all.delete(worker);
          void worker.terminate();
          const next = waiting.shift();
          if (next !== undefined) take().then(next);
        } else give(worker);
      }
    },
    async close() {
      await Promise.all([...all].map((worker) => worker.terminate()));
      all.clear();
      idle.length = 0;
    },
  };
}

function ask(
  worker: Worker,
  path: string,
  signal: AbortSignal,
  onProgress: ((bytes: number) => void) | undefined,
): Promise<FileDigest> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off("message", onMessage);
      worker.off("error", onError);
      signal.removeEventListener("abort", onAbort);
      worker.unref();
      act();
    };
    const onMessage = (message: HashMessage) => {
      if (message.type === "progress") onProgress?.(message.bytes);
      else if (message.type === "done") {
        const { sha256, size, stat } = message;
        settle(() => resolve({ sha256, size, stat }));
      } else {
        const error = Object.assign(new Error(message.message), { code: message.errno });
        settle(() => reject(diskError(error, "read", path)));
      }
    };
    const onError = (error: Error) => settle(() => reject(error));
    const onAbort = () => settle(() => reject(signal.reason));
    worker.on("message", onMessage);
    worker.on("error", onError);
    signal.addEventListener("abort", onAbort);
    worker.ref();
    worker.postMessage(path);
  });
}
