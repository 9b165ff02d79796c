/** How long a download waits, for whom, and how it is stopped. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { sendText } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type Fault, type FaultName, gate, healthy, holdAfter } from "../helpers/faults.js";
import { type RunOptions, run, SHORT_PATIENCE } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 400_000, seed: 21 };
const SHA256 = sha256Of(BODY);

async function setUp(fault: Fault | Fault[], { mirror = false } = {}) {
  const server = await startFaultServer();
  const tree = makeTree();
  const url = [server.serve("/a", { body: BODY, fault })];
  if (mirror) url.push(server.serve("/mirror", { body: BODY }));
  tree.manifestFor({ "a.bin": { url, body: BODY } });
  return { server, tree };
}

/** Runs until the first wait, which is then cut short by an abort; answers how long it would have been. */
async function firstWait(fault: Fault): Promise<number> {
  const { tree } = await setUp(fault);
  const controller = new AbortController();
  const report = await run(tree, {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === "transfer:retry") controller.abort();
    },
  });
  expect(report.stopped?.code).toBe("ABORTED");
  return report.events.find((event) => event.type === "transfer:retry")?.delayMs ?? -1;
}

function retryAfter(value: string): Fault {
  return (exchange) => sendText(exchange, 503, "later", { "retry-after": value });
}

describe("a server that says when to come back", () => {
  it("in seconds, is waited for as long", async () => {
    expect(await firstWait(retryAfter("7"))).toBe(7000);
  });

  it("by a date, is waited for until then", async () => {
    const wait = await firstWait(retryAfter(new Date(Date.now() + 60_000).toUTCString()));
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThanOrEqual(60_000);
  });

  it("in five minutes, is still waited for", async () => {
    expect(await firstWait(retryAfter("300"))).toBe(300_000);
  });

  it.each(["301", "86400", "9".repeat(30), new Date(Date.now() + 3_600_000).toUTCString()])(
    "later than that (%s), is left for the next URL, and the file's record says so",
    async (value) => {
      const { server, tree } = await setUp(retryAfter(value), { mirror: true });
      const report = await run(tree);
      expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 2 });
      expect(report.of("a.bin").tried[0]?.error.message).toMatch(/asks to wait .* longer than the 300 s/);
      expect(server.to("/a")).toHaveLength(1);
    },
  );

  it.each(["soon", "-5", "1.5", ""])(
    "in a way that makes no sense (%j), is asked again as if it had not",
    async (value) => {
      const { server, tree } = await setUp([retryAfter(value)]);
      expect((await run(tree)).exitCode).toBe(0);
      expect(server.requests).toHaveLength(2);
    },
  );
});

describe("a server that has gone silent", () => {
  it.each<FaultName>([
    "never answers",
    "stalls before the headers",
    "stalls before the first byte of the body",
    "stalls in the middle",
  ])("%s: it is left after the patience of the policy, asked again, and its connection is freed", async (fault) => {
    const { server, tree } = await setUp([fault]);
    const report = await run(tree, { policy: SHORT_PATIENCE });
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 2, received: BODY.size });
    expect(tree.sha256("a.bin")).toBe(SHA256);
    expect(report.durationMs).toBeLessThan(5000);
    expect(server.requests[0]?.aborted).toBe(true);
    await server.until(() => server.openSockets() === 0);
  });

  it.each<FaultName>(["never answers", "stalls before the first byte of the body"])(
    "%s: where there is another URL, it is waited for once",
    async (fault) => {
      const { server, tree } = await setUp(fault, { mirror: true });
      const report = await run(tree, { policy: SHORT_PATIENCE });
      expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 2 });
      expect(server.to("/a")).toHaveLength(1);
    },
  );

  it("after the last byte of a file, however small and whatever its length is stated to be, is not waited for", async () => {
    const body = { size: 500, seed: 2 };
    const server = await startFaultServer();
    const tree = makeTree();
    const unended: Fault = ({ response }) => {
      response.writeHead(200);
      response.write(bytesOf(body));
    };
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body, fault: unended }), body } });
    const report = await run(tree, { policy: SHORT_PATIENCE });
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 1 });
  });

  it("is told by its address", async () => {
    const { server, tree } = await setUp("stalls in the middle");
    const report = await run(tree, { policy: { retries: 0, ...SHORT_PATIENCE } });
    expect(report.of("a.bin").error?.message).toContain(`${server.main}/a`);
  });

  it("for less than the patience is not left", async () => {
    const { opened, open } = gate();
    const { server, tree } = await setUp(holdAfter(0, opened));
    const running = run(tree);
    await server.until(() => server.requests.length === 1);
    open();
    expect((await running).of("a.bin")).toMatchObject({ status: "downloaded", attempts: 1 });
  });

  it("is told from a slow one: bytes that keep dripping are not silence", async () => {
    const body = { size: 60, seed: 1 };
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body, fault: "drips one byte at a time" }), body } });
    const report = await run(tree, { policy: SHORT_PATIENCE });
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 1 });
  });
});

describe("an abort", () => {
  async function aborted(fault: Fault, when: (event: AssetEvent) => boolean, options: RunOptions = {}) {
    const { server, tree } = await setUp(fault);
    const controller = new AbortController();
    let at = 0;
    const report = await run(tree, {
      ...options,
      signal: controller.signal,
      onEvent: (event) => {
        if (at > 0 || !when(event)) return;
        at = performance.now();
        controller.abort();
      },
    });
    return { server, tree, report, tookMs: performance.now() - at };
  }

  it("in the middle of a body ends the run at once, keeps the bytes and says how many", async () => {
    const arrived = (event: AssetEvent) => event.type === "transfer:progress" && event.received >= 100_000;
    const { server, tree, report, tookMs } = await aborted("stalls in the middle", arrived);
    expect(tookMs).toBeLessThan(1000);
    expect(report).toMatchObject({ exitCode: 130, ok: false, stopped: { code: "ABORTED" }, totals: { skipped: 1 } });
    const kept = tree.partial("a.bin");
    expect(report.keptPartialBytes).toBe(tree.read(kept ?? "").length);
    expect(report.keptPartialBytes).toBeGreaterThanOrEqual(100_000);
    await server.until(() => server.openSockets() === 0);
    server.serve("/a", { body: BODY });
    expect((await run(tree)).of("a.bin").received).toBe(BODY.size - report.keptPartialBytes);
    expect(tree.sha256("a.bin")).toBe(SHA256);
  });

  it("while waiting to try again ends the run at once", async () => {
    const { report, tookMs } = await aborted(retryAfter("200"), (event) => event.type === "transfer:retry");
    expect(tookMs).toBeLessThan(1000);
    expect(report).toMatchObject({ exitCode: 130, stopped: { code: "ABORTED" } });
  });

  it("before the start fetches nothing", async () => {
    const { server, tree } = await setUp(healthy);
    const report = await run(tree, { signal: AbortSignal.abort() }).catch((error) => error);
    expect(report.code ?? report.stopped?.code).toBe("ABORTED");
    expect(server.requests).toEqual([]);
    expect(tree.exists("a.bin")).toBe(false);
  });

  it("leaves every file that was not begun as skipped, each with exactly one outcome", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const names = Array.from({ length: 12 }, (_, n) => `f${n}`);
    const url = (name: string) => server.serve(`/${name}`, { body: BODY, fault: "stalls in the middle" });
    tree.manifestFor(Object.fromEntries(names.map((name) => [name, { url: url(name), body: BODY }])));
    const controller = new AbortController();
    const running = run(tree, { signal: controller.signal, jobs: 2 });
    await server.until(() => server.requests.length === 2);
    controller.abort();
    const report = await running;
    expect(report.totals).toMatchObject({ skipped: 12, failed: 0, downloaded: 0 });
    expect(report.events.filter(({ type }) => type === "outcome")).toHaveLength(12);
    expect(server.requests).toHaveLength(2);
  });
});

describe("jobs", () => {
  it("bound how many files are fetched side by side", async () => {
    const { opened, open } = gate();
    const server = await startFaultServer();
    const tree = makeTree();
    const names = Array.from({ length: 9 }, (_, n) => `f${n}`);
    const url = (name: string) => server.serve(`/${name}`, { body: BODY, fault: holdAfter(1000, opened) });
    tree.manifestFor(Object.fromEntries(names.map((name) => [name, { url: url(name), body: BODY }])));
    const running = run(tree, { jobs: 3 });
    await server.until(() => server.requests.length === 3);
    open();
    expect((await running).totals.downloaded).toBe(9);
    expect(server.peakRequests()).toBeLessThanOrEqual(3);
  });

  it("bound how many connections there are as well, one after the other serving many small files", async () => {
    const bytes = bytesOf({ size: 5_000, seed: 73 });
    let connections = 0;
    const server = createServer((_, response) => void response.end(bytes)).on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const tree = makeTree();
    const names = Array.from({ length: 100 }, (_, n) => `${n}.bin`);
    const spec = (name: string) => ({ url: `http://127.0.0.1:${port}/${name}`, body: bytes });
    tree.manifestFor(Object.fromEntries(names.map((name) => [name, spec(name)])));
    expect((await run(tree, { jobs: 4 })).totals).toMatchObject({ downloaded: names.length });
    expect(connections).toBeLessThanOrEqual(4);
  });
});
