/** One file over several connections and from several mirrors. */
import { describe, expect, it } from "vitest";
import { BODY, FINE, from, MB, SHA256, waste } from "../helpers/mirrors.js";
import { startPacedServer } from "../helpers/paced-server.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

describe("one host", { retry: 2 }, () => {
  it("that gives each connection little is asked over many, and the file is right", async () => {
    const { first, right, tree, report } = await from([{ perConnection: 0.75 * MB }]);
    expect(right).toBe(true);
    expect(tree.leftovers()).toEqual([]);
    expect(first.peak()).toBeGreaterThan(2);
    // Over one connection it would have taken four seconds.
    expect(report.durationMs).toBeLessThan(3_000);
    expect(waste([first])).toBeLessThan(0.5);
  });

  it("is asked over one connection when that is the most allowed", async () => {
    const { first, right } = await from([{ perConnection: 4 * MB }], { policy: { connections: 1 } });
    expect([right, first.peak(), first.ranges]).toEqual([true, 1, [undefined]]);
  });

  it("is asked over no more connections than are allowed", async () => {
    const { first, right } = await from([{ perConnection: 1 * MB }], { policy: { connections: 3 } });
    expect(right).toBe(true);
    // The server may still be busy with a connection that was just given up.
    expect(first.peak()).toBeLessThanOrEqual(4);
  });

  it("that gives all connections together so much goes back to few of them", async () => {
    const { first, right } = await from([{ inAll: 2 * MB }]);
    expect(right).toBe(true);
    // A trial of two more may fall into the moment; what counts is that nothing comes of it.
    expect(first.peak()).toBeLessThanOrEqual(4);
  });

  it("that answers everything to every range still gives the file, over its first connection", async () => {
    const { right, outcome } = await from([{ perConnection: 1.5 * MB, ignoresRanges: true }]);
    expect([right, outcome.attempts]).toEqual([true, 1]);
  });

  it("that begins to answer everything to every range, while others are at work, still gives the right file", async () => {
    let asked = 0;
    const { right, tree } = await from([
      {
        perConnection: 0.75 * MB,
        intercept({ headers }, response) {
          if (headers.range === undefined || ++asked % 3 > 0) return false;
          response.writeHead(200, { "content-length": BODY.length }).end(BODY);
          return true;
        },
      },
    ]);
    expect([right, tree.leftovers()]).toEqual([true, []]);
  });

  it("that gives each connection little is asked over many for the next file as well", async () => {
    const server = await startPacedServer({ body: BODY, perConnection: 0.75 * MB });
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: server.url, body: BODY }, "b.bin": { url: server.url, body: BODY } });
    const report = await run(tree, { jobs: 1, policy: FINE });
    expect([tree.sha256("a.bin"), tree.sha256("b.bin")]).toEqual([SHA256, SHA256]);
    expect(report.durationMs).toBeLessThan(4_000);
  });

  it("that mangles what goes over several connections at once is asked again over one", async () => {
    const spoil = (chunk: Buffer, _: number, others: number) => (others > 0 ? Buffer.alloc(chunk.length) : chunk);
    const { right, report, tree } = await from([{ perConnection: 1.5 * MB, spoil }]);
    expect(right).toBe(true);
    expect(report.events.filter(({ type }) => type === "transfer:retry")).toHaveLength(1);
    expect(tree.leftovers()).toEqual([]);
  });

  it("that refuses further connections with 429 goes on over the first, and is left alone", async () => {
    const coarse = { policy: { leastSegmentBytes: 1024 * 1024 } };
    const { right, first, outcome } = await from(
      [
        {
          perConnection: 1.5 * MB,
          intercept(_, response, index) {
            if (index === 0) return false;
            response.writeHead(429, { "retry-after": "60" }).end();
            return true;
          },
        },
      ],
      coarse,
    );
    expect([right, outcome.attempts]).toEqual([true, 1]);
    expect(first.ranges.length).toBeLessThanOrEqual(3);
  });
});

// On a busy machine no further connection may be tried, which is right, and not what is asked here.
describe("several mirrors", { retry: 2 }, () => {
  it("that are each limited in all give the file together, faster than one could", async () => {
    const { servers, right, report } = await from([{ inAll: MB }, { inAll: MB }]);
    expect(right).toBe(true);
    const shares = servers.map((server) => server.sent() / BODY.length);
    expect(Math.min(...shares)).toBeGreaterThan(0.2);
    expect(report.durationMs).toBeLessThan(1_900);
  });

  it("are not asked while one is enough", async () => {
    const { servers, right } = await from([{}, {}]);
    expect([right, servers[1]?.ranges]).toEqual([true, []]);
  });

  it("of which one has another file of the same size: it is found out before it gives a byte", async () => {
    const spoil = (chunk: Buffer) => Buffer.from(chunk.map((byte) => byte ^ 255));
    const { servers, right, report, outcome } = await from([{ inAll: MB }, { inAll: MB, spoil }]);
    expect(right).toBe(true);
    expect(report.events.filter(({ type }) => type === "transfer:leave")).toHaveLength(1);
    expect(outcome.tried).toMatchObject([{ url: servers[1]?.url, error: { code: "DIGEST_MISMATCH" } }]);
    expect(outcome.url).toBe(servers[0]?.url);
    expect(servers[1]?.sent()).toBeLessThan(0.1 * BODY.length);
  });

  it("of which one lies in the middle: only what it gave is fetched again, and it is named", async () => {
    const spoil = (chunk: Buffer, at: number) => (at > 0.6 * MB ? Buffer.alloc(chunk.length) : chunk);
    const { servers, right, outcome } = await from([{ inAll: 0.8 * MB }, { inAll: 1.2 * MB, spoil }]);
    expect(right).toBe(true);
    expect(outcome.tried.map(({ url, error }) => [url, error.code])).toEqual([[servers[1]?.url, "DIGEST_MISMATCH"]]);
    expect(servers[0]?.sent()).toBeLessThan(1.2 * BODY.length);
  });

  it("of which the first lies: the file still ends right", async () => {
    const spoil = (chunk: Buffer, at: number) => (at > MB ? Buffer.alloc(chunk.length) : chunk);
    const { right, servers, outcome } = await from([{ inAll: 1.5 * MB, spoil }, { inAll: 1.5 * MB }]);
    expect([right, outcome.url]).toEqual([true, servers[1]?.url]);
  });

  it("of which one disappears: the other goes on, and nothing that came is fetched again", async () => {
    let asked = 0;
    const { servers, right } = await from([
      { inAll: 1.5 * MB },
      {
        inAll: MB,
        spoil(chunk) {
          asked += chunk.length;
          return chunk;
        },
        intercept(request) {
          if (asked < 200_000) return false;
          request.socket.destroy();
          return true;
        },
      },
    ]);
    expect(right).toBe(true);
    expect(waste(servers)).toBeLessThan(0.5);
  });
});
