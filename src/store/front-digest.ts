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
  /**
   * The digest of the bytes up to the partial's front, hex: at once where they are in memory. Throws, or rejects with,
   * LOCAL_IO, the signal's reason.
   */
  value(signal: AbortSignal): string | Promise<string>;
  /** The pieces of what {@link value} last told the digest of, as far as the thread worked them out. */
  pieces(): Cut | undefined;
  /** Forgets what was hashed: bytes below the front have changed. */
  reset(): Promise<void>;
  /** Lets go of the partial, which may then be closed: now, or when the answer says so. Never throws. */
  close(): Promise<void> | undefined;
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
/** Hashed as git does: the number of all bytes comes first, so that it can only be asked for when they are there. */
const GIT_BLOB = "git-blob";
const ENDED = "The hashing thread ended.";
// Resolved through the package's own `imports`, so that sources and built files find the same built worker.
const workerFile = () => createRequire(import.meta.url).resolve("#front-worker");

/** Makes the thread; it starts when the first large file needs it. */
export function createDigestThread(): DigestThread {
  const line = new Line();
  let hashedHere = 0;
  return {
    follow: (partial, algorithm, options = {}) => new FollowedDigest(line, partial, algorithm, options),
    async hashRange(partial, range) {
      const { content: descriptor } = partial;
      if (!line.isOpen) hashedHere += range.end - range.start;
      const isHere = typeof descriptor !== "number" || hashedHere < WORTH_BYTES || !line.open();
      if (isHere) return hashHere(partial, "sha256", range);
      return (
        digestIn(await line.ask({ type: "range", descriptor, ...range }), partial) ?? hashHere(partial, "sha256", range)
      );
    },
    close: () => line.close(),
  };
}

/** The line to the thread. */
class Line {
  readonly #questions = new Map<number, (answer: FrontAnswer) => void>();
  #worker: Worker | undefined;
  #isBroken = false;
  #lastId = 0;

  get isOpen(): boolean {
    return this.#worker !== undefined;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Starts the thread, unless that was done. False where the system gives this process none, or it has ended. */
  open(): boolean {
    if (this.#worker !== undefined || this.#isBroken) return !this.#isBroken;
    try {
      this.#worker = new Worker(workerFile());
      this.#worker.unref();
      this.#worker.on("message", (answer: FrontAnswer) => {
        this.#questions.get(answer.question)?.(answer);
      });
      this.#worker.on("error", () => this.#end());
      this.#worker.on("exit", () => this.#end());
    } catch {
      this.#isBroken = true;
    }
    return !this.#isBroken;
  }

  /** A name for what the thread is told of. */
  name(): number {
    return ++this.#lastId;
  }

  tell(message: FrontMessage): void {
    this.#worker?.postMessage(message);
  }

  /** Rejects with the signal's reason. */
  ask(question: FrontQuestion, signal?: AbortSignal): Promise<FrontAnswer> {
    return new Promise<FrontAnswer>((resolve, reject) => {
      if (this.#isBroken) return resolve({ question: 0, message: ENDED });
      const id = this.name();
      const settled = () => {
        signal?.removeEventListener("abort", onAbort);
        this.#questions.delete(id);
        if (this.#questions.size === 0) this.#worker?.unref();
      };
      const onAbort = () => {
        settled();
        reject(signal?.reason);
      };
      this.#worker?.ref();
      this.#questions.set(id, (answer) => {
        settled();
        resolve(answer);
      });
      signal?.addEventListener("abort", onAbort);
      this.tell({ ...question, question: id });
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #end(): void {
    this.#isBroken = true;
    for (const [question, settle] of [...this.#questions]) settle({ question, message: ENDED });
  }
}

/** A class, as there is one for each file. */
class FollowedDigest implements FrontDigest {
  readonly #line: Line;
  readonly #partial: PartialFile;
  readonly #algorithm: string;
  readonly #options: FollowOptions;
  /** Name of the partial with the thread, once it is there. */
  #id: number | undefined;
  /** How far the thread was told that it is. */
  #told = 0;
  /** How many bytes the hash begins with, where it begins with that. */
  #size: number | undefined;
  #pieces: Cut | undefined;

  constructor(line: Line, partial: PartialFile, algorithm: string, options: FollowOptions) {
    this.#line = line;
    this.#partial = partial;
    this.#algorithm = algorithm;
    this.#options = options;
  }

  advance(): void {
    const id = this.#engage();
    if (id !== undefined && this.#partial.front - this.#told >= STEP_BYTES) this.#tellFront(id);
  }

  value(signal: AbortSignal): string | Promise<string> {
    signal.throwIfAborted();
    this.#pieces = undefined;
    const { content, front } = this.#partial;
    if (typeof content === "number") return this.#valueOfFile(signal);
    return hashInMemory(content.subarray(0, front), this.#algorithm);
  }

  pieces(): Cut | undefined {
    return this.#pieces;
  }

  async reset(): Promise<void> {
    await this.#leave();
  }

  close(): Promise<void> | undefined {
    return this.#leave();
  }

  async #valueOfFile(signal: AbortSignal): Promise<string> {
    const partial = this.#partial;
    const algorithm = this.#algorithm;
    // As many as were announced, or all that was hashed is of no use.
    if (algorithm === GIT_BLOB && this.#size !== partial.front) await this.#leave();
    const id = this.#engage(partial.front);
    const all = { start: 0, end: partial.front };
    if (id === undefined) return hashHere(partial, algorithm, all, signal);
    this.#tellFront(id);
    const answer = await this.#line.ask({ type: "ask", id }, signal);
    this.#pieces = answer.pieces;
    return digestIn(answer, partial) ?? hashHere(partial, algorithm, all, signal);
  }

  /** Has the thread follow, where that is worth it; answers the partial's name there. */
  #engage(bytes = this.#options.size?.()): number | undefined {
    const { content: descriptor, front } = this.#partial;
    if (this.#id !== undefined || typeof descriptor !== "number" || front < WORTH_BYTES) return this.#id;
    if ((this.#algorithm === GIT_BLOB && bytes === undefined) || !this.#line.open()) return undefined;
    this.#id = this.#line.name();
    this.#size = bytes;
    const cutting = this.#options.cutting?.();
    this.#line.tell({ type: "follow", id: this.#id, descriptor, ...startOf(this.#algorithm, bytes), cutting });
    return this.#id;
  }

  #tellFront(id: number): void {
    this.#told = this.#partial.front;
    this.#line.tell({ type: "advance", id, to: this.#told });
  }

  #leave(): Promise<void> | undefined {
    const id = this.#id;
    this.#id = undefined;
    this.#told = 0;
    return id === undefined || this.#line.isBroken ? undefined : this.#line.ask({ type: "drop", id }).then(() => {});
  }
}

/** The digest that the thread answered; undefined where there is no thread any more. Throws LOCAL_IO. */
function digestIn({ hex, errno, message }: FrontAnswer, { path }: PartialFile): string | undefined {
  if (errno === undefined) return hex;
  throw diskError(Object.assign(new Error(message), { code: errno }), "read", path);
}

/** The hash of Node that makes a digest, and what goes into it before the bytes (git-hash-object(1)). */
function startOf(algorithm: string, bytes: number | undefined): { algorithm: string; head: string } {
  return algorithm === GIT_BLOB ? { algorithm: "sha1", head: `blob ${bytes}\0` } : { algorithm, head: "" };
}

function hashInMemory(bytes: Uint8Array, algorithm: string): string {
  const { algorithm: node, head } = startOf(algorithm, bytes.length);
  return head === "" ? hashOf(node, bytes) : createHash(node).update(head).update(bytes).digest("hex");
}

async function hashHere(
  partial: PartialFile,
  algorithm: string,
  { start, end }: ByteRange,
  signal?: AbortSignal,
): Promise<string> {
  const { content } = partial;
  if (typeof content !== "number") return hashInMemory(content.subarray(start, end), algorithm);
  const { algorithm: node, head } = startOf(algorithm, end - start);
  const hash = createHash(node).update(head);
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
