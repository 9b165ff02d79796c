/** What the HTTP source makes of each answer to a request for a whole file. */
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors.js";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import type { Fault, FaultName } from "../helpers/faults.js";

const BODY = { size: 200_000, seed: 3 };
const BYTES = bytesOf(BODY);

/** Serves the file with a fault, asks for it as a pinned one. */
async function ask(fault: Fault | undefined, options: { size?: number; server?: FaultServer } = {}) {
  const server = options.server ?? (await startFaultServer());
  const url = server.serve("/file", { body: BODY, ...(fault && { fault }) });
  const read = get(makeClient(), url, { expectedSize: options.size ?? BODY.size });
  return { server, url, read };
}

const CONTROL = /\p{Cc}/u;

const HARMLESS: FaultName[] = [
  "sends more bytes than it promised",
  "no Content-Length, chunked",
  "no Content-Length, closes at the end",
  "answers as HTTP/1.0 without a length",
  "gzips although identity was asked for",
  "labels a file that is a .gz as Content-Encoding: gzip",
  "labels the file as Content-Encoding: br",
  "labels the file as Content-Encoding: identity",
  "103 early hints",
  "206 of everything to a request without Range",
  "control characters in a header",
  "weak ETag",
];

/** Fault, code, and whether the same request may succeed later. */
const REFUSED: [FaultName, ErrorCode, boolean | "if-served"][] = [
  ["resets in the middle of the body", "NETWORK", true],
  ["resets right after the headers", "NETWORK", true],
  ["resets instead of an answer", "NETWORK", true],
  ["sends fewer bytes than it promised", "NETWORK", true],
  ["half-closes in the middle of the body", "NETWORK", true],
  ["chunked, cut before the last chunk", "NETWORK", true],
  ["truncates exactly at a chunk border", "NETWORK", true],
  ["empty answer, closed", "NETWORK", true],
  ["chunked, with a chunk size that is no number", "NETWORK", "if-served"],
  ["garbage instead of HTTP", "NETWORK", "if-served"],
  ["a status line without a number", "NETWORK", "if-served"],
  ["sends Content-Length: abc", "NETWORK", "if-served"],
  ["sends a negative Content-Length", "NETWORK", "if-served"],
  ["megabyte of headers", "NETWORK", false],
  ["sends a Content-Length that contradicts the pin", "SIZE_MISMATCH", false],
  ["serves a longer file and says so", "SIZE_MISMATCH", false],
  ["serves a shorter file and says so", "SIZE_MISMATCH", false],
  ["serves an empty file", "SIZE_MISMATCH", false],
  ["says 200 with an HTML login page", "BAD_RESPONSE", false],
  ["206 to a request without Range", "BAD_RESPONSE", false],
  ["416 to a request without Range", "BAD_RESPONSE", false],
  ["204 no content", "BAD_RESPONSE", false],
  ["304 unasked", "BAD_RESPONSE", false],
  ["300 with a choice", "BAD_RESPONSE", false],
  ["400", "BAD_RESPONSE", false],
  ["401", "ACCESS", false],
  ["402", "BAD_RESPONSE", false],
  ["403", "ACCESS", false],
  ["404", "NOT_FOUND", false],
  ["408", "NETWORK", true],
  ["410", "NOT_FOUND", false],
  ["425", "NETWORK", true],
  ["429", "NETWORK", true],
  ["451", "BAD_RESPONSE", false],
  ["500", "NETWORK", true],
  ["501", "NETWORK", true],
  ["502", "NETWORK", true],
  ["503", "NETWORK", true],
  ["504", "NETWORK", true],
  ["599", "NETWORK", true],
  ["endless error body", "NETWORK", true],
  ["control characters in the reason phrase", "NOT_FOUND", false],
  ["an escape sequence in the reason phrase", "NOT_FOUND", false],
];

describe("a whole file over HTTP", () => {
  it("arrives byte for byte, asked for without a range or a content coding", async () => {
    const { server, read } = await ask(undefined);
    expect(await read).toEqual({
      bytes: BYTES,
      offset: 0,
      totalSize: BODY.size,
      validator: '"/file"',
      mediaType: "application/octet-stream",
    });
    const [request] = server.requests;
    expect(request?.headers).toMatchObject({
      "accept-encoding": "identity",
      "user-agent": expect.stringMatching(/^assets\//),
    });
    expect(Object.keys(request?.headers ?? {}).filter((name) => /^if-|^range$|^cookie$/.test(name))).toEqual([]);
  });

  it.each(HARMLESS)("arrives byte for byte from a server with this fault: %s", async (fault) => {
    const { read } = await ask(fault);
    const { bytes, offset } = await read;
    expect(offset).toBe(0);
    expect(bytes.equals(BYTES)).toBe(true);
  });

  it.each(REFUSED)("%s: %s, may pass: %s", async (fault, code, passes) => {
    const { server, url, read } = await ask(fault);
    const error = await read.catch((thrown) => thrown);
    const retry = passes === true ? {} : passes ? { ifServed: true } : undefined;
    expect(error).toMatchObject({ name: "AssetsError", code, retry });
    expect(error.message).toContain(url);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[FaultName, number | undefined]>([
    ["429 with Retry-After seconds", 1000],
    ["429 with a Retry-After date in the past", 0],
    ["429 Retry-After of a day", 86_400_000],
    ["429 Retry-After that is neither", undefined],
  ])("%s: the wait asked for is %s ms", async (fault, afterMs) => {
    const error = await (await ask(fault)).read.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", retry: afterMs === undefined ? {} : { afterMs } });
    expect(error.retry.afterMs).toBe(afterMs);
  });

  it("a Retry-After date is a wait until then", async () => {
    const error = await (await ask("429 with Retry-After date")).read.catch((thrown) => thrown);
    expect(error.retry.afterMs).toBeGreaterThanOrEqual(0);
    expect(error.retry.afterMs).toBeLessThanOrEqual(1000);
  });

  it("an unasked 100 Continue ends in the file or in an error that may pass, never in other bytes", async () => {
    const { read } = await ask("100 Continue unasked");
    const result = await read.catch((error) => error);
    if ("bytes" in result) expect(result.bytes.equals(BYTES)).toBe(true);
    else expect(result).toMatchObject({ code: "NETWORK", retry: {} });
  });

  it("two Content-Lengths never pass for a length", async () => {
    for (const fault of ["sends two Content-Lengths", "sends Content-Length and chunked together"] as const) {
      expect(await (await ask(fault)).read.catch((error) => error)).toMatchObject({ code: "NETWORK" });
    }
  });

  it("a body that only the end of the connection delimits may end early, which the size then shows", async () => {
    const { bytes, totalSize } = await (await ask("closes without a length (cut)")).read;
    expect([bytes.length, totalSize]).toEqual([BODY.size / 2, undefined]);
  });

  it("an answer of another size that is small enough for an LFS pointer is given, so that it can be recognised", async () => {
    const { bytes, totalSize } = await (await ask("says 200 with a Git LFS pointer")).read;
    expect([bytes.toString().startsWith("version "), totalSize]).toEqual([true, bytes.length]);
  });

  it("a server that announces another size than the pinned one is refused, and its body cut off", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: { size: 50_000_000, seed: 1 } });
    await expect(get(makeClient(), url, { expectedSize: 5 })).rejects.toMatchObject({
      code: "SIZE_MISMATCH",
      message: expect.stringMatching(/50000000.* 5\b/),
    });
    await server.until(() => server.openSockets() === 0);
    expect(server.bytesSent("/file")).toBeLessThan(40_000_000);
  });

  it("no error shows a byte of the body, the reason phrase or a header that came with it", async () => {
    const server = await startFaultServer();
    for (const fault of [
      "terminal escapes in its error body",
      "echoes the Authorization header in its error body",
      "endless error body",
      "control characters in the reason phrase",
      "an escape sequence in the reason phrase",
      "garbage instead of HTTP",
    ] as const) {
      const url = server.serve("/file", { body: BODY, fault });
      const error = await get(makeClient(), url, {}, { authorization: "Bearer CANARY" }).catch((thrown) => thrown);
      expect(`${error.message} ${error.hint}`).not.toMatch(/CANARY|owned|protocol you know/);
      expect(error.message).not.toMatch(CONTROL);
    }
  });

  it("a refused connection and a name that does not exist are told apart", async () => {
    const server = await startFaultServer();
    const client = makeClient();
    await expect(get(client, `${server.dead}/file`)).rejects.toMatchObject({ code: "NETWORK", retry: {} });
    const unknown = await get(client, "http://no-such-host.invalid/file").catch((error) => error);
    expect(unknown).toMatchObject({ code: "NETWORK" });
    expect(unknown.message).toMatch(/no-such-host\.invalid.*host name/);
  });

  it("a kept connection that the server has dropped costs an error that may pass, no more", async () => {
    const server = await startFaultServer();
    const client = makeClient();
    const url = server.serve("/file", { body: BODY, fault: "keeps the socket but resets on the second request" });
    const results: string[] = [];
    for (let n = 0; n < 6; n += 1) {
      const result = await get(client, url).catch((error) => error);
      if ("bytes" in result) results.push(result.bytes.equals(BYTES) ? "right" : "wrong");
      else results.push(result.code === "NETWORK" && result.retry ? "again" : "for good");
    }
    expect(results.join(" ")).not.toMatch(/wrong|for good/);
    expect(results.filter((result) => result === "right").length).toBeGreaterThan(1);
  });
});

describe("a JSON document over HTTP", () => {
  const signal = new AbortController().signal;

  it("is read", async () => {
    const server = await startFaultServer();
    const url = server.serve("/doc", { body: '{"a":[1]}', contentType: "application/json" });
    expect(await makeClient().getJson(url, { signal })).toEqual({ a: [1] });
  });

  it("that is too large, or no JSON, is a bad answer", async () => {
    const server = await startFaultServer();
    const url = server.serve("/doc", { body: `"${"x".repeat(1000)}"` });
    await expect(makeClient().getJson(url, { signal, maxBytes: 500 })).rejects.toMatchObject({ code: "BAD_RESPONSE" });
    const page = server.serve("/page", { body: BODY, fault: "says 200 with an HTML login page" });
    await expect(makeClient().getJson(page, { signal })).rejects.toMatchObject({ code: "BAD_RESPONSE" });
    const endless = server.serve("/endless", { body: BODY, fault: "endless body" });
    await expect(makeClient().getJson(endless, { signal, maxBytes: 1e6 })).rejects.toMatchObject({
      code: "BAD_RESPONSE",
    });
  });
});
