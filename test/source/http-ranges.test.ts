/** What the HTTP source makes of each answer to a request for the rest of a file. */
import { describe, expect, it } from "vitest";
import { AssetsError } from "../../src/errors.js";
import type { OpenOptions } from "../../src/source/source.js";
import { get, makeClient, type Read } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type FaultName, faults } from "../helpers/faults.js";

const BODY = { size: 200_000, seed: 3 };
const BYTES = bytesOf(BODY);
const HAVE = 150_000;
const ETAG = '"strong"';
const PATIENCE_MS = 250;
const AT_ONCE = 10;

/** With a pin no validator is needed, without one it is. */
const PINNED = { offset: HAVE, expectedSize: BODY.size };
const UNPINNED = { offset: HAVE, validator: ETAG };

async function ask(fault: FaultName | undefined, options: Partial<OpenOptions>) {
  const server = await startFaultServer();
  const url = server.serve("/file", { body: BODY, etag: ETAG, ...(fault && { fault }) });
  const result = await get(makeClient(), url, options);
  return { ...result, requests: server.requests };
}

/** Fault, where the body starts then, and how many requests that takes. */
const RESUMES_PINNED: [FaultName, number, number][] = [
  ["206 with a total of *", HAVE, 1],
  ["says Accept-Ranges: none, yet honours ranges", HAVE, 1],
  ["honours ranges without saying so", HAVE, 1],
  ["200 to If-Range with the same ETag", HAVE, 1],
  ["200 to any condition beside a range", HAVE, 1],
  ["has another ETag on every answer for the same bytes", HAVE, 1],
  ["weak ETag", HAVE, 1],
  ["labels a file that is a .gz as Content-Encoding: gzip", HAVE, 1],
  ["labels the file as Content-Encoding: identity", HAVE, 1],
  ["no Content-Length, chunked", HAVE, 1],
  ["no Content-Length, closes at the end", HAVE, 1],
  ["103 early hints", HAVE, 1],
  ["ignores the range and answers 200", 0, 1],
  ["200 with a Content-Range", 0, 1],
  ["gzips although identity was asked for", 0, 1],
  ["answers as HTTP/1.0 without a length", 0, 1],
  ["answers 206 with the wrong start", 0, 2],
  ["206 without Content-Range", 0, 2],
  ["206 with an end before its start", 0, 2],
  ["206 with an end past its total", 0, 2],
  ["206 with another unit", 0, 2],
  ["206 with a Content-Range that is no range", 0, 2],
  ["206 with multipart/byteranges", 0, 2],
  ["416 although the range is fine", 0, 2],
  ["416 with no length", 0, 2],
  ["416 with another length", 0, 2],
];

const RESUMES_UNPINNED: [FaultName, number, number][] = [
  ["206 with a total of *", 0, 2],
  ["says Accept-Ranges: none, yet honours ranges", HAVE, 1],
  ["200 to If-Range with the same ETag", HAVE, 2],
  ["200 to any condition beside a range", HAVE, 2],
  ["ignores the range and answers 200", 0, 2],
  ["has another ETag on every answer for the same bytes", 0, 2],
  ["weak ETag", 0, 1],
  ["gzips a range", 0, 2],
  ["206 without Content-Range", 0, 2],
  ["416 although the range is fine", 0, 2],
];

/** Faults of the bytes themselves: no source can see them, the digest will. */
const LYING_BYTES = new Set<FaultName>([
  "flips one bit",
  "serves zeros",
  "serves another file of the same size",
  "names the right range but sends the file from its start",
  "changes the file between requests (new ETag)",
]);

/** Faults by which other bytes than the file's follow it, or stand in its place from the start. */
const OTHER_FILE = new Set<FaultName>([
  "serves a longer file and says so",
  "serves a longer file without a length",
  "206 with more bytes than its range",
  "endless body",
  "says 200 with an HTML login page",
  "says 200 with an HTML login page, typed as bytes",
  "says 200 with a Git LFS pointer",
  "says 200 with a JSON error",
]);

describe("the rest of a file over HTTP", () => {
  it("is asked for plainly when a pin decides: no If- header beside the range", async () => {
    const { offset, bytes, totalSize, requests } = await ask(undefined, PINNED);
    expect([offset, totalSize, bytes.equals(BYTES.subarray(HAVE))]).toEqual([HAVE, BODY.size, true]);
    expect(requests[0]?.headers).toMatchObject({ range: "bytes=150000-", "accept-encoding": "identity" });
    expect(requests[0]?.headers["if-range"]).toBeUndefined();
  });

  it("is asked for under If-Range when only a validator can tell that the file is the same", async () => {
    const { offset, bytes, requests } = await ask(undefined, UNPINNED);
    expect([offset, bytes.equals(BYTES.subarray(HAVE))]).toEqual([HAVE, true]);
    expect(requests.map(({ headers }) => [headers.range, headers["if-range"]])).toEqual([["bytes=150000-", ETAG]]);
  });

  it("starts over when the file of a validator has changed", async () => {
    const { offset, validator } = await ask("changes the file between requests (new ETag)", UNPINNED);
    expect([offset, validator]).toEqual([0, '"version-1"']);
  });

  it("may rest on a date that is clearly older than the answer, not on a fresh one", async () => {
    const server = await startFaultServer();
    const client = makeClient();
    const old = "Wed, 21 Oct 2015 07:28:00 GMT";
    const dated = (path: string, lastModified: string) => server.serve(path, { body: BODY, etag: null, lastModified });
    const validators = await Promise.all([
      get(client, dated("/old", old)).then(({ validator }) => validator),
      get(client, dated("/fresh", new Date(Date.now() + 5000).toUTCString())).then(({ validator }) => validator),
    ]);
    expect(validators).toEqual([old, undefined]);
    const { offset } = await get(client, `${server.main}/old`, { offset: HAVE, validator: old });
    expect([offset, server.to("/old")[1]?.headers["if-range"]]).toEqual([HAVE, old]);
  });

  it("is nothing when the server's length is what is here already", async () => {
    const { offset, bytes, totalSize } = await ask(undefined, { ...PINNED, offset: BODY.size });
    expect([offset, bytes.length, totalSize]).toEqual([BODY.size, 0, BODY.size]);
  });

  it("is everything when more is here than the server has", async () => {
    const { offset, bytes, requests } = await ask(undefined, { offset: BODY.size + 5 });
    expect([offset, bytes.equals(BYTES), requests.length]).toEqual([0, true, 2]);
  });

  it.each(RESUMES_PINNED)("pinned, %s: the body starts at %i after %i requests", async (fault, start, asked) => {
    const { offset, bytes, requests } = await ask(fault, PINNED);
    expect([offset, requests.length]).toEqual([start, asked]);
    expect(bytes.equals(BYTES.subarray(start))).toBe(true);
  });

  it.each(RESUMES_UNPINNED)("unpinned, %s: the body starts at %i after %i requests", async (fault, start, asked) => {
    const { offset, bytes, requests } = await ask(fault, UNPINNED);
    expect([offset, requests.length]).toEqual([start, asked]);
    expect(bytes.equals(BYTES.subarray(start))).toBe(true);
  });

  it("a range of a file with another total than the pinned one is refused before its body", async () => {
    await expect(ask("206 with another total", PINNED)).rejects.toMatchObject({ code: "SIZE_MISMATCH" });
  });

  it("a range may bring fewer bytes than asked, which are the right ones", async () => {
    const { offset, bytes } = await ask("206 with fewer bytes than asked", PINNED);
    expect([offset, bytes.equals(BYTES.subarray(HAVE, HAVE + 25_000))]).toEqual([HAVE, true]);
  });

  it("a gzipped range is never taken for bytes of the file", async () => {
    const { offset, bytes } = await ask("gzips a range", PINNED);
    expect(bytes.equals(BYTES.subarray(offset))).toBe(true);
  });

  it("a 206 whose length contradicts its range is never taken for bytes of the file", async () => {
    const { offset, bytes } = await ask("206 that is an HTML page", PINNED);
    expect(bytes.equals(BYTES.subarray(offset))).toBe(true);
  });

  it.each([
    ["pinned, from the start", { expectedSize: BODY.size }],
    ["pinned, from the middle", PINNED],
    ["unpinned, from the middle", UNPINNED],
  ])("whatever a server does, the body starts where the source says (%s)", async (_, options) => {
    const server = await startFaultServer();
    const problems: string[] = [];
    async function check(fault: FaultName): Promise<void> {
      const url = server.serve(`/${encodeURIComponent(fault)}`, { body: BODY, etag: ETAG, fault });
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const result: unknown = await get(makeClient(), url, { ...options, signal }).catch((error) => error);
      if (result instanceof AssetsError || result === signal.reason) return;
      if (result instanceof Error) problems.push(`${fault}: ${result}`);
      else if (!LYING_BYTES.has(fault) && !isRight(result as Read, fault)) problems.push(fault);
    }
    const names = Object.keys(faults) as FaultName[];
    for (let at = 0; at < names.length; at += AT_ONCE) await Promise.all(names.slice(at, at + AT_ONCE).map(check));
    expect(problems).toEqual([]);
  });
});

function isRight({ offset, bytes }: Read, fault: FaultName): boolean {
  if (OTHER_FILE.has(fault))
    return offset === 0 || BYTES.subarray(offset).equals(bytes.subarray(0, BODY.size - offset));
  return BYTES.subarray(offset, offset + bytes.length).equals(bytes);
}
