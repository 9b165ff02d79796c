/** Speed limits from outside: what a user allows in all, and what a source must give at least. */
import { describe, expect, it } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { eventsOf, startBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { startPacedServer } from "../helpers/paced-server.js";
import { run } from "../helpers/run.js";
import { type FileSpec, makeTree } from "../helpers/tree.js";

const MB = 1_000_000;
const BODY = bytesOf({ size: MB, seed: 81 });

/** Large files of different sizes, and small ones, together so many bytes. */
async function several(bytes: number) {
  const server = await startFaultServer();
  const tree = makeTree();
  const small = Array.from({ length: 20 }, () => 10_000);
  const large = bytes - 200_000;
  const sizes = [Math.floor(large * 0.3), Math.ceil(large * 0.7), ...small];
  const files: Record<string, FileSpec> = {};
  for (const [n, size] of sizes.entries()) {
    files[`f${n}`] = { url: server.serve(`/f${n}`, { body: { size, seed: n } }), body: { size, seed: n } };
  }
  tree.manifestFor(files);
  return { server, tree, files: sizes.length };
}

describe("a limited rate", () => {
  // What the sockets hold counts for the server at once, so it is measured where the bytes arrive.
  // A machine that is busy all the while gives it less, so it is asked more than once.
  it("is one for all files together, and kept within 5 %", { retry: 2 }, async () => {
    const { tree, files } = await several(4 * MB);
    const times: number[] = [];
    const onEvent = ({ type }: AssetEvent) => /^(transfer:start|outcome)$/.test(type) && times.push(performance.now());
    const report = await run(tree, { policy: { limitRate: 2 * MB }, onEvent });
    expect(report.totals.downloaded).toBe(files);
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    const rate = (4 * MB) / seconds;
    expect(rate).toBeLessThan(2.1 * MB);
    expect(rate).toBeGreaterThan(1.8 * MB);
  });

  it("is taken in small steps, so that a run that is stopped loses little, however fast a server sends", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size: 600_000, seed: 7 };
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body }), body } });
    const kept: number[] = [0];
    const onEvent = (event: AssetEvent) => event.type === "transfer:progress" && kept.push(event.received);
    await run(tree, { policy: { limitRate: MB }, onEvent });
    const steps = kept.slice(1).map((received, n) => received - (kept[n] ?? 0));
    expect(kept.at(-1)).toBe(600_000);
    expect(Math.max(...steps)).toBeLessThanOrEqual(100_000);
  });

  it.each<[string, string[], Record<string, string>]>([
    ["--limit-rate", ["--limit-rate", "1M"], { ASSETS_LIMIT_RATE: "100M" }],
    ["ASSETS_LIMIT_RATE", [], { ASSETS_LIMIT_RATE: "1M" }],
  ])("is what %s says", async (_, args, env) => {
    const { server, tree, files } = await several(MB);
    const { done } = startBin(["download", "--all", "--ndjson", ...args], { cwd: tree.root, env });
    await server.until(() => server.requests.length > 0);
    const began = performance.now();
    const result = await done;
    expect([result.code, eventsOf(result).filter(({ type }) => type === "outcome").length]).toEqual([0, files]);
    // Without the limit it would be over at once; the first tenth of a second is not waited for.
    expect(performance.now() - began).toBeGreaterThan(800);
  });
});

describe("a source that gives less than the least speed", () => {
  const least = { minSpeed: MB, hurryMs: 300, connections: 1 };

  /** Downloads one file from servers that give so much, under the policy of a `--min-speed` of 1 MB/s. */
  async function from(rates: (number | undefined)[], policy: object) {
    const servers = await Promise.all(
      rates.map((rate) => startPacedServer({ body: BODY, ...(rate !== undefined && { perConnection: rate }) })),
    );
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: servers.map(({ url }) => url), body: BODY } });
    const report = await run(tree, { policy });
    expect([report.of("a.bin").status, tree.exists("a.bin") && tree.sha256("a.bin")]).toEqual([
      "downloaded",
      sha256Of(BODY),
    ]);
    return { servers, outcome: report.of("a.bin"), events: report.events };
  }

  it("is left for the next in the middle of the file, which goes on where it was left", async () => {
    const { servers, outcome, events } = await from([0.5 * MB, undefined], least);
    expect(outcome.url).toBe(servers[1]?.url);
    expect(outcome.tried).toMatchObject([{ url: servers[0]?.url, attempts: 1, error: { code: "NETWORK" } }]);
    expect(outcome.tried[0]?.error.message).toMatch(/too slowly/);
    expect(events.filter(({ type }) => /^transfer:(fallback|restart|retry)$/.test(type))).toHaveLength(1);
    const start = Number(/\d+/.exec(servers[1]?.ranges[0] ?? "")?.[0]);
    expect(start).toBeGreaterThan(50_000);
    expect(outcome.received).toBeLessThan(BODY.length + 300_000);
  });

  it("is left while others help, at no cost in bytes", async () => {
    const { outcome } = await from([0.3 * MB, 2 * MB], { ...least, connections: 8, leastSegmentBytes: 64 * 1024 });
    expect(outcome.received).toBeLessThan(1.3 * BODY.length);
  });

  it("is asked last by all other files", async () => {
    const [slow, fast] = [
      await startPacedServer({ body: BODY, perConnection: 0.5 * MB }),
      await startPacedServer({ body: BODY }),
    ];
    const tree = makeTree();
    const spec = { url: [slow.url, fast.url], body: BODY };
    tree.manifestFor(Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`${n}.bin`, spec])));
    const report = await run(tree, { jobs: 2, policy: least });
    expect(report.totals).toMatchObject({ downloaded: 8, failed: 0 });
    expect(slow.ranges).toHaveLength(2);
  });

  it("goes on when it is the only one", async () => {
    const { servers, outcome } = await from([0.5 * MB], least);
    expect(outcome.received).toBeLessThan(1.1 * BODY.length);
    expect(servers[0]?.ranges.length).toBeGreaterThan(0);
  });

  it("goes on when all others are gone or even slower, each byte kept", async () => {
    const { servers, outcome } = await from([0.25 * MB, 0.4 * MB], least);
    expect(servers.every(({ ranges }) => ranges.length > 0)).toBe(true);
    expect(outcome.received).toBeLessThan(1.2 * BODY.length);
  });
});
