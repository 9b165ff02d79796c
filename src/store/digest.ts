/** Digests of files, several at once and off the main thread where there is much to read. */
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { AssetsError } from "../errors.js";
import { diskError } from "./disk-error.js";
import { type FileDigest, type HashWish, hashFile } from "./hash-file.js";
import type { HashMessage, HashQuestion } from "./hash-worker.js";

/** How one file is hashed. */
export interface HashOptions extends HashWish {
  /** Ends the reading. */
  signal: AbortSignal;
  /** Told the bytes read so far. */
  onProgress?: (bytes: number) => void;
}

/** Threads that hash. */
export interface Hasher {
  /**
   * Hashes one file, whose name is bytes where it is not UTF-8; more calls than threads wait their turn. Throws LOCAL_IO when the file cannot be read or changes
   * meanwhile; the signal's reason when aborted.
   */
  hash(path: string | Uint8Array, options: HashOptions): Promise<FileDigest>;
  /** Ends the threads. */
  close(): Promise<void>;
}

const MOST_WORKERS = 8;
/** So much is hashed on the spot, in bytes, before the first thread: it would take longer to start. */
const WORTH_BYTES = 4 * 1024 * 1024;
// Resolved through the package's own `imports`, so that sources and built files find the same built worker.
const workerFile = () => createRequire(import.meta.url).resolve("#hash-worker");

/** Makes a hasher; threads start when they are needed. `workers` defaults to the cores, at most 8. */
export function createHasher(workers = Math.min(availableParallelism(), MOST_WORKERS)): Hasher {
  const all = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting = new Set<(worker: Worker | undefined) => void>();
  let hashedHere = 0;

  /** Whether there is less to hash than is worth a thread, this file among it. */
  const isLittle = async ({ path, end = Number.POSITIVE_INFINITY }: HashQuestion) => {
    if (all.size > 0 || hashedHere >= WORTH_BYTES) return false;
    // What is wrong with a file shows when it is opened.
    const { size } = await stat(typeof path === "string" ? path : Buffer.from(path)).catch(() => ({ size: 0 }));
    hashedHere += Math.min(size, end);
    return hashedHere < WORTH_BYTES;
  };
  /** A new thread, or undefined where the system gives this process no further one. */
  const start = () => {
    try {
      const worker = new Worker(workerFile());
      all.add(worker);
      return worker;
    } catch {
      return undefined;
    }
  };
  const nextWaiting = () => {
    const [next] = waiting;
    if (next !== undefined) waiting.delete(next);
    return next;
  };
  const take = (signal: AbortSignal): Promise<Worker | undefined> => {
    const free = idle.pop();
    if (free !== undefined || all.size < workers) return Promise.resolve(free ?? start());
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        waiting.delete(serve);
        reject(signal.reason);
      };
      const serve = (worker: Worker | undefined) => {
        signal.removeEventListener("abort", onAbort);
        resolve(worker);
      };
      signal.addEventListener("abort", onAbort);
      waiting.add(serve);
    });
  };
  const give = (worker: Worker) => {
    const next = nextWaiting();
    if (next === undefined) idle.push(worker);
    else next(worker);
  };
  const retire = (worker: Worker) => {
    all.delete(worker);
    void worker.terminate();
    nextWaiting()?.(start());
  };

  return {
    async hash(path, { signal, onProgress = () => {}, ...wish }) {
      const question = { path, ...wish };
      signal.throwIfAborted();
      if (await isLittle(question)) return hashHere(question, signal, onProgress);
      const worker = await take(signal);
      if (worker === undefined) return hashHere(question, signal, onProgress);
      try {
        const digest = await ask(worker, question, signal, onProgress);
        give(worker);
        return digest;
      } catch (error) {
        if (error instanceof AssetsError && error.code === "LOCAL_IO") {
          give(worker);
          throw error;
        }
        // Aborted in the middle of a file, or the thread could not begin or go on.
        retire(worker);
        if (signal.aborted) throw error;
        return hashHere(question, signal, onProgress);
      }
    },
    async close() {
      await Promise.all([...all].map((worker) => worker.terminate()));
      all.clear();
      idle.length = 0;
    },
  };
}

function hashHere(
  { path, ...wish }: HashQuestion,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<FileDigest> {
  const onBytes = (bytes: number) => {
    signal.throwIfAborted();
    onProgress(bytes);
  };
  return hashFile(path, onBytes, wish).catch((error) => {
    signal.throwIfAborted();
    throw diskError(error, "read", path);
  });
}

function ask(
  worker: Worker,
  question: HashQuestion,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<FileDigest> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      worker.off("message", onMessage);
      worker.off("error", fail);
      worker.off("exit", onExit);
      signal.removeEventListener("abort", onAbort);
      worker.unref();
      act();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    const onMessage = (message: HashMessage) => {
      if (message.type === "progress") onProgress(message.bytes);
      else if (message.type === "done") {
        const { type: _, ...digest } = message;
        settle(() => resolve(digest));
      } else {
        fail(diskError(Object.assign(new Error(message.message), { code: message.errno }), "read", question.path));
      }
    };
    const onExit = () => fail(new Error("The hashing thread ended."));
    const onAbort = () => fail(signal.reason);
    worker.on("message", onMessage);
    worker.on("error", fail);
    worker.on("exit", onExit);
    signal.addEventListener("abort", onAbort);
    worker.ref();
    worker.postMessage(question);
  });
}
