/** Reaching servers through a proxy. */
import { describe, expect, it } from "vitest";
import { makeChain } from "../helpers/certificate.js";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { startProxy } from "../helpers/proxy.js";

const BODY = { size: 100_000, seed: 9 };
const BYTES = bytesOf(BODY);
const LOGIN = "user:CANARY-PROXY";
const PAIR = Buffer.from(LOGIN).toString("base64");
const chain = makeChain();

/** A server that serves one file, and what reaching it ends with. */
async function attempt(env: (server: { dead: string }) => Record<string, string>) {
  const server = await startFaultServer();
  const url = server.serve("/file", { body: BODY });
  const error = await get(makeClient({}, env(server)), url).catch((thrown) => thrown);
  return { error, told: `${error.message} ${error.hint}`, server };
}

describe("an HTTP proxy", () => {
  it("is gone through for every server but those it is not for", async () => {
    const proxy = await startProxy();
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const through = await get(makeClient({ httpProxy: proxy.url }), url);
    expect(through.bytes.equals(BYTES)).toBe(true);
    expect(proxy.asked).toEqual([`GET ${url}`]);
    await get(makeClient({ httpProxy: proxy.url, noProxy: "127.0.0.1" }), url);
    expect([proxy.asked.length, server.requests.length]).toEqual([1, 2]);
  });

  it("passes on from which byte a file is wanted", async () => {
    const proxy = await startProxy();
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const { offset, bytes } = await get(makeClient({}, { http_proxy: proxy.url }), url, { offset: 40_000 });
    expect([offset, bytes.equals(BYTES.subarray(40_000))]).toEqual([40_000, true]);
  });

  it.each([
    ["user and password", LOGIN, LOGIN],
    ["a user without a password", "user", "user:"],
    ["odd characters, percent-encoded", "us%40er:p%3A%2F%C3%A9", "us@er:p:/é"],
  ])("is told %s, and the server is not", async (_, written, login) => {
    const proxy = await startProxy({ login });
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const client = makeClient({}, { HTTP_PROXY: proxy.as(written) });
    expect((await get(client, url)).bytes.length).toBe(BODY.size);
    expect(JSON.stringify(server.requests)).not.toMatch(new RegExp(`CANARY|${PAIR}|proxy-authorization`));
  });

  it("that wants a login is told from a server that does, and the hint says where to put it", async () => {
    const proxy = await startProxy({ login: LOGIN });
    const { error, told, server } = await attempt(() => ({ HTTP_PROXY: proxy.url }));
    expect(error).toMatchObject({ name: "AssetsError", code: "ACCESS", exitCode: 7 });
    expect(told).toContain(`The proxy ${proxy.url}`);
    expect(told).toContain("HTTP_PROXY takes them between http:// and the host, as user:password@");
    expect(server.requests).toEqual([]);
  });

  it("that refuses a password says so, without the password", async () => {
    const proxy = await startProxy({ login: LOGIN });
    const { error, told } = await attempt(() => ({ all_proxy: proxy.as("user:CANARY-WRONG") }));
    expect([error.code, told]).toEqual([
      "ACCESS",
      expect.stringContaining("refuses the user and password of all_proxy"),
    ]);
    expect(told).not.toContain("CANARY");
  });

  it("that is not there is named, with the variable that names it", async () => {
    const { error, told } = await attempt(({ dead }) => ({ http_proxy: dead.replace("//", `//${LOGIN}@`) }));
    expect(error).toMatchObject({ code: "NETWORK", retry: expect.anything(), unreachable: true });
    expect(told).toMatch(/at the proxy http:\/\/127\.0\.0\.1:\d+ the connection is refused.*http_proxy/);
    expect(told).not.toContain("CANARY");
  });

  it("of another kind is refused by name before anything is sent", async () => {
    const { error, server } = await attempt(() => ({ ALL_PROXY: "socks5h://127.0.0.1:1080" }));
    expect(error).toMatchObject({ code: "USAGE", exitCode: 2, message: expect.stringContaining("SOCKS") });
    expect(server.requests).toEqual([]);
  });
});

describe.skipIf(chain === undefined)("a proxy and TLS (needs openssl)", () => {
  const { ca, ...tls } = chain ?? { ca: "", key: "", cert: "" };

  async function secureServer() {
    const server = await startFaultServer({ tls });
    const plain = server.serve("/file", { body: BODY });
    return { server, plain, secure: `${server.tls}/file` };
  }

  it("tunnels TLS without seeing into it, and asks for its password there as well", async () => {
    const proxy = await startProxy({ login: LOGIN });
    const { secure } = await secureServer();
    const client = (login: string) => makeClient({ ca }, { HTTPS_PROXY: proxy.as(login) });
    expect((await get(client(LOGIN), secure)).bytes.equals(BYTES)).toBe(true);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(secure).host}`]));
    const refused = await get(client("user:CANARY-WRONG"), secure).catch((thrown) => thrown);
    expect(refused).toMatchObject({ code: "ACCESS", hint: expect.stringContaining("HTTPS_PROXY") });
    expect(`${refused.message}${refused.hint}`).not.toContain("CANARY");
  });

  it("may itself be reached by TLS, for https and for plain http, which is no reason for a tunnel", async () => {
    const proxy = await startProxy({ tls, login: LOGIN });
    const { secure, plain } = await secureServer();
    const client = makeClient({ ca }, { all_proxy: proxy.as(LOGIN) });
    expect((await get(client, secure)).bytes.equals(BYTES)).toBe(true);
    expect((await get(client, plain)).bytes.equals(BYTES)).toBe(true);
    expect(proxy.asked).toEqual([`CONNECT ${new URL(secure).host}`, `GET ${plain}`]);
  });

  it.each(["secure", "plain"] as const)(
    "with a certificate of nobody's is told from a server with one (%s)",
    async (kind) => {
      const proxy = await startProxy({ tls });
      const urls = await secureServer();
      const error = await get(makeClient({}, { all_proxy: proxy.url }), urls[kind]).catch((thrown) => thrown);
      expect(error.message).toContain(`at the proxy ${proxy.url} the proxy's certificate is not accepted`);
      expect([error.code, error.hint]).toEqual(["NETWORK", expect.stringContaining("--ca-file")]);
      expect([proxy.asked, urls.server.requests]).toEqual([[], []]);
    },
  );

  it("that lets nobody through to a host is no fault that passes", async () => {
    const proxy = await startProxy({ status: 403 });
    const { secure } = await secureServer();
    const error = await get(makeClient({ ca }, { HTTPS_PROXY: proxy.url }), secure).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "ACCESS", message: expect.stringMatching(/does not let through.*403/) });
    expect([error.retry, error.hint]).toEqual([undefined, expect.stringContaining("NO_PROXY")]);
  });

  it("that cannot reach a host is a fault that may pass, and counts the host as away", async () => {
    const proxy = await startProxy({ status: 503 });
    const { secure } = await secureServer();
    const error = await get(makeClient({ ca }, { HTTPS_PROXY: proxy.url }), secure).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "NETWORK", retry: {}, unreachable: true });
    expect(error.message).toContain(`The proxy ${proxy.url} cannot reach the host`);
  });

  it("does not hide that the server behind it has a bad certificate", async () => {
    const proxy = await startProxy();
    const { secure } = await secureServer();
    const error = await get(makeClient({}, { HTTPS_PROXY: proxy.url }), secure).catch((thrown) => thrown);
    expect(error.message).toContain("the server's certificate is not accepted");
  });
});
