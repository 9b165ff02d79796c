/** An HTTP server that serves one body at a given pace, so that it shows how many connections pay. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** Bytes from `start` up to but not including `end`. */
export interface Part {
  start: number;
  end: number;
}

/** Another answer than the range that was asked for: everything, or a part that is named by `named`. */
export type Mangled = "everything" | { named: Part; sent: Part };

/** How the server behaves. Rates in bytes a second. */
export interface PacedOptions {
  body: Buffer;
  /** What one connection gets; default as fast as it goes. */
  perConnection?: number;
  /** What all connections get together. */
  inAll?: number;
  /** Answers 200 with everything, whatever range is asked for. */
  ignoresRanges?: boolean;
  /** Changes what is sent; `others`: requests under way at the moment. */
  spoil?: (chunk: Buffer, at: number, others: number) => Buffer;
  /** What is said and sent instead of the range that was asked for; `others`: requests under way at the moment. */
  mangle?: (asked: Part, others: number) => Mangled | undefined;
  /** Asked before each chunk: ends the connection, sends nothing more, or next to nothing. `sent`: bytes of this answer. */
  breaks?: (request: IncomingMessage, sent: number) => "cut" | "stall" | "trickle" | undefined;
  /** Answers a request itself; true when it did. */
  intercept?: (request: IncomingMessage, response: ServerResponse, index: number) => boolean;
}

/** A running server; it closes when the test ends. */
export interface PacedServer {
  readonly url: string;
  /** Range headers, in order of arrival. */
  readonly ranges: (string | undefined)[];
  /** Arrival of each request, in milliseconds by `performance.now()`. */
  readonly times: number[];
  /** Body bytes handed to the sockets. */
  sent(): number;
  /** Most requests that were under way at one moment. */
  peak(): number;
  sockets(): number;
}

const CHUNK = 16 * 1024;

/** Starts a server on the loopback. */
export async function startPacedServer(options: PacedOptions): Promise<PacedServer> {
  const { body, perConnection, inAll, ignoresRanges = false, spoil, mangle, breaks, intercept } = options;
  const ranges: (string | undefined)[] = [];
  const times: number[] = [];
  const sockets = new Set<Socket>();
  let sent = 0;
  let underWay = 0;
  let peak = 0;
  let paidAt = performance.now();

  /** Waits until all connections together may send this. */
  const inTurn = async (bytes: number) => {
    if (inAll === undefined) return;
    paidAt = Math.max(paidAt, performance.now()) + (bytes / inAll) * 1000;
    await sleep(Math.max(0, paidAt - performance.now()));
  };

  const server = createServer(async (request, response) => {
    ranges.push(request.headers.range);
    times.push(performance.now());
    if (intercept?.(request, response, ranges.length - 1)) return;
    const [, from = "0", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const asked = { start: Number(from), end: to === "" ? body.length : Math.min(Number(to) + 1, body.length) };
    const mangled = request.headers.range === undefined ? undefined : mangle?.(asked, underWay);
    const partial = request.headers.range !== undefined && !ignoresRanges && mangled !== "everything";
    const { named, sent: part } = typeof mangled === "object" ? mangled : { named: asked, sent: asked };
    const { start, end } = partial ? part : { start: 0, end: body.length };
    response.writeHead(partial ? 206 : 200, {
      "content-length": end - start,
      ...(partial && { "content-range": `bytes ${named.start}-${named.end - 1}/${body.length}` }),
    });
    response.setMaxListeners(0);
    underWay += 1;
    peak = Math.max(peak, underWay);
    const began = performance.now();
    try {
      for (let at = start; at < end && !response.destroyed; at += CHUNK) {
        const chunk = body.subarray(at, Math.min(end, at + CHUNK));
        await inTurn(chunk.length);
        if (perConnection !== undefined) {
          await sleep(Math.max(0, began + ((at - start + chunk.length) / perConnection) * 1000 - performance.now()));
        }
        const broken = breaks?.(request, at - start);
        if (broken === "cut") request.socket.destroy();
        if (broken === "stall") await new Promise<void>((resolve) => response.once("close", resolve));
        if (broken === "trickle") await sleep(500);
        if (response.destroyed) break;
        sent += chunk.length;
        const goesOn = response.write(spoil === undefined ? chunk : spoil(chunk, at, underWay - 1));
        if (!goesOn) await new Promise<void>((resolve) => response.once("drain", resolve).once("close", resolve));
      }
      response.end();
    } finally {
      underWay -= 1;
    }
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`,
    ranges,
    times,
    sent: () => sent,
    peak: () => peak,
    sockets: () => sockets.size,
  };
}
