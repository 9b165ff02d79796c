/** Servers whose answers are spoilt at random: nothing wrong may come of it, and it must come to an end. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { type Behaviour, honest, pour, put, rawHead } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { run, SHORT_PATIENCE } from "../helpers/run.js";
import { type FileSpec, makeTree } from "../helpers/tree.js";

const SIZE = 30_000;
const FILES = 60;
const REQUESTS = 8;
const OPTIONS = { jobs: 8, policy: { retries: 3, maxRetryAfterMs: 0, ...SHORT_PATIENCE } };

const position = fc.integer({ min: 0, max: SIZE + 5 });
const total = fc.oneof(fc.constantFrom("*", `${SIZE}`, "", "9".repeat(20)), fc.nat(2 * SIZE).map(String));
const contentRange = fc
  .tuple(fc.constantFrom("bytes", "Bytes", "items", ""), position, position, total)
  .map(([unit, start, end, size]) => `${unit} ${start}-${end}/${size}`);

/** A header put in place of the honest one, or beside the others; undefined takes it away. */
const spoiltHeader = fc.oneof(
  fc.tuple(fc.constant("content-range"), fc.oneof(contentRange, fc.constantFrom(`bytes */${SIZE}`, undefined))),
  fc.tuple(
    fc.constant("content-length"),
    fc.oneof(fc.nat(2 * SIZE).map(String), fc.constantFrom(undefined, `${SIZE}`, "0", "x")),
  ),
  fc.tuple(fc.constant("content-encoding"), fc.constantFrom("gzip", "br", "deflate", "identity", "gzip, gzip", "zstd")),
  fc.tuple(fc.constant("transfer-encoding"), fc.constantFrom("chunked", "identity", "gzip")),
  fc.tuple(fc.constant("content-type"), fc.constantFrom("text/html", "multipart/byteranges", "x", undefined)),
  fc.tuple(fc.constant("etag"), fc.constantFrom('W/"a"', '"b"', "a", '""', undefined)),
  fc.tuple(fc.constant("retry-after"), fc.constantFrom("0", "1e9", "-1", "Thu, 01 Jan 1970 00:00:00 GMT", "99999")),
  fc.tuple(fc.constant("location"), fc.constantFrom("?", "//", "http://0/", "https:", "a b", "#", "")),
  fc.tuple(fc.constant("connection"), fc.constantFrom("close", "keep-alive", "upgrade")),
);
const STATUSES = [200, 203, 204, 205, 206, 226, 301, 304, 307, 404, 409, 416, 418, 421, 500, 503];
/** Something spoilt in one of four answers. */
function rarely<T, U>(arbitrary: fc.Arbitrary<T>, otherwise: U): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 1, arbitrary }, { weight: 3, arbitrary: fc.constant(otherwise) });
}

const spoilt = fc.record({
  status: rarely(fc.constantFrom(...STATUSES), undefined),
  headers: fc.array(spoiltHeader, { maxLength: 2 }),
  /** How much of the body is sent. */
  share: rarely(fc.double({ min: 0, max: 1, noNaN: true }), 1),
  /** How far the bytes are from where they should be. */
  shift: rarely(fc.integer({ min: -500, max: 500 }), 0),
  /** Bytes behind the body. */
  extra: rarely(fc.nat(300), 0),
  ignoresRange: fc.boolean(),
  destroys: fc.boolean(),
});
type Spoilt = typeof spoilt extends fc.Arbitrary<infer T> ? T : never;

function answering({ status, headers, share, shift, extra, ...more }: Spoilt): Behaviour {
  return async (exchange) => {
    if (more.ignoresRange) delete exchange.request.headers.range;
    const answer = honest(exchange);
    const fields = Object.entries({ ...answer.headers, ...Object.fromEntries(headers) });
    const lines = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
    rawHead(exchange, `HTTP/1.1 ${status ?? answer.status} Spoilt`, ...lines);
    const start = Math.max(0, answer.start + shift);
    const end = start + Math.round((answer.end - answer.start) * share);
    await pour(exchange, exchange.socket, exchange.resource.content, start, end);
    await put(exchange, exchange.socket, Buffer.alloc(extra));
    if (more.destroys) exchange.socket.destroy();
    else exchange.socket.end();
  };
}

/** One run over files each of which has a server of its own kind, every second one a good mirror; what went wrong. */
async function fuzz(seed: number): Promise<string[]> {
  const server = await startFaultServer();
  const tree = makeTree();
  const files: Record<string, FileSpec> = {};
  const kinds = fc.sample(fc.array(spoilt, { minLength: REQUESTS, maxLength: REQUESTS }), { seed, numRuns: FILES });
  for (const [n, kind] of kinds.entries()) {
    const body = { size: SIZE, seed: n };
    const url = server.serve(`/${n}/bad`, { body, fault: kind.map(answering) });
    const mirror = server.serve(`/${n}/good`, { body });
    files[`f${n}`] = { url: n % 2 === 0 ? url : [url, mirror], body, pin: n % 4 < 2 ? "all" : "sha256" };
    if (n % 3 === 0) tree.write(`f${n}.${sha256Of(body).slice(0, 12)}.part`, bytesOf(body).subarray(0, 500 * (n % 41)));
  }
  tree.manifestFor(files);
  const report = await run(tree, OPTIONS);
  return Object.keys(files).flatMap((path, n) => {
    const { status, error } = report.of(path);
    const right = tree.exists(path) && tree.sha256(path) === sha256Of({ size: SIZE, seed: n });
    const asked = server.to(`/${n}/bad`).length;
    const fine = (right || n % 2 === 0) && right === (status === "downloaded") && tree.exists(path) === right;
    return fine && asked <= 11 * (OPTIONS.policy.retries + 2) ? [] : [`${path} ${status} ${asked} ${error?.message}`];
  });
}

describe("servers that spoil their answers at random", () => {
  it.each([1, 2, 3])(
    "lead to the right file or to none, and with a good mirror to the right one (seed %i)",
    async (seed) => {
      expect(await fuzz(seed)).toEqual([]);
    },
  );
});
