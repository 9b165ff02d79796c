/** One HTTP request and its answer: the body is read ahead of its reader, so that no fault costs bytes that came before it. */
import type { Dispatcher } from "undici";
import { createBodyBuffer } from "./body-buffer.js";
import type { Connections } from "./connections.js";
import type { Headers } from "./headers.js";

/** An answer whose head has come. Either `chunks` or `discard` is called, once. */
export interface Answer {
  status: number;
  headers: Headers;
  /**
   * The body, then its end or its error, as undici gives it. A chunk is lent: it is right until the next one is asked for.
   * Leaving early ends the connection.
   */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Lets go of the body: a short one is read so that its connection serves again, a long one is cut. */
  discard(): void;
}

/** How long fewer bytes wait for company, in milliseconds. */
const LINGER_MS = 20;
/** How far a body is read ahead, in bytes. */
const AHEAD_BYTES = 256 * 1024;
/** How much of an unwanted body is read. */
const DISCARD_BYTES = 64 * 1024;

/** Sends a request. Throws the signal's reason, or what undici says. */
export function exchange(
  connections: Pick<Connections, "dispatch" | "memory" | "inBody" | "rests">,
  request: Parameters<Connections["dispatch"]>[0],
  signal: AbortSignal,
): Promise<Answer> {
  const body = createBodyBuffer(connections.memory);
  /** Whether what is there is not to wait for more, and the timer that will say so. */
  let isDue = true;
  let timer: NodeJS.Timeout | undefined;
  /** Whether the head stated the length of the body, which then goes on from read to read. */
  let isPlain = false;
  let unwanted: number | undefined;
  let controller: Dispatcher.DispatchController | undefined;
  let end: { error?: unknown } | undefined;
  let wake = () => {};

  const finish = (how: { error?: unknown }) => {
    end ??= how;
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
    wake();
  };
  const linger = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      isDue = true;
      wake();
    }, LINGER_MS);
  };
  const cut = () => {
    if (end === undefined) controller?.abort(new Error("The body is not wanted."));
  };

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = body.isFull || isDue || end !== undefined ? body.take() : undefined;
        if (chunk !== undefined) {
          isDue = false;
          clearTimeout(timer);
          timer = undefined;
          if (body.held < AHEAD_BYTES && controller?.paused) controller.resume();
          if (body.held > 0 && end === undefined) linger();
          yield chunk;
          body.giveBack();
        } else if (end === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if ("error" in end) throw end.error;
        else return;
      }
    } finally {
      cut();
      body.clear();
    }
  }

  function discard(): void {
    unwanted = body.held;
    body.clear();
    if (unwanted > DISCARD_BYTES) cut();
  }

  let onAbort = () => {};
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      finish({ error });
      reject(error);
    };
    onAbort = () => {
      fail(signal.reason);
      controller?.abort(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) return onAbort();
    connections.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        // Aborted while it waited for a connection.
        if (signal.aborted) onAbort();
      },
      onResponseStart(_, status, headers) {
        if (status < 200) return;
        isPlain = headers["transfer-encoding"] === undefined;
        resolve({ status, headers, chunks: read, discard });
      },
      onResponseData(_, chunk) {
        connections.inBody(isPlain ? chunk : undefined);
        if (unwanted !== undefined) {
          unwanted += chunk.length;
          if (unwanted > DISCARD_BYTES) cut();
          return;
        }
        body.add(chunk);
        if (body.held >= AHEAD_BYTES) {
          controller?.pause();
          connections.rests();
        }
        if (body.isFull || isDue) wake();
        else linger();
      },
      onResponseEnd() {
        connections.inBody(undefined);
        finish({});
      },
      onResponseError: (_, error) => fail(error),
    });
  });
}
