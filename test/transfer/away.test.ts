/** A host that is away for a moment: it is waited for, and asked by few at a time, until it is back. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { bytesOf } from "../helpers/content.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 3_000, seed: 17 };
const FILES = 40;

/** A server that can go and come back under its address. */
async function startServer() {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end(bytesOf(BODY));
  });
  const open = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  await open(0);
  const { port } = server.address() as AddressInfo;
  onTestFinished(close);
  return { open: () => open(port), close, port, requests: () => requests };
}

/** A project of many small files, whose only server is away. */
async function setUp() {
  const server = await startServer();
  const tree = makeTree();
  const names = Array.from({ length: FILES }, (_, n) => `f${n}`);
  const url = `http://127.0.0.1:${server.port}/`;
  tree.manifestFor(Object.fromEntries(names.map((name) => [name, { url: url + name, body: BODY }])));
  server.close();
  return { server, tree };
}

it("many small files all arrive though their only server is away at first", async () => {
  const { server, tree } = await setUp();
  const back = setTimeout(server.open, 400);
  onTestFinished(() => clearTimeout(back));
  // Each file by itself would have tried six times within less than that, most likely.
  const report = await run(tree, { policy: { retries: 5, baseDelayMs: 25, maxDelayMs: 5_000, leastMs: 150 } });
  expect(report.totals).toMatchObject({ downloaded: FILES, failed: 0 });
  const tries = report.events.filter(({ type }) => type === "transfer:retry");
  // Each finds it out once, and then one after the other.
  expect(tries.length).toBeLessThan(1.5 * FILES);
  expect(server.requests()).toBe(FILES);
});

it("where it stays away, no file waits longer for it than one alone would", async () => {
  const { tree } = await setUp();
  const report = await run(tree, { policy: { retries: 5, baseDelayMs: 10, maxDelayMs: 60_000 } });
  expect(report.totals).toMatchObject({ downloaded: 0, failed: FILES });
  const delays = report.events.flatMap((event) => (event.type === "transfer:retry" ? [event.delayMs] : []));
  expect(Math.max(...delays)).toBeLessThanOrEqual(10 * 2 ** 5);
});
