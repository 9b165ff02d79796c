/** A server that served and then is away for a while: it is asked seldom, by few, until it is back. */
import { describe, expect, it } from "vitest";
import { type Exchange, honest, pour, reset, sendHead, sendText } from "../helpers/exchange.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { type Fault, healthy } from "../helpers/faults.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const SMALL = { size: 3_000, seed: 61 };
const FILES = 40;
/** For how long the server is away, in milliseconds: many times as long as the retries of one file take together. */
const AWAY_MS = 400;
const policy = { retries: 3, baseDelayMs: 4, maxDelayMs: 60, leastMs: 8, outageMs: 10_000 };

/** Every way to be away that a client can see. */
const WAYS = {
  "resets every connection": reset,
  "answers 500": (exchange) => sendText(exchange, 500, "later"),
  "answers 502": (exchange) => sendText(exchange, 502, "later"),
  "answers 503": (exchange) => sendText(exchange, 503, "later"),
  "cuts every body": async (exchange) => {
    const answer = honest(exchange);
    sendHead(exchange, answer);
    await pour(exchange, exchange.response, exchange.resource.content, answer.start, answer.start + 100);
    await reset(exchange);
  },
} satisfies Record<string, (exchange: Exchange) => Promise<void> | void>;
type Away = keyof typeof WAYS;

/** Healthy for `first` requests, then away for `ms` and so many requests, then healthy; counts what it was asked meanwhile. */
function outage(way: Away, first: number, ms: number, requests = 0) {
  const seen = { requests: 0, away: 0 };
  let until = 0;
  const fault: Fault = (exchange) => {
    if (seen.requests++ < first) return healthy(exchange);
    until ||= performance.now() + ms;
    if (performance.now() > until && seen.away >= requests) return healthy(exchange);
    seen.away++;
    return WAYS[way](exchange);
  };
  return { seen, fault };
}

/** A project of many small files at one server, with the URLs that `others` adds. */
function manySmall(server: FaultServer, fault: Fault, others: (name: string) => string[] = () => []) {
  const tree = makeTree();
  const names = Array.from({ length: FILES }, (_, n) => `f${n}`);
  const spec = (name: string) => ({
    url: [server.serve(`/${name}`, { body: SMALL, fault }), ...others(name)],
    body: SMALL,
  });
  tree.manifestFor(Object.fromEntries(names.map((name) => [name, spec(name)])));
  return tree;
}

describe.each(Object.keys(WAYS) as Away[])("a server that %s for a while", (way) => {
  it("loses no file of many that it is the only server of, and is asked few times meanwhile", async () => {
    const server = await startFaultServer();
    const { seen, fault } = outage(way, 10, AWAY_MS);
    const report = await run(manySmall(server, fault), { jobs: 6, policy });
    expect(report.totals).toMatchObject({ downloaded: FILES, failed: 0 });
    // Those that were under way, and then about one in each pause.
    expect(seen.away).toBeLessThan(FILES);
  });

  it("loses no large file either: it goes on where it was", async () => {
    const server = await startFaultServer();
    const body = { size: 6_000_000, seed: 62 };
    const times = 2 * policy.retries + 2;
    const { seen, fault } = outage(way, 1, 0, times);
    let isFirst = true;
    const cutOnce: Fault = async (exchange) => {
      if (!isFirst) return fault(exchange) as Promise<void>;
      isFirst = false;
      seen.requests++;
      const answer = honest(exchange);
      sendHead(exchange, answer);
      await pour(exchange, exchange.response, exchange.resource.content, answer.start, 3_000_000);
      // A reset throws away what the other side has not read yet.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await reset(exchange);
    };
    const tree = makeTree();
    tree.manifestFor({ f: { url: server.serve("/f", { body, fault: cutOnce }), body } });
    const report = await run(tree, { policy: { ...policy, connections: 1 } });
    expect(report.totals).toMatchObject({ downloaded: 1, failed: 0 });
    expect(seen.away).toBe(times);
    const offsets = server.to("/f").map(({ range = "bytes=0-" }) => Number(/\d+/.exec(range)?.[0]));
    expect(offsets.slice(1).every((offset, n) => offset >= (offsets[n] ?? 0) && offset > 1_000_000)).toBe(true);
  });
});

it.each([
  ["resets every connection", { maxDelayMs: 60, withinMs: 5_000 }],
  ["answers 503", { maxDelayMs: 5_000, withinMs: 6_000 }],
] as const)(
  "a server that %s for good ends the run soon after patience with it is over",
  async (way, { maxDelayMs, withinMs }) => {
    const server = await startFaultServer();
    const { seen, fault } = outage(way, 10, 60_000);
    const started = performance.now();
    const report = await run(manySmall(server, fault), { policy: { ...policy, maxDelayMs, outageMs: 400 } });
    expect(performance.now() - started).toBeLessThan(withinMs);
    expect(report.totals).toMatchObject({ downloaded: 10, failed: FILES - 10 });
    expect(seen.away).toBeLessThan(2 * FILES);
  },
);

it("files that another server has as well arrive from there, and the one that is away is left alone", async () => {
  const server = await startFaultServer();
  const { seen, fault } = outage("cuts every body", 10, 60_000);
  const other = (name: string) => {
    server.serve(`/good/${name}`, { body: SMALL });
    return [`${server.other}/good/${name}`];
  };
  const report = await run(manySmall(server, fault, other), { policy });
  expect(report.totals).toMatchObject({ downloaded: FILES, failed: 0 });
  expect(seen.away).toBeLessThan(FILES / 2);
});

it.each((Object.keys(WAYS) as Away[]).flatMap((way) => [1, 16].map((jobs) => [way, jobs] as const)))(
  "files of which a server always %s cost the others nothing, nor much time (jobs %s)",
  async (way, jobs) => {
    const server = await startFaultServer();
    const tree = makeTree();
    const names = Array.from({ length: 40 }, (_, n) => `f${n}`);
    // The first ones are the worst: nothing is known of their server yet.
    const fault = (n: number) => (n < 8 ? { fault: WAYS[way] } : {});
    const spec = (name: string, n: number) => ({
      url: server.serve(`/${name}`, { body: SMALL, ...fault(n) }),
      body: SMALL,
    });
    tree.manifestFor(Object.fromEntries(names.map((name, n) => [name, spec(name, n)])));
    const started = performance.now();
    const report = await run(tree, { jobs, policy });
    expect(report.totals).toMatchObject({ downloaded: 32, failed: 8 });
    expect(performance.now() - started).toBeLessThan(5_000);
    const most = Math.max(...names.map((name) => server.to(`/${name}`).length));
    expect(most).toBeLessThan(40);
  },
);

it.each(["resets every connection", "answers 503"] as const)(
  "a server that takes one connection at a time, and %s beyond that, serves all files in the end",
  async (way) => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size: 400_000, seed: 63 };
    let busy = false;
    const one: Fault = async (exchange) => {
      if (busy) return WAYS[way](exchange);
      busy = true;
      await healthy(exchange);
      busy = false;
    };
    const names = ["a", "b", "c", "d"];
    const spec = (name: string) => ({ url: server.serve(`/${name}`, { body, fault: one, pace: 1_500_000 }), body });
    tree.manifestFor(Object.fromEntries(names.map((name) => [name, spec(name)])));
    const report = await run(tree, { policy });
    expect(report.totals).toMatchObject({ downloaded: 4, failed: 0 });
  },
);

it("an answer that is none costs no file where others were served a moment ago, and one try where nothing was", async () => {
  const server = await startFaultServer();
  const tree = makeTree();
  const names = Array.from({ length: 8 }, (_, n) => `f${n}`);
  const once = (n: number) => (n % 2 ? { fault: ["garbage instead of HTTP" as const] } : {});
  const spec = (name: string, n: number) => ({
    url: server.serve(`/${name}`, { body: SMALL, ...once(n) }),
    body: SMALL,
  });
  tree.manifestFor(Object.fromEntries(names.map((name, n) => [name, spec(name, n)])));
  expect((await run(tree, { jobs: 1, policy })).totals).toMatchObject({ downloaded: 8, failed: 0 });
  const hopeless = makeTree();
  const url = server.serve("/never", { body: SMALL, fault: "garbage instead of HTTP" });
  hopeless.manifestFor({ f: { url, body: SMALL } });
  expect((await run(hopeless, { policy })).of("f").tried).toMatchObject([{ attempts: 1 }]);
});

it("where the mirror speaks no HTTP, files wait for the server that is away all the same", async () => {
  const server = await startFaultServer();
  const { fault } = outage("answers 503", 10, AWAY_MS);
  const mirror = (name: string) => [
    server
      .serve(`/mirror/${name}`, { body: SMALL, fault: "garbage instead of HTTP" })
      .replace(server.main, server.other),
  ];
  const report = await run(manySmall(server, fault, mirror), { policy });
  expect(report.totals).toMatchObject({ downloaded: FILES, failed: 0 });
});

it("of two servers that are both away, the one that comes back serves all files, soon", async () => {
  const server = await startFaultServer();
  const gone = outage("resets every connection", 6, 60_000);
  const back = outage("resets every connection", 0, 600);
  const mirror = (name: string) => [
    server.serve(`/mirror/${name}`, { body: SMALL, fault: back.fault }).replace(server.main, server.other),
  ];
  const started = performance.now();
  const report = await run(manySmall(server, gone.fault, mirror), { policy: { ...policy, outageMs: 8_000 } });
  expect(report.totals).toMatchObject({ downloaded: FILES, failed: 0 });
  expect(performance.now() - started).toBeLessThan(6_000);
});

it("a file alone finds out which of its servers is back", async () => {
  const server = await startFaultServer();
  const tree = makeTree();
  const body = { size: 6_000_000, seed: 64 };
  let asked = 0;
  const once: Fault = async (exchange) => {
    if (asked++ > 0) return reset(exchange);
    const answer = honest(exchange);
    sendHead(exchange, answer);
    await pour(exchange, exchange.response, exchange.resource.content, answer.start, 3_000_000);
    return reset(exchange);
  };
  const back = outage("answers 502", 0, 600);
  const url = [server.serve("/f", { body, fault: once }), server.serve("/mirror", { body, fault: back.fault })];
  tree.manifestFor({ f: { url: [url[0] ?? "", (url[1] ?? "").replace(server.main, server.other)], body } });
  const started = performance.now();
  const report = await run(tree, { policy });
  expect(report.of("f")).toMatchObject({ status: "downloaded" });
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(asked + back.seen.away).toBeLessThan(200);
});

it.each(["without a pin", "pinned"])("a file that is always cut at the same place ends in time (%s)", async (kind) => {
  const server = await startFaultServer();
  const tree = makeTree();
  const body = { size: 400_000, seed: 65 };
  const cut: Fault = async (exchange) => {
    delete exchange.request.headers.range;
    const answer = honest(exchange);
    sendHead(exchange, answer);
    await pour(exchange, exchange.response, exchange.resource.content, 0, 200_000);
    return reset(exchange);
  };
  const url = server.serve("/f", { body, fault: cut, etag: null });
  tree.manifestFor({ f: { url, body, pin: kind === "pinned" ? "all" : "none" } });
  const report = await run(tree, { policy: { ...policy, outageMs: 500 } });
  expect(report.of("f")).toMatchObject({ status: "failed" });
  expect(server.requests.length).toBeLessThan(40);
});

it.each([1, 2])("without retries nothing is asked twice, whatever it served before (URLs: %s)", async (urls) => {
  const server = await startFaultServer();
  const { seen, fault } = outage("resets every connection", 10, 60_000);
  const more = (name: string) => (urls > 1 ? [server.serve(`/more/${name}`, { body: SMALL, fault: reset })] : []);
  const report = await run(manySmall(server, fault, more), { policy: { ...policy, retries: 0 } });
  expect(report.totals).toMatchObject({ downloaded: 10, failed: FILES - 10 });
  // But for what went out over a connection that had served before, and was closed meanwhile.
  const kept = 16;
  expect(seen.requests).toBeLessThanOrEqual(FILES + kept);
  expect(server.requests.length).toBeLessThanOrEqual(10 + urls * (FILES - 10) + kept);
});

it.each<[string, number, number, object?]>([
  ["70 kB", 70_000, 1_000_000],
  ["30 kB", 30_000, 500_000],
  // Each wait would be one of ten seconds on the average.
  ["2 MB", 2_000_000, 9_000_000, { baseDelayMs: 20_000, maxDelayMs: 20_000 }],
])(
  "a server that gives %s of a file at a time, and then cuts, gives all of it in the end",
  async (_, bytes, size, more = {}) => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size, seed: 67 };
    const cut: Fault = async (exchange) => {
      const answer = honest(exchange);
      sendHead(exchange, answer);
      await pour(exchange, exchange.response, exchange.resource.content, answer.start, answer.start + bytes);
      exchange.socket.end();
    };
    tree.manifestFor({ f: { url: server.serve("/f", { body, fault: cut }), body } });
    const report = await run(tree, {
      policy: { ...policy, maxDelayMs: 2_000, outageMs: 100, connections: 1, ...more },
    });
    expect(report.of("f").status).toBe("downloaded");
    expect(server.requests.length).toBeLessThan((2 * size) / bytes);
  },
);
