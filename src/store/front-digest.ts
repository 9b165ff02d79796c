/** The digest of a partial's bytes in order, worked out by a thread while the bytes behind them arrive. */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { diskError } from "./disk-error.js";
import type { FrontAnswer, FrontMessage } from "./front-worker.js";
import type { PartialFile } from "./partial-file.js";

/** The digest of one partial. */
export interface FrontDigest {
  /** Tells that the bytes up to the partial's front are there. */
  advance(): void;
  /** The digest of the bytes up to the partial's front, hex. Throws LOCAL_IO, the signal's reason. */
  value(signal: AbortSignal): Promise<string>;
  /** The digests of the pieces that {@link value} last told the whole of, as far as the thread worked them out. */
  pieces(): Uint8Array | undefined;
  /** Forgets what was hashed: bytes below the front have changed. */
  reset(): Promise<void>;
  /** Lets go of the partial, which may then be closed. Never throws. */
  close(): Promise<void>;
}

/** The thread of a run, which all its files share. */
export interface DigestThread {
  /**
   * Follows a partial from its first byte; with `pieceBytes`, pieces of that size are hashed as well. The algorithm is one
   * that Node names, or `git-blob`, which must be followed when all bytes are there: their number is hashed first.
   */
  follow(partial: PartialFile, algorithm: string, pieceBytes?: number): FrontDigest;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** What is shorter than this is hashed on the spot, in bytes: a message would cost more. */
const WORTH_BYTES = 4 * 1024 * 1024;
/** How far the front moves before the thread is told, in bytes. */
const STEP_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
// Resolved through the package's own `imports`, so that sources and built files find the same built worker.
const workerFile = () => createRequire(import.meta.url).resolve("#front-worker");

/** Makes the thread; it starts when the first large file needs it. */
export function createDigestThread(): DigestThread {
  const questions = new Map<number, (answer: FrontAnswer) => void>();
  let worker: Worker | undefined;
  let broken = false;
  let lastId = 0;

  const end = () => {
    broken = true;
    for (const [question, settle] of [...questions]) settle({ question, message: "The hashing thread ended." });
  };
  /** The thread, or undefined where the system gives this process none. */
  const start = () => {
    if (worker !== undefined || broken) return broken ? undefined : worker;
    try {
      worker = new Worker(workerFile());
      worker.unref();
      worker.on("message", (answer: FrontAnswer) => {
        questions.get(answer.question)?.(answer);
      });
      worker.on("error", end);
      worker.on("exit", end);
    } catch {
      broken = true;
    }
    return worker;
  };
  const tell = (message: FrontMessage) => worker?.postMessage(message);
  const ask = (type: "ask" | "drop", id: number, signal?: AbortSignal) =>
    new Promise<FrontAnswer>((resolve, reject) => {
      if (broken) return resolve({ question: 0, message: "The hashing thread ended." });
      const question = ++lastId;
      const settled = () => {
        signal?.removeEventListener("abort", onAbort);
        questions.delete(question);
        if (questions.size === 0) worker?.unref();
      };
      const onAbort = () => {
        settled();
        reject(signal?.reason);
      };
      worker?.ref();
      questions.set(question, (answer) => {
        settled();
        resolve(answer);
      });
      signal?.addEventListener("abort", onAbort);
      tell({ type, id, question });
    });

  return {
    follow(partial, algorithm, pieceBytes) {
      /** Name of the partial with the thread, once it is there. */
      let id: number | undefined;
      let told = 0;
      let pieces: Uint8Array | undefined;
      const engage = (): number | undefined => {
        const { content: descriptor } = partial;
        if (id !== undefined || typeof descriptor !== "number" || partial.front < WORTH_BYTES) return id;
        if (start() === undefined) return undefined;
        id = ++lastId;
        tell({ type: "follow", id, descriptor, ...startOf(algorithm, partial), pieceBytes });
        return id;
      };
      const tellFront = (known: number) => {
        told = partial.front;
        tell({ type: "advance", id: known, to: told });
      };
      const leave = async () => {
        if (id === undefined) return;
        const known = id;
        id = undefined;
        told = 0;
        if (!broken) await ask("drop", known);
      };
      return {
        advance() {
          const known = engage();
          if (known !== undefined && partial.front - told >= STEP_BYTES) tellFront(known);
        },
        async value(signal) {
          signal.throwIfAborted();
          pieces = undefined;
          const known = engage();
          if (known === undefined) return hashHere(partial, algorithm, signal);
          tellFront(known);
          const { hex, errno, message, ...answer } = await ask("ask", known, signal);
          pieces = answer.pieces;
          if (hex !== undefined) return hex;
          if (errno === undefined) return hashHere(partial, algorithm, signal);
          throw diskError(Object.assign(new Error(message), { code: errno }), "read", partial.path);
        },
        pieces: () => pieces,
        reset: leave,
        close: leave,
      };
    },
    async close() {
      await worker?.terminate();
    },
  };
}

/** The hash of Node that makes a digest, and what goes into it before the bytes (git-hash-object(1)). */
function startOf(algorithm: string, { front }: PartialFile): { algorithm: string; head: string } {
  return algorithm === "git-blob" ? { algorithm: "sha1", head: `blob ${front}\0` } : { algorithm, head: "" };
}

async function hashHere(partial: PartialFile, algorithm: string, signal: AbortSignal): Promise<string> {
  const start = startOf(algorithm, partial);
  const hash = createHash(start.algorithm).update(start.head);
  const { content, front } = partial;
  if (typeof content !== "number") return hash.update(content.subarray(0, front)).digest("hex");
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, partial.front));
  for (let at = 0; at < partial.front; ) {
    signal.throwIfAborted();
    const wanted = buffer.subarray(0, Math.min(buffer.length, partial.front - at));
    const bytes = await partial.read(wanted, at);
    if (bytes === 0) throw diskError(new Error("it became shorter while it was read"), "read", partial.path);
    hash.update(wanted.subarray(0, bytes));
    at += bytes;
  }
  return hash.digest("hex");
}
