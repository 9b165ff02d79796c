/** How the HTTP source hands a body on, and lets go of it. */
import { getEventListeners } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { get, makeClient } from "../helpers/client.js";
import { bytesOf } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { cutAfter, type Fault, type FaultName, gate, holdAfter } from "../helpers/faults.js";

const BODY = { size: 200_000, seed: 3 };

describe("a body that is cut", () => {
  it("bytes that came before the connection ended are given to a slow reader before the error", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY, fault: cutAfter(100_000) });
    const { body } = await makeClient().open(url, { offset: 0, signal: new AbortController().signal });
    let received = 0;
    async function readSlowly(): Promise<void> {
      for await (const chunk of body) {
        received += chunk.length;
        await server.until(() => server.openSockets() === 0);
      }
    }
    await expect(readSlowly()).rejects.toMatchObject({ code: "NETWORK", retry: {} });
    expect(received).toBe(100_000);
  });

  it.each([1_500_000, 2_500_000])(
    "%i bytes that came are given before the error, though the reader is slow",
    async (bytes) => {
      const server = await startFaultServer();
      const url = server.serve("/file", { body: { size: 4_000_000, seed: 3 }, fault: cutAfter(bytes) });
      const { body } = await makeClient().open(url, { offset: 0, signal: new AbortController().signal });
      let received = 0;
      async function readSlowly(): Promise<void> {
        for await (const chunk of body) {
          received += chunk.length;
          for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate);
        }
      }
      await expect(readSlowly()).rejects.toMatchObject({ code: "NETWORK", retry: {} });
      expect(received).toBe(bytes);
    },
  );
});

describe("a body that comes in pieces", () => {
  it("is handed on as far as it has come, and not piece by piece", async () => {
    const piece = `3e8\r\n${"x".repeat(1000)}\r\n`;
    const server = createServer((socket) => {
      socket.once("data", async () => {
        socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        await sleep(50);
        socket.write(piece.repeat(8));
        await sleep(50);
        socket.end("0\r\n\r\n");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { signal } = new AbortController();
    const { body } = await makeClient().open(`http://127.0.0.1:${port}/file`, { offset: 0, signal });
    const sizes: number[] = [];
    for await (const chunk of body) sizes.push(chunk.length);
    expect(sizes).toEqual([8000]);
  });
});

describe("connections of the HTTP client", () => {
  it("leave nothing at the signal of a request that is over, which may be collected then", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const { signal } = new AbortController();
    await get(makeClient(), url, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it.each<FaultName>(["never answers", "stalls before the headers", "stalls in the middle", "endless body"])(
    "abort ends the request at once and frees its connection when the server %s",
    async (fault) => {
      const server = await startFaultServer();
      const url = server.serve("/file", { body: BODY, fault });
      const controller = new AbortController();
      const read = get(makeClient(), url, { signal: controller.signal });
      const failed = expect(read).rejects.toThrow("enough");
      await server.until(() => server.openSockets() === 1 && server.requests.length === 1);
      controller.abort(new Error("enough"));
      await failed;
      await server.until(() => server.openSockets() === 0);
    },
  );

  it("a body that nobody reads is let go of by an abort", async () => {
    const { opened, open } = gate();
    const server = await startFaultServer();
    const url = server.serve("/file", { body: { size: 20_000_000, seed: 1 }, fault: holdAfter(10_000_000, opened) });
    const controller = new AbortController();
    await makeClient().open(url, { offset: 0, signal: controller.signal });
    controller.abort();
    await server.until(() => server.openSockets() === 0);
    open();
  });

  it("a reader that stops early frees the connection", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY, fault: "endless body" });
    const { body } = await makeClient().open(url, { offset: 0, signal: new AbortController().signal });
    for await (const chunk of body) if (chunk.length > 0) break;
    await server.until(() => server.to("/file").some(({ aborted }) => aborted));
  });

  it("a reader that has all it wants of a coded body frees the connection, though the body never ends", async () => {
    const server = await startFaultServer();
    const unended: Fault = ({ response }) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.write(gzipSync(bytesOf(BODY)));
    };
    const url = server.serve("/file", { body: BODY, fault: unended });
    const { body } = await makeClient().open(url, { offset: 0, signal: new AbortController().signal });
    let received = 0;
    for await (const chunk of body) {
      received += chunk.length;
      if (received === BODY.size) break;
    }
    await server.until(() => server.openSockets() === 0);
  });

  it("close ends every connection", async () => {
    const server = await startFaultServer();
    const client = makeClient();
    await get(client, server.serve("/file", { body: BODY }));
    expect(server.openSockets()).toBe(1);
    await client.close();
    await server.until(() => server.openSockets() === 0);
  });
});
