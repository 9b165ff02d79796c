/** Faults of the head: lengths, headers and framing that are wrong or no HTTP at all. */
import type { Answer, Behaviour, Exchange } from "./exchange.js";
import { finish, honest, pour, put, rawHead, rawLines, reset, send, sendText, without } from "./exchange.js";

const LOGIN_PAGE = `<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>${"Please sign in. ".repeat(40)}</body></html>\n`;
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a".repeat(16)}\nsize 12345\n`;

/** Sends the whole content under a head written by hand. */
function underHead(head: (answer: Answer, size: number) => string[]): Behaviour {
  return async (exchange) => {
    const { content } = exchange.resource;
    delete exchange.request.headers.range;
    const answer = honest(exchange);
    rawHead(exchange, ...head(answer, content.size));
    await pour(exchange, exchange.socket, content, 0, content.size);
    exchange.socket.end();
  };
}

/** Answers 200 with another document than the file. */
function instead(body: string | Buffer, contentType: string): Behaviour {
  return async (exchange) => {
    const bytes = Buffer.from(body);
    exchange.response.writeHead(200, { "content-type": contentType, "content-length": `${bytes.length}` });
    await put(exchange, exchange.response, bytes);
    await finish(exchange);
  };
}

/** Sends the bytes of no HTTP answer, then ends. */
function saying(bytes: string | Buffer): Behaviour {
  return async (exchange) => {
    await put(exchange, exchange.socket, Buffer.from(bytes));
    exchange.socket.end();
  };
}

/** Sends raw lines ahead of the honest answer. */
function after(...lines: string[]): Behaviour {
  return (exchange) => {
    rawHead(exchange, ...lines);
    return send(exchange, honest(exchange));
  };
}

function resetOnReuse(exchange: Exchange): Promise<void> | void {
  return exchange.countOnSocket > 1 ? reset(exchange) : send(exchange, honest(exchange));
}

export const headFaults = {
  "says 200 with an HTML login page": instead(LOGIN_PAGE, "text/html; charset=utf-8"),
  "says 200 with an HTML login page, typed as bytes": instead(LOGIN_PAGE, "application/octet-stream"),
  "says 200 with a Git LFS pointer": instead(POINTER, "text/plain"),
  "says 200 with a JSON error": instead('{"error":"quota exceeded"}', "application/json"),
  "sends a Content-Length that contradicts the pin": (exchange) => {
    delete exchange.request.headers.range;
    const answer = honest(exchange);
    const headers = { ...answer.headers, "content-length": `${exchange.resource.content.size + 777}` };
    return send(exchange, { ...answer, headers });
  },
  "sends Content-Length: abc": underHead((answer) =>
    rawLines({ ...answer, headers: { ...answer.headers, "content-length": "abc" } }),
  ),
  "sends a negative Content-Length": underHead((answer) =>
    rawLines({ ...answer, headers: { ...answer.headers, "content-length": "-1" } }),
  ),
  "sends two Content-Lengths": underHead((answer, size) => rawLines(answer, `Content-Length: ${size + 1}`)),
  "sends Content-Length and chunked together": async (exchange) => {
    const { content } = exchange.resource;
    rawHead(exchange, ...rawLines(honest(exchange), "Transfer-Encoding: chunked"));
    exchange.socket.write(`${content.size.toString(16)}\r\n`);
    await pour(exchange, exchange.socket, content, 0, content.size);
    exchange.socket.end("\r\n0\r\n\r\n");
  },
  "answers as HTTP/1.0 without a length": underHead((answer) => [
    "HTTP/1.0 200 OK",
    ...rawLines(without(answer, "content-length")).slice(1),
  ]),
  "megabyte of headers": underHead((answer) =>
    rawLines(answer, ...Array.from({ length: 1024 }, (_, n) => `X-Filler-${n}: ${"x".repeat(1024)}`)),
  ),
  "garbage instead of HTTP": saying(Buffer.from("\u0016\u0003\u0001\u0000 not a protocol you know\r\n\r\n")),
  "a status line without a number": saying("HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"),
  "empty answer, closed": (exchange) => {
    exchange.socket.end();
  },
  "resets instead of an answer": reset,
  "100 Continue unasked": after("HTTP/1.1 100 Continue"),
  "103 early hints": after("HTTP/1.1 103 Early Hints", "Link: </style.css>; rel=preload"),
  "control characters in the reason phrase": underHead((answer) => [
    "HTTP/1.1 404 Not\x9b31mFound",
    ...rawLines(answer).slice(1),
  ]),
  "an escape sequence in the reason phrase": underHead((answer) => [
    "HTTP/1.1 404 Not\x1b[2JFound",
    ...rawLines(answer).slice(1),
  ]),
  "control characters in a header": underHead((answer) => rawLines(without(answer, "etag"), 'ETag: "\x9b2J"')),
  "terminal escapes in its error body": (exchange) =>
    sendText(exchange, 404, "\u001b[2J\u001b]0;owned\u0007CANARY-RAW-BODY"),
  "echoes the Authorization header in its error body": (exchange) =>
    sendText(exchange, 400, `Refused: ${exchange.request.headers.authorization ?? "none"} CANARY-RAW-BODY`),
  "endless error body": async (exchange) => {
    exchange.response.writeHead(500, { "content-type": "text/plain" });
    const piece = Buffer.from("CANARY-RAW-BODY ".repeat(4096));
    for (let sent = 0; sent < 2 ** 31 && !exchange.socket.destroyed; sent += piece.length) {
      await put(exchange, exchange.response, piece);
    }
  },
  "204 no content": (exchange) => {
    exchange.response.writeHead(204);
    return finish(exchange);
  },
  "304 unasked": (exchange) => {
    exchange.response.writeHead(304);
    return finish(exchange);
  },
  "keeps the socket but resets on the second request": resetOnReuse,
} satisfies Record<string, Behaviour>;
