/** A server of files with ranges, and with a rate for each connection or for all: a program of its own. */
import { createReadStream, type Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join, normalize } from "node:path";
import { finished, pipeline } from "node:stream/promises";
import type { Report } from "./builtin.js";
import { createPacer, type Pacer } from "./pacer.js";
import { rangeOf } from "./range.js";
import type { ServerOptions } from "./server.js";

const LARGEST_CHUNK = 256 * 1024;
const SMALLEST_CHUNK = 16 * 1024;
/** How much of a second is sent in one go. */
const CHUNK_SECONDS = 0.005;

const { root, host, perConnection, inAll } = JSON.parse(process.argv[2] ?? "{}") as ServerOptions;
const everyone = inAll === undefined ? undefined : createPacer(inAll);
const ofSocket = new WeakMap<object, Pacer>();
const report: Report = { port: 0, sent: 0, peak: 0 };
let answering = 0;

/** The pacers that an answer must ask. A connection keeps its own over all its requests, so none begins with a burst. */
function pacersOf(request: IncomingMessage): Pacer[] {
  let own = ofSocket.get(request.socket);
  if (own === undefined && perConnection !== undefined) {
    own = createPacer(perConnection);
    ofSocket.set(request.socket, own);
  }
  return [own, everyone].filter((pacer) => pacer !== undefined);
}

async function sendPaced(path: string, start: number, end: number, pacers: Pacer[], answer: ServerResponse) {
  const rate = Math.min(perConnection ?? Infinity, inAll ?? Infinity);
  const size = Math.max(SMALLEST_CHUNK, Math.min(LARGEST_CHUNK, Math.round(rate * CHUNK_SECONDS)));
  const file = await open(path);
  try {
    for (let at = start; at <= end && !answer.destroyed; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(size, end + 1 - at)), 0, undefined, at);
      if (bytesRead === 0) throw new Error(`${path} ended early`);
      for (const pace of pacers) await pace(bytesRead);
      if (answer.destroyed) return;
      at += bytesRead;
      report.sent += bytesRead;
      if (!answer.write(buffer.subarray(0, bytesRead))) {
        await new Promise<void>((resolve) => {
          const go = () => {
            answer.off("drain", go).off("close", go);
            resolve();
          };
          answer.on("drain", go).on("close", go);
        });
      }
    }
    answer.end();
  } finally {
    await file.close();
  }
}

async function send(path: string, found: Stats, request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const etag = `"${found.size.toString(16)}-${Math.round(found.mtimeMs).toString(16)}"`;
  const asked = request.headers["if-range"] ?? etag;
  const range = asked === etag ? rangeOf(request.headers.range, found.size) : "whole";
  answer
    .setHeader("accept-ranges", "bytes")
    .setHeader("etag", etag)
    .setHeader("last-modified", found.mtime.toUTCString());
  if (range === "none") {
    answer.writeHead(416, { "content-range": `bytes */${found.size}` }).end();
    return;
  }
  const { start, end } = range === "whole" ? { start: 0, end: found.size - 1 } : range;
  answer.writeHead(range === "whole" ? 200 : 206, {
    "content-type": "application/octet-stream",
    "content-length": end + 1 - start,
    ...(range !== "whole" && { "content-range": `bytes ${start}-${end}/${found.size}` }),
  });
  const pacers = pacersOf(request);
  if (request.method === "HEAD" || end < start) answer.end();
  else if (pacers.length > 0) await sendPaced(path, start, end, pacers, answer);
  else {
    const body = createReadStream(path, { start, end, highWaterMark: LARGEST_CHUNK });
    body.on("data", (bytes) => {
      report.sent += bytes.length;
    });
    await pipeline(body, answer);
  }
}

async function handle(request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://bench");
  const path = join(root, normalize(decodeURIComponent(pathname)));
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) answer.writeHead(404).end();
  else await send(path, found, request, answer);
}

const server = createServer((request, answer) => {
  answering += 1;
  report.peak = Math.max(report.peak, answering);
  finished(answer)
    .catch(() => {})
    .finally(() => {
      answering -= 1;
    });
  // A client that goes away is no fault of the server.
  handle(request, answer).catch(() => answer.destroy());
});
server.listen(0, host, () => {
  const address = server.address();
  report.port = typeof address === "object" && address !== null ? address.port : 0;
  process.send?.(report);
});
process.on("message", () => process.send?.(report));
// The bench is gone, however it ended.
process.on("disconnect", () => process.exit());
