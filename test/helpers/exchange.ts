/** One request with the means to answer it, honestly or not. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Content } from "./content.js";

/** A file as the server holds it. */
export interface Resource {
  path: string;
  content: Content;
  contentType: string;
  etag: string | undefined;
  lastModified: string | undefined;
}

/** A request as the server saw it. */
export interface Seen {
  method: string;
  /** Path and query. */
  path: string;
  /** Origin that was asked, such as `http://127.0.0.1:1234`. */
  origin: string;
  headers: IncomingMessage["headers"];
  range: string | undefined;
  /** Milliseconds since the epoch. */
  at: number;
  /** Body bytes handed to the operating system. */
  bytesSent: number;
  /** Whether the client went away before the answer was over. */
  aborted: boolean;
}

/** Origins of one server. */
export interface Origins {
  main: string;
  /** Another port, hence another origin, with the same files. */
  other: string;
  /** The same over TLS, if the server was started with it. */
  tls: string | undefined;
  /** A port on which nothing listens. */
  dead: string;
}

/** One request under way. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  socket: Socket;
  resource: Resource;
  /** Bytes a second that a body is sent with; undefined for as fast as the client takes it. */
  pace: number | undefined;
  /** 1 for the first request for this path. */
  count: number;
  /** 1 for the first request on this connection. */
  countOnSocket: number;
  origins: Origins;
  seen: Seen;
  /** To be called when `seen` changed. */
  changed(): void;
}

/** A way to answer. It resolves when the answer is over, or never before the client leaves. */
export type Behaviour = (exchange: Exchange) => Promise<void> | void;

/** What an answer says, with the part of the content it carries. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  start: number;
  end: number;
}

const PIECE = 64 * 1024;
const PACED_PIECE = 8 * 1024;
const RESET_DELAY_MS = 10;

/** What an honest static server answers: single ranges, If-Range, 416 past the end. */
export function honest({ request, resource }: Exchange): Answer {
  const { content, contentType, etag, lastModified } = resource;
  const headers = {
    "content-type": contentType,
    "accept-ranges": "bytes",
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { "last-modified": lastModified }),
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const condition = request.headers["if-range"];
  const holds = condition === undefined || condition === lastModified || (condition === etag && !isWeak(etag));
  if (range === null || !holds) {
    return { status: 200, headers: { ...headers, "content-length": `${content.size}` }, start: 0, end: content.size };
  }
  const start = Number(range[1]);
  const end = range[2] ? Math.min(Number(range[2]) + 1, content.size) : content.size;
  if (start >= end) {
    return {
      status: 416,
      headers: { "content-range": `bytes */${content.size}`, "content-length": "0" },
      start: 0,
      end: 0,
    };
  }
  const described = {
    "content-range": `bytes ${start}-${end - 1}/${content.size}`,
    "content-length": `${end - start}`,
  };
  return { status: 206, headers: { ...headers, ...described }, start, end };
}

function isWeak(etag: string | undefined): boolean {
  return etag?.startsWith("W/") ?? false;
}

/** The honest answer without one of its headers. */
export function without(answer: Answer, name: string): Answer {
  const { [name]: _, ...headers } = answer.headers;
  return { ...answer, headers };
}

/** The middle of the bytes that an answer carries. */
export function middle(answer: Answer): number {
  return answer.start + Math.ceil((answer.end - answer.start) / 2);
}

/** Sends status and headers. */
export function sendHead(exchange: Exchange, answer: Answer): void {
  exchange.response.writeHead(answer.status, answer.headers);
  exchange.response.flushHeaders();
}

/** Sends a whole answer; `content` may differ from what the headers speak of. */
export async function send(exchange: Exchange, answer: Answer, content = exchange.resource.content): Promise<void> {
  sendHead(exchange, answer);
  await pour(exchange, exchange.response, content, answer.start, answer.end);
  await finish(exchange);
}

/** Ends a well-formed answer. */
export function finish({ response, socket }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    response.once("close", resolve);
    response.end(resolve);
  });
}

/** Sends a short text with any status. */
export function sendText(exchange: Exchange, status: number, text: string, headers: Record<string, string> = {}) {
  exchange.response.writeHead(status, {
    "content-type": "text/plain",
    "content-length": `${Buffer.byteLength(text)}`,
    ...headers,
  });
  exchange.response.write(text);
  return finish(exchange);
}

/** Writes a part of a content at the server's pace and no faster than the client takes it; stops when the client leaves. */
export async function pour(
  exchange: Exchange,
  sink: Writable,
  content: Content,
  start: number,
  end: number,
): Promise<void> {
  const { pace, seen } = exchange;
  const piece = pace === undefined ? PIECE : PACED_PIECE;
  const began = performance.now();
  for (let at = start; at < end && !seen.aborted; at += piece) {
    await put(exchange, sink, content.slice(at, Math.min(at + piece, end)));
    const due = pace === undefined ? 0 : began + ((at - start) / pace) * 1000 - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
  }
}

/** Writes one piece and waits until the operating system has it, or the client has left. */
export function put(exchange: Exchange, sink: Writable, piece: Buffer): Promise<void> {
  const { socket, seen, changed } = exchange;
  return new Promise((resolve) => {
    const done = (sent: boolean) => {
      socket.off("close", onClose);
      if (sent) seen.bytesSent += piece.length;
      else seen.aborted = true;
      changed();
      resolve();
    };
    const onClose = () => done(false);
    if (socket.destroyed) return onClose();
    socket.once("close", onClose);
    sink.write(piece, (error) => done(!error && !socket.destroyed));
  });
}

/** Writes a head as it stands, past every check of `node:http`. Lines without their ends. */
export function rawHead({ socket }: Exchange, ...lines: string[]): void {
  socket.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
}

/** The lines of an answer for {@link rawHead}, `extra` ones last. */
export function rawLines({ status, headers }: Answer, ...extra: string[]): string[] {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} Answer`, ...fields, ...extra];
}

/**
 * Ends the connection with a reset where the protocol below has one. A moment passes first: a client that finds data
 * together with the reset in one look at its socket is told of an ordinary end.
 */
export async function reset({ socket }: Exchange): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, RESET_DELAY_MS));
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Resolves when the client has left. */
export function left({ socket }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });
}
