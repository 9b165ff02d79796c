/** Faults of the body: cut, stalled, endless or not the bytes that were asked for. */
import { gzipSync } from "node:zlib";
import { changed, longer, seeded } from "./content.js";
import type { Answer, Behaviour, Exchange } from "./exchange.js";
import {
  finish,
  honest,
  left,
  middle,
  pour,
  put,
  rawHead,
  rawLines,
  reset,
  send,
  sendHead,
  without,
} from "./exchange.js";

const EXTRA = 5000;
const CHUNK = 64 * 1024;
/** An endless body ends here, should nobody stop it. */
const ENDLESS = 2 ** 31;
const DRIP_MS = 5;

function unsized(exchange: Exchange): Answer {
  return without(honest(exchange), "content-length");
}

/** Sends the honest head with the body up to the middle. */
async function half(exchange: Exchange): Promise<void> {
  const answer = honest(exchange);
  sendHead(exchange, answer);
  await pour(exchange, exchange.response, exchange.resource.content, answer.start, middle(answer));
}

/** Sends `upTo` bytes of a body that only the end of the connection delimits. */
async function delimitedByClose(exchange: Exchange, upTo: (answer: Answer) => number): Promise<void> {
  const answer = unsized(exchange);
  rawHead(exchange, ...rawLines(answer, "Connection: close"));
  await pour(exchange, exchange.socket, exchange.resource.content, answer.start, upTo(answer));
  exchange.socket.end();
}

/** Sends chunks by hand: all those of `pieces`, but never the last one of length 0. */
async function chunksWithoutEnd(exchange: Exchange, pieces: number): Promise<void> {
  const answer = unsized(exchange);
  rawHead(exchange, ...rawLines(answer, "Transfer-Encoding: chunked"));
  for (let at = answer.start, n = 0; at < answer.end && n < pieces; at += CHUNK, n += 1) {
    const chunk = exchange.resource.content.slice(at, Math.min(at + CHUNK, answer.end));
    exchange.socket.write(`${chunk.length.toString(16)}\r\n`);
    await put(exchange, exchange.socket, chunk);
    exchange.socket.write("\r\n");
  }
  exchange.socket.end();
}

/** The honest answer with a gzipped body, labelled as such. */
async function gzipped(exchange: Exchange): Promise<void> {
  const answer = honest(exchange);
  const packed = gzipSync(exchange.resource.content.slice(answer.start, answer.end));
  const headers = { ...answer.headers, "content-encoding": "gzip", "content-length": `${packed.length}` };
  sendHead(exchange, { ...answer, headers });
  await put(exchange, exchange.response, packed);
  await finish(exchange);
}

function labelled(coding: string): Behaviour {
  return (exchange) => {
    const answer = honest(exchange);
    return send(exchange, { ...answer, headers: { ...answer.headers, "content-encoding": coding } });
  };
}

export const bodyFaults = {
  "resets in the middle of the body": async (exchange) => {
    await half(exchange);
    await reset(exchange);
  },
  "resets right after the headers": async (exchange) => {
    sendHead(exchange, honest(exchange));
    await put(exchange, exchange.response, Buffer.alloc(0));
    await reset(exchange);
  },
  "sends fewer bytes than it promised": async (exchange) => {
    await half(exchange);
    exchange.socket.end();
  },
  "half-closes in the middle of the body": async (exchange) => {
    await half(exchange);
    exchange.socket.allowHalfOpen = true;
    exchange.socket.end();
    await left(exchange);
  },
  "sends more bytes than it promised": async (exchange) => {
    const answer = honest(exchange);
    const content = longer(exchange.resource.content, EXTRA);
    rawHead(exchange, ...rawLines(answer));
    await pour(exchange, exchange.socket, content, answer.start, answer.end + EXTRA);
    exchange.socket.end();
  },
  "serves a longer file and says so": (exchange) => {
    exchange.resource = { ...exchange.resource, content: longer(exchange.resource.content, EXTRA) };
    return send(exchange, honest(exchange));
  },
  "serves a shorter file and says so": (exchange) => {
    const { content } = exchange.resource;
    exchange.resource = { ...exchange.resource, content: { ...content, size: Math.floor(content.size / 2) } };
    return send(exchange, honest(exchange));
  },
  "serves a longer file without a length": (exchange) => {
    const answer = unsized(exchange);
    return send(exchange, { ...answer, end: answer.end + EXTRA }, longer(exchange.resource.content, EXTRA));
  },
  "no Content-Length, chunked": (exchange) => send(exchange, unsized(exchange)),
  "no Content-Length, closes at the end": (exchange) => delimitedByClose(exchange, (answer) => answer.end),
  "closes without a length (cut)": (exchange) => delimitedByClose(exchange, middle),
  "chunked, cut before the last chunk": (exchange) => chunksWithoutEnd(exchange, Number.POSITIVE_INFINITY),
  "truncates exactly at a chunk border": (exchange) => chunksWithoutEnd(exchange, 1),
  "chunked, with a chunk size that is no number": async (exchange) => {
    rawHead(exchange, ...rawLines(unsized(exchange), "Transfer-Encoding: chunked"));
    await put(exchange, exchange.socket, Buffer.from("5\r\nhello\r\nzz\r\nhello\r\n"));
    exchange.socket.end();
  },
  "endless body": async (exchange) => {
    const answer = unsized(exchange);
    sendHead(exchange, answer);
    await pour(exchange, exchange.response, longer(exchange.resource.content, ENDLESS), answer.start, ENDLESS);
    exchange.socket.destroy();
  },
  "drips one byte at a time": async (exchange) => {
    const answer = honest(exchange);
    sendHead(exchange, answer);
    const gone = left(exchange);
    for (let at = answer.start; at < answer.end && !exchange.socket.destroyed; at += 1) {
      await put(exchange, exchange.response, exchange.resource.content.slice(at, at + 1));
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, DRIP_MS))]);
    }
    await finish(exchange);
  },
  "stalls in the middle": async (exchange) => {
    await half(exchange);
    await left(exchange);
  },
  "stalls before the first byte of the body": async (exchange) => {
    sendHead(exchange, honest(exchange));
    await left(exchange);
  },
  "stalls before the headers": async (exchange) => {
    exchange.socket.write("HTTP/1.1 200 OK\r\nContent-Le");
    await left(exchange);
  },
  "never answers": left,
  "flips one bit": (exchange) => {
    const { content } = exchange.resource;
    const at = content.size - 1;
    const flipped = changed(content, (slice, start) => {
      const copy = Buffer.from(slice);
      const byte = copy[at - start];
      if (byte !== undefined) copy[at - start] = byte ^ 1;
      return copy;
    });
    return send(exchange, honest(exchange), flipped);
  },
  "serves zeros": (exchange) =>
    send(
      exchange,
      honest(exchange),
      changed(exchange.resource.content, (slice) => Buffer.alloc(slice.length)),
    ),
  "serves another file of the same size": (exchange) =>
    send(exchange, honest(exchange), seeded(exchange.resource.content.size, 4242)),
  "serves an empty file": (exchange) => {
    exchange.resource = { ...exchange.resource, content: seeded(0, 0) };
    return send(exchange, honest(exchange));
  },
  "gzips although identity was asked for": (exchange) => {
    delete exchange.request.headers.range;
    return gzipped(exchange);
  },
  "gzips a range": gzipped,
  "labels a file that is a .gz as Content-Encoding: gzip": labelled("gzip"),
  "labels the file as Content-Encoding: br": labelled("br"),
  "labels the file as Content-Encoding: identity": labelled("identity"),
} satisfies Record<string, Behaviour>;
