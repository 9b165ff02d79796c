/** Reaching servers through a proxy. */
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeCertificate } from "../helpers/certificate.js";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";

const BODY = { size: 100_000, seed: 9 };
const PAIR = Buffer.from("user:CANARY-PROXY").toString("base64");

/** A proxy that forwards http, and tunnels to TLS ports only, for those who know its password if it has one. */
async function startProxy({ guarded = false } = {}) {
  const asked: string[] = [];
  const isStranger = ({ headers }: IncomingMessage) => guarded && headers["proxy-authorization"] !== `Basic ${PAIR}`;
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (isStranger(request)) return void response.writeHead(407).end();
    const { "proxy-authorization": _, ...headers } = request.headers;
    const onward = httpRequest(request.url ?? "", { headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    onward.end();
  });
  server.on("connect", (request, socket, head) => {
    asked.push(`CONNECT ${request.url}`);
    if (isStranger(request)) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const [host = "", port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) end.on("error", () => [socket, upstream].map((other) => other.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe("an HTTP proxy", () => {
  it("is gone through for every server but those it is not for", async () => {
    const proxy = await startProxy();
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const through = await get(makeClient({ httpProxy: proxy.url }), url);
    expect(through.bytes.equals(bytesOf(BODY))).toBe(true);
    expect(proxy.asked).toEqual([`GET ${url}`]);
    await get(makeClient({ httpProxy: proxy.url, noProxy: "127.0.0.1" }), url);
    expect([proxy.asked.length, server.requests.length]).toEqual([1, 2]);
  });

  it("is told its password, and the server is not", async () => {
    const proxy = await startProxy({ guarded: true });
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const guarded = proxy.url.replace("//", "//user:CANARY-PROXY@");
    expect((await get(makeClient({ httpProxy: guarded }), url)).bytes.length).toBe(BODY.size);
    expect(JSON.stringify(server.requests)).not.toMatch(new RegExp(`CANARY|${PAIR}|proxy-authorization`));
  });

  it("that refuses is told from a server that refuses, without its password", async () => {
    const proxy = await startProxy({ guarded: true });
    const server = await startFaultServer();
    const wrong = proxy.url.replace("//", "//user:CANARY-WRONG@");
    const url = server.serve("/file", { body: BODY });
    const error = await get(makeClient({ httpProxy: wrong }), url).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "AssetsError", code: "ACCESS", exitCode: 7 });
    expect(`${error.message} ${error.hint}`).toMatch(/proxy/i);
    expect(`${error.message} ${error.hint}`).not.toContain("CANARY");
    expect(server.requests).toEqual([]);
  });

  it("tunnels TLS without seeing into it, and asks for its password there as well", async ({ skip }) => {
    const tls = makeCertificate();
    if (tls === undefined) return skip("openssl is needed to make a certificate");
    const proxy = await startProxy({ guarded: true });
    const server = await startFaultServer({ tls });
    server.serve("/file", { body: BODY });
    const url = `${server.tls}/file`;
    const settings = (user: string) => ({ ca: tls.cert, httpsProxy: proxy.url.replace("//", `//${user}@`) });
    expect((await get(makeClient(settings("user:CANARY-PROXY")), url)).bytes.length).toBe(BODY.size);
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${new URL(url).host}`]));
    const refused = await get(makeClient(settings("user:CANARY-WRONG")), url).catch((thrown) => thrown);
    expect(refused).toMatchObject({ code: "ACCESS", hint: expect.stringContaining("HTTPS_PROXY") });
  });

  it("that is not there is an error about the connection", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const read = get(makeClient({ httpProxy: server.dead }), url);
    await expect(read).rejects.toMatchObject({ code: "NETWORK", retry: expect.anything() });
  });
});
