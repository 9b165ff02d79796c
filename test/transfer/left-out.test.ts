/** A server that answers a few connections at a time, and leaves further ones without a word, now or for ever. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { BODY, MB } from "../helpers/mirrors.js";
import { startPacedServer } from "../helpers/paced-server.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const AT_ONCE = 2;
const names = Array.from({ length: 8 }, (_, n) => `f${n}`);
/** For how long a request waits before it is known to be one too many. */
const LONG_MS = 5_000;

/** Tells which requests come over a connection beyond the first few that are open. */
function beyond() {
  const answered = new Set<Socket>();
  return ({ socket }: IncomingMessage): boolean => {
    if (!answered.has(socket)) {
      if (answered.size >= AT_ONCE) return true;
      answered.add(socket.once("close", () => answered.delete(socket)));
    }
    return false;
  };
}

it("serves all files over those that it answers, soon after it is known", { timeout: 30_000 }, async () => {
  const isBeyond = beyond();
  const server = await startPacedServer({ body: BODY, perConnection: 4 * MB, intercept: isBeyond });
  const tree = makeTree();
  tree.manifestFor(Object.fromEntries(names.map((name) => [name, { url: server.url, body: BODY }])));
  const report = await run(tree, { policy: { retries: 0 } });
  expect(report.totals).toMatchObject({ downloaded: names.length, failed: 0 });
  // Half a second for each pair of files.
  expect(report.durationMs).toBeGreaterThan(LONG_MS);
  expect(report.durationMs).toBeLessThan(2 * LONG_MS);
  expect(server.ranges.length).toBeLessThan(2 * names.length);
});

it("is not asked again where it answers everything late", { timeout: 30_000 }, async () => {
  const server = await startPacedServer({
    body: BODY.subarray(0, 1000),
    intercept(_, response, index) {
      setTimeout(() => response.end(BODY.subarray(0, 1000)), LONG_MS + 500 + index * 50);
      return true;
    },
  });
  const tree = makeTree();
  const body = BODY.subarray(0, 1000);
  tree.manifestFor(Object.fromEntries(names.map((name) => [name, { url: server.url, body }])));
  const report = await run(tree, { policy: { retries: 0 } });
  expect(report.totals).toMatchObject({ downloaded: names.length, failed: 0 });
  expect(server.ranges).toHaveLength(names.length);
});
