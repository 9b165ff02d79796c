/** A thread that hashes files while they grow, each as far as it is told that the bytes are there. */
import { createHash, type Hash } from "node:crypto";
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { Cut, Cutting } from "../manifest/pieces.js";
import { createPieceHash, type PieceHash } from "./piece-hash.js";

/** What the thread is told. `id` names one file from its first message to `drop`. */
export type FrontMessage =
  | {
      type: "follow";
      id: number;
      descriptor: number;
      algorithm: string;
      /** What is hashed before the bytes. */
      head: string;
      cutting: Cutting | undefined;
    }
  /** The bytes below `to` are there. */
  | { type: "advance"; id: number; to: number }
  | (FrontQuestion & { question: number });

/** What the thread answers; `question` is the number of the answer. */
export type FrontQuestion =
  /** What is the digest of the bytes told so far? Answered once they are hashed. */
  | { type: "ask"; id: number }
  /** What is the SHA-256 of some bytes of a file, whether it is followed or not? */
  | { type: "range"; descriptor: number; start: number; end: number }
  /** The file is about to be closed; answered once it is read no more. */
  | { type: "drop"; id: number };

/** What the thread answers to a question. */
export interface FrontAnswer {
  question: number;
  hex?: string;
  /** The pieces, where they were wished for. */
  pieces?: Cut | undefined;
  errno?: string;
  message?: string;
}

interface Followed {
  descriptor: number;
  hash: Hash;
  pieces: PieceHash | undefined;
  /** Bytes hashed, and bytes that may be. */
  at: number;
  to: number;
  questions: number[];
  /** What was there when it was first told, and when that was: the rest shows how fast bytes come. */
  begun?: { to: number; at: number };
  failure?: { errno: string; message: string };
}

/**
 * What comes faster than this, in bytes a second, is fetched again in hardly more time than it takes to find the damage of
 * a file: its pieces are not worth the half of a digest that they cost. Told by so many bytes.
 */
const FAST_RATE = 256_000_000;
const TELLING_BYTES = 64 * 1024 * 1024;
/** Little enough to be hashed while it is near to the processor. */
const READ_BYTES = 256 * 1024;
const followed = new Map<number, Followed>();
const buffer = Buffer.allocUnsafe(READ_BYTES);
let pumping = false;

const tell = (answer: FrontAnswer) => parentPort?.postMessage(answer);

parentPort?.on("message", (message: FrontMessage) => {
  if (message.type === "follow") {
    const { id, descriptor, algorithm, head, cutting } = message;
    const pieces = cutting && createPieceHash(cutting);
    followed.set(id, { descriptor, hash: createHash(algorithm).update(head), pieces, at: 0, to: 0, questions: [] });
    return;
  }
  if (message.type === "range") return tell({ question: message.question, ...hashRange(message) });
  const file = followed.get(message.id);
  if (message.type === "drop") {
    followed.delete(message.id);
    for (const question of file?.questions ?? []) tell({ question, message: "it was closed before it was hashed" });
    tell({ question: message.question });
  } else if (file !== undefined) {
    if (message.type === "advance") reach(file, message.to);
    else file.questions.push(message.question);
    if (!pumping) pump();
  }
});

/** One read of every file that has bytes to hash, then a look at the messages. */
function pump(): void {
  pumping = false;
  for (const file of followed.values()) {
    if (file.at < file.to && file.failure === undefined) advance(file);
    if (file.at < file.to && file.failure === undefined) pumping = true;
    else answer(file);
  }
  if (pumping) setImmediate(pump);
}

function reach(file: Followed, to: number): void {
  file.to = Math.max(file.to, to);
  file.begun ??= { to, at: performance.now() };
  const bytes = to - file.begun.to;
  const seconds = (performance.now() - file.begun.at) / 1000;
  if (bytes >= TELLING_BYTES && bytes > seconds * FAST_RATE) file.pieces = undefined;
}

function advance(file: Followed): void {
  try {
    const bytes = readSome(file.descriptor, file.at, file.to);
    file.hash.update(bytes);
    file.pieces?.update(bytes);
    file.at += bytes.length;
  } catch (error) {
    file.failure = failureOf(error);
  }
}

function hashRange({ descriptor, start, end }: { descriptor: number; start: number; end: number }) {
  try {
    const hash = createHash("sha256");
    for (let at = start; at < end; ) {
      const bytes = readSome(descriptor, at, end);
      hash.update(bytes);
      at += bytes.length;
    }
    return { hex: hash.digest("hex") };
  } catch (error) {
    return failureOf(error);
  }
}

/** The next bytes below `end`; they stand in the buffer until the next call. */
function readSome(descriptor: number, at: number, end: number): Uint8Array {
  const bytes = readSync(descriptor, buffer, 0, Math.min(READ_BYTES, end - at), at);
  if (bytes === 0) throw Object.assign(new Error("it became shorter while it was read"), { code: "EBUSY" });
  return buffer.subarray(0, bytes);
}

function failureOf(error: unknown): { errno: string; message: string } {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return { errno: code, message };
}

function answer(file: Followed): void {
  for (const question of file.questions) {
    const { failure, hash, pieces } = file;
    tell(failure ? { question, ...failure } : { question, hex: hash.copy().digest("hex"), pieces: pieces?.cut() });
  }
  file.questions = [];
}
