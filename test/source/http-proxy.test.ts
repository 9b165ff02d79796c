/** Reaching servers through a proxy. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";

const BODY = { size: 100_000, seed: 9 };
const PAIR = Buffer.from("user:CANARY-PROXY").toString("base64");

/** A proxy that tunnels, for those who know its password if it has one. */
async function startProxy({ guarded = false } = {}) {
  const asked: string[] = [];
  const server: Server = createServer((_, response) => response.writeHead(405).end());
  server.on("connect", (request, socket, head) => {
    asked.push(request.url ?? "");
    if (guarded && request.headers["proxy-authorization"] !== `Basic ${PAIR}`) {
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
    expect(proxy.asked).toEqual([new URL(url).host]);
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
    expect(error.name).toBe("AssetsError");
    expect(`${error.message} ${error.hint}`).toMatch(/proxy/i);
    expect(`${error.message} ${error.hint}`).not.toContain("CANARY");
    expect(server.requests).toEqual([]);
  });

  it("that is not there is an error about the connection", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const read = get(makeClient({ httpProxy: server.dead }), url);
    await expect(read).rejects.toMatchObject({ code: "NETWORK", retry: expect.anything() });
  });
});
