/** One HTTP request and its answer: the body is read ahead of its reader, so that no fault costs bytes that came before it. */
import type { Dispatcher } from "undici";
import { type Abortable, listen, unlisten } from "../on-abort.js";
import { BodyBuffer } from "./body-buffer.js";
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
class Exchange implements Dispatcher.DispatchHandler, Answer, Abortable, AsyncIterableIterator<Uint8Array> {
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
  #wake = nobody;

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
    if (body.held >= AHEAD_BYTES) {
      this.#controller?.pause();
      this.#connections.rests();
    }
    if (body.isFull || this.#isDue) this.#wake();
    else this.#linger();
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

  async next(): Promise<IteratorResult<Uint8Array>> {
    const body = this.#body;
    body.giveBack();
    for (;;) {
      const chunk = body.isFull || this.#isDue || this.#end !== undefined ? body.take() : undefined;
      if (chunk !== undefined) {
        this.#isDue = false;
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (body.held < AHEAD_BYTES && this.#controller?.paused) this.#controller.resume();
        if (body.held > 0 && this.#end === undefined) this.#linger();
        return { done: false, value: chunk };
      }
      const end = this.#end;
      if (end !== undefined) {
        if (!("error" in end)) return { done: true, value: undefined };
        this.#end = {};
        throw this.#explain(end.error);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#cut();
    this.#end = {};
    this.#body.clear();
    return { done: true, value: undefined };
  }

  #linger(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#wake();
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
    this.#wake();
  }
}

function asIs(error: unknown): unknown {
  return error;
}

/** Nobody waits. */
function nobody(): void {}
