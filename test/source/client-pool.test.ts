/** Which connection a request goes over, and which connections stay. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { buildConnector, Client } from "undici";
import { expect, it, onTestFinished, vi } from "vitest";
import { createClientPool } from "../../src/source/client-pool.js";

/** A server that answers when told; a pool whose connections come about when told. */
async function setUp() {
  const sockets: Socket[] = [];
  const open = new Set<Socket>();
  const answers = new Map<string, { socket: Socket; response: ServerResponse }>();
  const server = createServer(({ url = "", socket }, response) => answers.set(url, { socket, response }));
  server.on("connection", (socket) => {
    sockets.push(socket);
    open.add(socket.on("error", () => {}).once("close", () => open.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const held: (() => void)[] = [];
  const connector = buildConnector({});
  const connecting = { isHeld: false };
  const pool = createClientPool(
    (url) =>
      new Client(url, {
        connect(options, callback) {
          if (connecting.isHeld) held.push(() => connector(options, callback));
          else connector(options, callback);
        },
      }),
  );
  onTestFinished(async () => {
    await pool.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  /** Asks for a path; how to give it up, and what came of it. */
  const ask = (path: string) => {
    const seen = { isDone: false, error: undefined as unknown };
    let isGivenUp = false;
    const isOver = () => isGivenUp || seen.isDone || seen.error !== undefined;
    let abort: ((reason: Error) => void) | undefined;
    pool.dispatch(
      { origin, path, method: "GET" },
      {
        get isOver() {
          return isOver();
        },
        onRequestStart(controller) {
          abort = (reason) => controller.abort(reason);
          if (isGivenUp) abort(new Error("given up"));
        },
        onResponseEnd() {
          seen.isDone = true;
        },
        onResponseError(_, error) {
          seen.error = error;
        },
      },
    );
    const giveUp = () => {
      isGivenUp = true;
      abort?.(new Error("given up"));
    };
    return { seen, giveUp };
  };
  /** Answers a path once it was asked for. */
  const answer = async (path: string) => {
    await vi.waitFor(() => expect(answers.has(path)).toBe(true));
    answers.get(path)?.response.end("x");
    await sleep(20);
    return answers.get(path)?.socket;
  };
  return { ask, answer, answers, sockets, open, held, connecting };
}

it("goes over a connection that is there and free, whatever clients are older", async () => {
  const { ask, answer, open, sockets } = await setUp();
  const silent = ask("/silent");
  await vi.waitFor(() => expect(sockets).toHaveLength(1));
  ask("/first");
  const served = await answer("/first");
  silent.giveUp();
  await vi.waitFor(() => expect(open.size).toBe(1));
  const { seen } = ask("/second");
  expect(await answer("/second")).toBe(served);
  expect([seen.isDone, sockets.length]).toEqual([true, 2]);
});

it("is over where the request was given up before its connection came about", async () => {
  const { ask, open, sockets, held, connecting } = await setUp();
  connecting.isHeld = true;
  const { seen, giveUp } = ask("/late");
  giveUp();
  for (const connect of held) connect();
  await vi.waitFor(() => expect(sockets).toHaveLength(1));
  await vi.waitFor(() => expect(open.size).toBe(0));
  expect(seen.error).toBeDefined();
});

it("serves one request after the other, and another one opens another connection", async () => {
  const { ask, answer, answers, sockets } = await setUp();
  ask("/a");
  await answer("/a");
  const [b, c] = [ask("/b"), ask("/c")];
  await Promise.all([answer("/b"), answer("/c")]);
  expect([b.seen.isDone, c.seen.isDone, sockets.length]).toEqual([true, true, 2]);
  expect(answers.get("/b")?.socket).toBe(answers.get("/a")?.socket);
});

it("waits for no connection that is still coming about: the next request opens another", async () => {
  const { ask, connecting, held } = await setUp();
  connecting.isHeld = true;
  const one = ask("/x");
  expect(held).toHaveLength(1);
  one.giveUp();
  ask("/y");
  expect(held).toHaveLength(2);
});
