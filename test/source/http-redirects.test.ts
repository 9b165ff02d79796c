/** Where redirects may lead, with what in hand. */
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/errors.js";
import { makeCertificate } from "../helpers/certificate.js";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";
import { type Exchange, sendText } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import type { FaultName } from "../helpers/faults.js";

const BODY = { size: 50_000, seed: 5 };
const BYTES = bytesOf(BODY);
const SECRETS = { authorization: "Bearer CANARY-TOKEN", "x-api-key": "CANARY-KEY", cookie: "CANARY-COOKIE" };
const certificate = makeCertificate();

const FOLLOWED: [FaultName, number][] = [
  ["redirects ten times", 11],
  ["redirects to another origin", 2],
  ["redirects with 301", 2],
  ["redirects with 303", 2],
  ["redirects with 307", 2],
  ["redirects with 308", 2],
  ["redirects with a relative location", 2],
  ["redirects to a URL with a password", 2],
];

const REFUSED: [FaultName, ErrorCode, number][] = [
  ["redirects in a loop", "BAD_RESPONSE", 11],
  ["redirects eleven times", "BAD_RESPONSE", 11],
  ["redirects to file:", "BAD_RESPONSE", 1],
  ["redirects to data:", "BAD_RESPONSE", 1],
  ["redirects to ftp:", "BAD_RESPONSE", 1],
  ["redirects to no URL at all", "BAD_RESPONSE", 1],
  ["redirects without Location", "BAD_RESPONSE", 1],
  ["redirects to a port where nothing listens", "NETWORK", 1],
  ["redirects to a signed URL that is refused", "NOT_FOUND", 2],
];

function redirectTo(target: (exchange: Exchange) => string) {
  return (exchange: Exchange) => sendText(exchange, 302, "elsewhere", { location: target(exchange) });
}

describe("redirects", () => {
  it.each(FOLLOWED)("%s: the file arrives after %i requests, its range with it", async (fault, requests) => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY, fault });
    const { bytes, offset } = await get(makeClient(), url, { offset: 40_000, expectedSize: BODY.size });
    expect([offset, bytes.equals(BYTES.subarray(40_000))]).toEqual([40_000, true]);
    expect(server.requests.map(({ range }) => range)).toEqual(Array(requests).fill("bytes=40000-"));
  });

  it.each(REFUSED)("%s: %s after %i requests", async (fault, code, requests) => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY, fault });
    await expect(get(makeClient(), url)).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(requests);
  });

  it("a refused target is named by its scheme, without what it would sign or tell", async () => {
    const server = await startFaultServer();
    for (const fault of ["redirects to file:", "redirects to a signed URL that is refused"] as const) {
      const error = await get(makeClient(), server.serve("/file", { body: BODY, fault })).catch((thrown) => thrown);
      expect(`${error.message} ${error.hint}`).not.toMatch(/CANARY|etc.hostname/);
    }
  });

  it("secrets stay with the origin they were meant for, and do not come back after a detour", async () => {
    const server = await startFaultServer();
    const away = redirectTo(({ origins }) => `${origins.other}/away`);
    const url = server.serve("/file", { body: BODY, fault: [away] });
    server.serve("/away", { body: "", fault: redirectTo(({ origins }) => `${origins.main}/file`) });
    await get(makeClient(), url, {}, SECRETS);
    expect(server.requests.map(({ origin, path }) => [origin, path])).toEqual([
      [server.main, "/file"],
      [server.other, "/away"],
      [server.main, "/file"],
    ]);
    const [first, ...rest] = server.requests.map(({ headers }) => JSON.stringify(headers));
    expect(first).toContain("CANARY-TOKEN");
    expect(rest.join()).not.toContain("CANARY");
  });

  it("secrets go along within one origin", async () => {
    const server = await startFaultServer();
    await get(makeClient(), server.serve("/file", { body: BODY, fault: "redirects with 307" }), {}, SECRETS);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(SECRETS.authorization));
  });

  it("user and password of a URL go to its origin as a header, never into a path, another origin or an error", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY, fault: "redirects to another origin" });
    await get(makeClient(), url.replace("//", "//us%40er:CANARY%3A1@"));
    const [first, second] = server.requests;
    const pair = Buffer.from("us@er:CANARY:1").toString("base64");
    expect([first?.path, first?.headers.authorization]).toEqual(["/file", `Basic ${pair}`]);
    expect(JSON.stringify(second)).not.toMatch(new RegExp(`CANARY|${pair}|authorization`));
    const refused = server.serve("/refused", { body: BODY, fault: "401" }).replace("//", "//user:CANARY@");
    const error = await get(makeClient(), refused).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "ACCESS" });
    expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain("CANARY");
  });

  it("a password in a redirect's target is not sent", async () => {
    const server = await startFaultServer();
    await get(makeClient(), server.serve("/file", { body: BODY, fault: "redirects to a URL with a password" }));
    expect(JSON.stringify(server.requests)).not.toMatch(/authorization|CANARY/);
  });

  it("a fragment is never sent", async () => {
    const server = await startFaultServer();
    await get(makeClient(), `${server.serve("/file", { body: BODY })}#CANARY`);
    expect(server.requests[0]?.path).toBe("/file");
  });

  it("query, percent signs and odd characters of a path reach the server as they were written", async () => {
    const server = await startFaultServer();
    const path = "/@scope/name@1.2.3/a%3Db=c%20d%2Fe?download=1&x=%2B+";
    await get(makeClient(), server.serve(path, { body: BODY }));
    expect(server.requests[0]?.path).toBe(path);
  });
});

describe.skipIf(certificate === undefined)("TLS (needs openssl)", () => {
  const tls = certificate ?? { key: "", cert: "" };

  it("https is never left for http", async () => {
    const server = await startFaultServer({ tls });
    server.serve("/file", { body: BODY, fault: "redirects https to http" });
    const read = get(makeClient({ ca: tls.cert }), `${server.tls}/file`);
    await expect(read).rejects.toMatchObject({
      code: "BAD_RESPONSE",
      message: expect.stringContaining("https to http"),
    });
    expect(server.requests).toHaveLength(1);
  });

  it("http may lead to https, without the secrets", async () => {
    const server = await startFaultServer({ tls });
    const url = server.serve("/file", { body: BODY, fault: "redirects http to https" });
    const { bytes } = await get(makeClient({ ca: tls.cert }), url, {}, SECRETS);
    expect(bytes.equals(BYTES)).toBe(true);
    expect(server.requests[1]?.origin).toBe(server.tls);
    expect(JSON.stringify(server.requests[1]?.headers)).not.toContain("CANARY");
  });

  it("a certificate that nobody vouches for is refused, with the variable that would help", async () => {
    const server = await startFaultServer({ tls });
    server.serve("/file", { body: BODY });
    const error = await get(makeClient(), `${server.tls}/file`).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", hint: expect.stringContaining("NODE_EXTRA_CA_CERTS") });
    expect(error.retry).toBeUndefined();
    expect(server.requests).toEqual([]);
  });

  it("a certificate for another name is refused although its authority is known", async () => {
    const server = await startFaultServer({ tls });
    server.serve("/file", { body: BODY });
    const other = (server.tls ?? "").replace("127.0.0.1", "127.0.0.2");
    await expect(get(makeClient({ ca: tls.cert }), `${other}/file`)).rejects.toMatchObject({ code: "NETWORK" });
    expect(server.requests).toEqual([]);
  });
});
