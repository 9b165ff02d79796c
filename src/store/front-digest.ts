/** The digest of a partial's bytes in order, worked out by a thread while the bytes behind them arrive. */
import { createHash, hash as hashOf } from "node:crypto";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Cut, Cutting } from "../manifest/pieces.js";
import type { ByteRange } from "./byte-ranges.js";
import { diskError } from "./disk-error.js";
import type { FrontAnswer, FrontMessage, FrontQuestion } from "./front-worker.js";
import type { PartialFile } from "./partial-file.js";

/** The digest of one partial. */
export interface FrontDigest {
  /** Tells that the bytes up to the partial's front are there. */
  advance(): void;
  /** The digest of the bytes up to the partial's front, hex. Throws LOCAL_IO, the signal's reason. */
  value(signal: AbortSignal): Promise<string>;
  /** The pieces of what {@link value} last told the digest of, as far as the thread worked them out. */
  pieces(): Cut | undefined;
  /** Forgets what was hashed: bytes below the front have changed. */
  reset(): Promise<void>;
  /** Lets go of the partial, which may then be closed. Never throws. */
  close(): Promise<void>;
}

/** What is hashed beside the bytes, and before them. */
export interface FollowOptions {
  /** Asked when the hashing begins: pieces that are cut so are hashed as well. Default: none. */
  readonly cutting?: () => Cutting | undefined;
  /** How many bytes there will be, as far as it is known: `git-blob` begins with it. Default: known with the last one. */
  readonly size?: () => number | undefined;
}

/** The thread of a run, which all its files share. */
export interface DigestThread {
  /**
   * Follows a partial from its first byte. The algorithm is one that Node names, or `git-blob`: the number of all bytes is
   * hashed first, so that it can only be asked for when they are there.
   */
  follow(partial: PartialFile, algorithm: string, options?: FollowOptions): FrontDigest;
  /** SHA-256 of some bytes of a partial that are there, hex. Throws LOCAL_IO. */
  hashRange(partial: PartialFile, range: ByteRange): Promise<string>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** What is shorter than this is hashed on the spot, in bytes: a message would cost more. */
const WORTH_BYTES = 4 * 1024 * 1024;
/** How far the front moves before the thread is told, in bytes. */
const STEP_BYTES = 4 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
// Resolved through the package's own `imports`, so that sources and built files find the same built worker.
const workerFile = () => createRequire(import.meta.url).resolve("#front-worker");

/** Makes the thread; it starts when the first large file needs it. */
export function createDigestThread(): DigestThread {
  const questions = new Map<number, (answer: FrontAnswer) => void>();
  let worker: Worker | undefined;
  let broken = false;
  let lastId = 0;
  let hashedHere = 0;

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
  const ask = (question: FrontQuestion, signal?: AbortSignal) =>
    new Promise<FrontAnswer>((resolve, reject) => {
      if (broken) return resolve({ question: 0, message: "The hashing thread ended." });
      const id = ++lastId;
      const settled = () => {
        signal?.removeEventListener("abort", onAbort);
        questions.delete(id);
        if (questions.size === 0) worker?.unref();
      };
      const onAbort = () => {
        settled();
        reject(signal?.reason);
      };
      worker?.ref();
      questions.set(id, (answer) => {
        settled();
        resolve(answer);
      });
      signal?.addEventListener("abort", onAbort);
      tell({ ...question, question: id });
    });

  return {
    follow(partial, algorithm, options = {}) {
      const isBlob = algorithm === "git-blob";
      /** Name of the partial with the thread, once it is there. */
      let id: number | undefined;
      let told = 0;
      /** How many bytes the hash begins with, where it begins with that. */
      let size: number | undefined;
      let pieces: Cut | undefined;
      const engage = (bytes = options.size?.()): number | undefined => {
        const { content: descriptor } = partial;
        if (id !== undefined || typeof descriptor !== "number" || partial.front < WORTH_BYTES) return id;
        if ((isBlob && bytes === undefined) || start() === undefined) return undefined;
        id = ++lastId;
        size = bytes;
        tell({ type: "follow", id, descriptor, ...startOf(algorithm, bytes), cutting: options.cutting?.() });
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
        if (!broken) await ask({ type: "drop", id: known });
      };
      return {
        advance() {
          const known = engage();
          if (known !== undefined && partial.front - told >= STEP_BYTES) tellFront(known);
        },
        async value(signal) {
          signal.throwIfAborted();
          pieces = undefined;
          // As many as were announced, or all that was hashed is of no use.
          if (isBlob && id !== undefined && size !== partial.front) await leave();
          const known = engage(partial.front);
          const all = { start: 0, end: partial.front };
          if (known === undefined) return hashHere(partial, algorithm, all, signal);
          tellFront(known);
          const answer = await ask({ type: "ask", id: known }, signal);
          pieces = answer.pieces;
          return digestIn(answer, partial) ?? hashHere(partial, algorithm, all, signal);
        },
        pieces: () => pieces,
        reset: leave,
        close: leave,
      };
    },
    async hashRange(partial, range) {
      const { content: descriptor } = partial;
      if (worker === undefined) hashedHere += range.end - range.start;
      const isHere = typeof descriptor !== "number" || hashedHere < WORTH_BYTES || start() === undefined;
      if (isHere) return hashHere(partial, "sha256", range);
      return (
        digestIn(await ask({ type: "range", descriptor, ...range }), partial) ?? hashHere(partial, "sha256", range)
      );
    },
    async close() {
      await worker?.terminate();
    },
  };
}

/** The digest that the thread answered; undefined where there is no thread any more. Throws LOCAL_IO. */
function digestIn({ hex, errno, message }: FrontAnswer, { path }: PartialFile): string | undefined {
  if (errno === undefined) return hex;
  throw diskError(Object.assign(new Error(message), { code: errno }), "read", path);
}

/** The hash of Node that makes a digest, and what goes into it before the bytes (git-hash-object(1)). */
function startOf(algorithm: string, bytes: number | undefined): { algorithm: string; head: string } {
  return algorithm === "git-blob" ? { algorithm: "sha1", head: `blob ${bytes}\0` } : { algorithm, head: "" };
}

async function hashHere(
  partial: PartialFile,
  algorithm: string,
  { start, end }: ByteRange,
  signal?: AbortSignal,
): Promise<string> {
  const { algorithm: node, head } = startOf(algorithm, partial.front);
  const { content } = partial;
  if (typeof content !== "number" && head === "") return hashOf(node, content.subarray(start, end));
  const hash = createHash(node).update(head);
  if (typeof content !== "number") return hash.update(content.subarray(start, end)).digest("hex");
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - start));
  for (let at = start; at < end; ) {
    signal?.throwIfAborted();
    const wanted = buffer.subarray(0, Math.min(buffer.length, end - at));
    const bytes = await partial.read(wanted, at);
    if (bytes === 0) throw diskError(new Error("it became shorter while it was read"), "read", partial.path);
    hash.update(wanted.subarray(0, bytes));
    at += bytes;
  }
  return hash.digest("hex");
}
