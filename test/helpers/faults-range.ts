/** Faults of ranges: what a server may say or do instead of the part that was asked for. */

import { changed, seeded } from "./content.js";
import type { Answer, Behaviour, Exchange } from "./exchange.js";
import { finish, honest, left, middle, pour, put, send, sendHead, sendText, without } from "./exchange.js";

const SHIFT = 100;

/** Answers a request that has a range by `lie`, any other honestly. */
function onRange(lie: (exchange: Exchange, answer: Answer) => Promise<void>): Behaviour {
  return (exchange) => {
    const answer = honest(exchange);
    return answer.status === 206 ? lie(exchange, answer) : send(exchange, answer);
  };
}

/** Replaces the Content-Range of a partial answer. */
function contentRange(text: (answer: Answer, size: number) => string): Behaviour {
  return onRange((exchange, answer) => {
    const headers = { ...answer.headers, "content-range": text(answer, exchange.resource.content.size) };
    return send(exchange, { ...answer, headers });
  });
}

async function multipart(exchange: Exchange, answer: Answer): Promise<void> {
  const body = Buffer.concat([
    Buffer.from(`--part\r\nContent-Range: ${answer.headers["content-range"]}\r\n\r\n`),
    exchange.resource.content.slice(answer.start, answer.end),
    Buffer.from("\r\n--part--\r\n"),
  ]);
  const headers = { "content-type": "multipart/byteranges; boundary=part", "content-length": `${body.length}` };
  sendHead(exchange, { ...answer, headers });
  await put(exchange, exchange.response, body);
  await finish(exchange);
}

function ignoringRange(exchange: Exchange): Promise<void> {
  delete exchange.request.headers.range;
  return send(exchange, honest(exchange));
}

export const rangeFaults = {
  "ignores the range and answers 200": ignoringRange,
  "answers 206 with the wrong start": onRange((exchange, answer) => {
    const { size } = exchange.resource.content;
    const start = Math.max(0, answer.start - SHIFT);
    const headers = {
      ...answer.headers,
      "content-range": `bytes ${start}-${answer.end - 1}/${size}`,
      "content-length": `${answer.end - start}`,
    };
    return send(exchange, { ...answer, headers, start });
  }),
  "names the right range but sends the file from its start": onRange(async (exchange, answer) => {
    sendHead(exchange, answer);
    await pour(exchange, exchange.response, exchange.resource.content, 0, answer.end - answer.start);
    await finish(exchange);
  }),
  "206 without Content-Range": onRange((exchange, answer) => send(exchange, without(answer, "content-range"))),
  "206 with another total": contentRange(({ start, end }, size) => `bytes ${start}-${end - 1}/${size + SHIFT}`),
  "206 with a total of *": contentRange(({ start, end }) => `bytes ${start}-${end - 1}/*`),
  "206 with an end before its start": contentRange(({ start }, size) => `bytes ${start}-${start - 1}/${size}`),
  "206 with an end past its total": contentRange(({ start, end }) => `bytes ${start}-${end - 1}/${end - 1}`),
  "206 with another unit": contentRange(({ start, end }, size) => `items ${start}-${end - 1}/${size}`),
  "206 with a Content-Range that is no range": contentRange(() => "bytes of the file"),
  "206 with multipart/byteranges": onRange(multipart),
  "206 with fewer bytes than asked": onRange((exchange, answer) => {
    const end = middle(answer);
    const { size } = exchange.resource.content;
    const headers = {
      ...answer.headers,
      "content-range": `bytes ${answer.start}-${end - 1}/${size}`,
      "content-length": `${end - answer.start}`,
    };
    return send(exchange, { ...answer, headers, end });
  }),
  "206 with more bytes than its range": onRange(async (exchange, answer) => {
    sendHead(exchange, without(answer, "content-length"));
    await pour(exchange, exchange.response, exchange.resource.content, answer.start, answer.end);
    await pour(exchange, exchange.response, seeded(SHIFT, 1), 0, SHIFT);
    await finish(exchange);
  }),
  "206 to a request without Range": (exchange) => {
    const { size } = exchange.resource.content;
    exchange.request.headers.range ??= `bytes=${Math.floor(size / 2)}-`;
    return send(exchange, honest(exchange));
  },
  "206 of everything to a request without Range": (exchange) => {
    exchange.request.headers.range ??= "bytes=0-";
    return send(exchange, honest(exchange));
  },
  "206 that is an HTML page": onRange((exchange, answer) => {
    const page = "<!doctype html><title>Sign in</title>";
    const headers = { ...answer.headers, "content-type": "text/html", "content-length": `${page.length}` };
    exchange.response.writeHead(206, headers);
    exchange.response.write(page);
    return finish(exchange);
  }),
  "200 with a Content-Range": onRange((exchange, answer) =>
    send(exchange, {
      ...answer,
      status: 200,
      headers: { ...answer.headers, "content-length": `${exchange.resource.content.size}` },
      start: 0,
    }),
  ),
  "416 although the range is fine": onRange((exchange) =>
    sendText(exchange, 416, "no", { "content-range": `bytes */${exchange.resource.content.size}` }),
  ),
  "416 with no length": onRange((exchange) => sendText(exchange, 416, "no")),
  "416 with another length": onRange((exchange) => sendText(exchange, 416, "no", { "content-range": "bytes */17" })),
  "416 to a request without Range": (exchange) =>
    sendText(exchange, 416, "no", { "content-range": `bytes */${exchange.resource.content.size}` }),
  "stalls on every range": onRange(left),
  "says Accept-Ranges: none, yet honours ranges": (exchange) => {
    const answer = honest(exchange);
    return send(exchange, { ...answer, headers: { ...answer.headers, "accept-ranges": "none" } });
  },
  "honours ranges without saying so": (exchange) => send(exchange, without(honest(exchange), "accept-ranges")),
  "200 to If-Range with the same ETag": (exchange) =>
    exchange.request.headers["if-range"] === undefined ? send(exchange, honest(exchange)) : ignoringRange(exchange),
  "200 to any condition beside a range": (exchange) => {
    const conditional = Object.keys(exchange.request.headers).some((name) => name.startsWith("if-"));
    return conditional ? ignoringRange(exchange) : send(exchange, honest(exchange));
  },
  "changes the file between requests (new ETag)": (exchange) => {
    const { content } = exchange.resource;
    const shift = exchange.count;
    exchange.resource = {
      ...exchange.resource,
      etag: `"version-${shift}"`,
      lastModified: undefined,
      content: changed(content, (slice) => Buffer.from(slice.map((byte) => byte ^ shift))),
    };
    return send(exchange, honest(exchange));
  },
  "has another ETag on every answer for the same bytes": (exchange) => {
    exchange.resource = { ...exchange.resource, etag: `"answer-${exchange.count}"`, lastModified: undefined };
    delete exchange.request.headers["if-range"];
    return send(exchange, honest(exchange));
  },
  "weak ETag": (exchange) => {
    exchange.resource = { ...exchange.resource, etag: 'W/"weak"', lastModified: undefined };
    return send(exchange, honest(exchange));
  },
} satisfies Record<string, Behaviour>;
