/** One HTTP request and its answer: the body is read ahead of its reader, so that no fault costs bytes that came before it. */
import type { Dispatcher } from "undici";
import { type Abortable, listen, unlisten } from "../on-abort.js";
import { BodyBuffer } from "./body-buffer.js";
import type { Hearer } from "./client-pool.js";
import type { Connections } from "./connections.js";
import type { Headers } from "./headers.js";

/** An answer whose head has come. Either `chunks` or `discard` is called, once. */
export interface Answer {
  status: number;
  headers: Headers;
  /**
   * The body, then its end or its error: what `explain` makes of what undici says (default: just that). A chunk is lent:
   * it is right until the next one is asked for. Leaving early ends the connection.
   */
  chunks(explain?: (error: unknown) => unknown): AsyncIterable<Uint8Array>;
  /** Lets go of the body: a short one is read so that its connection serves again, a long one is cut. */
  discard(): void;
}

/** How long fewer bytes wait for company, in milliseconds. */
const LINGER_MS = 20;
/** How far a body is read ahead, in bytes. */
const AHEAD_BYTES = 256 * 1024;
/** How much of an unwanted body is read. */
const DISCARD_BYTES = 64 * 1024;

type Via = Pick<Connections, "dispatch" | "memory" | "inBody" | "rests">;
type Request = Parameters<Connections["dispatch"]>[0];

/** Sends a request. Rejects with the signal's reason, or what undici says. */
export function exchange(connections: Via, request: Request, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const dispatch = () => {
      try {
        signal.throwIfAborted();
        connections.dispatch(request, new Exchange(connections, signal, resolve, reject));
      } catch (error) {
        reject(error);
      }
    };
    // A connection that an answer came over serves again in the next turn of the event loop: until then there would be another.
    setImmediate(dispatch);
  });
}

/**
 * A class, as there is one for each request: it hears undici and the signal, and is the answer and the reader of its body,
 * which is asked for one chunk after another.
 */
class Exchange implements Hearer, Answer, Abortable, AsyncIterableIterator<Uint8Array> {
  status = 0;
  headers: Headers = {};
  readonly #connections: Via;
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #body: BodyBuffer;
  /** Whether what is there is not to wait for more, and the timer that will say so. */
  #isDue = true;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the head stated the length of the body, which then goes on from read to read. */
  #isPlain = false;
  /** Bytes that came of a body that nobody wants. */
  #unwanted: number | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #end: { error?: unknown } | undefined;
  #explain = asIs;
  /** Who waits for a chunk. */
  #reader: Reader | undefined;

  constructor(
    connections: Via,
    signal: AbortSignal,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    this.#connections = connections;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#body = new BodyBuffer(connections.memory);
    listen(signal, this);
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Of the signal's abort. */
  onAbort(): void {
    const { reason } = this.#signal;
    this.#fail(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error("aborted"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while it waited for a connection.
    if (this.#signal.aborted) this.onAbort();
  }

  onResponseStart(_: unknown, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#isPlain = headers["transfer-encoding"] === undefined;
    this.status = status;
    this.headers = headers;
    this.#resolve(this);
  }

  onResponseData(_: unknown, chunk: Uint8Array): void {
    const body = this.#body;
    this.#connections.inBody(this.#isPlain ? chunk : undefined);
    if (this.#unwanted !== undefined) {
      this.#unwanted += chunk.length;
      if (this.#unwanted > DISCARD_BYTES) this.#cut();
      return;
    }
    body.add(chunk);
    if (!body.isFull && !this.#isDue) this.#linger();
    else if (this.#isPlain) this.#serve();
    // Of a body in pieces more may come out of the same read.
    else queueMicrotask(() => this.#serve());
    if (body.held >= AHEAD_BYTES) {
      this.#controller?.pause();
      this.#connections.rests();
    }
  }

  onResponseEnd(): void {
    this.#connections.inBody(undefined);
    this.#finish({});
  }

  onResponseError(_: unknown, error: unknown): void {
    this.#fail(error);
  }

  chunks(explain = asIs): AsyncIterable<Uint8Array> {
    this.#explain = explain;
    return this;
  }

  discard(): void {
    this.#unwanted = this.#body.held;
    this.#body.clear();
    if (this.#unwanted > DISCARD_BYTES) this.#cut();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    this.#body.giveBack();
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#serve();
    });
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#cut();
    this.#end = {};
    this.#body.clear();
    return { done: true, value: undefined };
  }

  /** Gives the reader what is due. */
  #serve(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const body = this.#body;
    const end = this.#end;
    const chunk = body.isFull || this.#isDue || end !== undefined ? body.take() : undefined;
    if (chunk === undefined && end === undefined) return;
    this.#reader = undefined;
    if (chunk !== undefined) {
      this.#isDue = false;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (body.held < AHEAD_BYTES && this.#controller?.paused) this.#controller.resume();
      if (body.held > 0 && this.#end === undefined) this.#linger();
      reader.resolve({ done: false, value: chunk });
    } else if (end === undefined || !("error" in end)) {
      reader.resolve({ done: true, value: undefined });
    } else {
      this.#end = {};
      reader.reject(this.#explain(end.error));
    }
  }

  #linger(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#serve();
    }, LINGER_MS);
  }

  #cut(): void {
    if (this.#end === undefined) this.#controller?.abort(new Error("The body is not wanted."));
  }

  #fail(error: unknown): void {
    this.#finish({ error });
    this.#reject(error);
  }

  #finish(how: { error?: unknown }): void {
    this.#end ??= how;
    unlisten(this.#signal, this);
    clearTimeout(this.#timer);
    this.#serve();
  }
}

interface Reader {
  resolve(result: IteratorResult<Uint8Array>): void;
  reject(error: unknown): void;
}

function asIs(error: unknown): unknown {
  return error;
}
