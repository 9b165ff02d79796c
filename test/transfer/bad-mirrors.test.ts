/** Several mirrors of one file, some of which fail it on the way. */
import { expect, it } from "vitest";
import { from, MB, waste } from "../helpers/mirrors.js";
import type { PacedOptions } from "../helpers/paced-server.js";
import { SHORT_PATIENCE } from "../helpers/run.js";

type Mirror = Omit<PacedOptions, "body">;
/** Each gives so much in all, so that further ones pay. */
const PACE: Mirror = { inAll: 1.5 * MB };
const lying: Mirror = { ...PACE, spoil: (chunk) => Buffer.from(chunk.map((byte) => byte ^ 255)) };
const lyingFromItsMiddle: Mirror = {
  ...PACE,
  spoil: (chunk, at) => (at > MB ? Buffer.alloc(chunk.length) : chunk),
};
const stalling: Mirror = { ...PACE, breaks: (_, sent) => (sent >= 96 * 1024 ? "stall" : undefined) };

/** Gives so many bytes, then its connections break and it never answers again. */
function dying(bytes: number): Mirror {
  let sent = 0;
  return {
    ...PACE,
    breaks() {
      sent += 16 * 1024;
      return sent > bytes ? "cut" : undefined;
    },
    intercept(request) {
      if (sent > bytes) request.socket.destroy();
      return sent > bytes;
    },
  };
}

it("one that lies, one that dies and one that stalls beside a good one: the file is right, and who lied is named", async () => {
  // Slow enough for a busy machine to try all of the others in time.
  const good: Mirror = { inAll: 0.5 * MB };
  const { servers, right, outcome, report, tree } = await from([good, lying, dying(300_000), stalling], {
    policy: SHORT_PATIENCE,
  });
  expect([outcome.status, right, tree.leftovers()]).toEqual(["downloaded", true, []]);
  const [honest, liar] = servers.map(({ url }) => url);
  expect(outcome.url).toBe(honest);
  const lied = { url: liar, error: { code: "DIGEST_MISMATCH" } };
  expect(outcome.tried).toContainEqual(expect.objectContaining({ url: liar }));
  expect(outcome.tried.find(({ url }) => url === liar)).toMatchObject(lied);
  expect(report.events.filter(({ type }) => type === "transfer:leave")).toContainEqual(
    expect.objectContaining({ url: liar }),
  );
  expect(outcome.tried.some(({ url }) => url === honest)).toBe(false);
  expect(waste(servers)).toBeLessThan(0.6);
});

it("a first one that dies in mid-file is taken over from, and only what was on its way comes again", async () => {
  const { servers, right, outcome } = await from([dying(600_000), PACE]);
  expect([outcome.status, right, outcome.url]).toEqual(["downloaded", true, servers[1]?.url]);
  expect(outcome.tried).toMatchObject([{ url: servers[0]?.url, error: { code: "NETWORK" } }]);
  expect(waste(servers)).toBeLessThan(0.2);
});

it("a first one that stalls for ever is left, and what it was asked for comes from the other meanwhile", async () => {
  const { servers, right, outcome } = await from([stalling, PACE], { policy: { ...SHORT_PATIENCE, retries: 0 } });
  expect([outcome.status, right]).toEqual(["downloaded", true]);
  expect(outcome.tried.map(({ url }) => url)).toEqual([servers[0]?.url]);
  expect(waste(servers)).toBeLessThan(0.2);
});

it("all of which lie leave nothing behind, and each is named once", async () => {
  const { right, outcome, servers, tree } = await from([
    { ...lyingFromItsMiddle, inAll: 4 * MB },
    { ...lying, inAll: 4 * MB },
  ]);
  expect([outcome.status, right, outcome.error?.code, tree.exists("a.bin")]).toEqual([
    "failed",
    false,
    "DIGEST_MISMATCH",
    false,
  ]);
  expect([...new Set(outcome.tried.map(({ url }) => url))].sort()).toEqual(servers.map(({ url }) => url).sort());
  expect(waste(servers)).toBeLessThan(4);
});

it("a first one that breaks off and then wants peace does not hold up a file that another brings meanwhile", async () => {
  let resting = false;
  const { servers, right, report } = await from([
    {
      perConnection: MB,
      breaks(_, sent) {
        if (sent < 400_000) return undefined;
        resting = true;
        return "cut";
      },
      intercept(_, response) {
        if (resting) response.writeHead(503, { "retry-after": "8" }).end();
        return resting;
      },
    },
    { inAll: MB },
  ]);
  expect(right).toBe(true);
  expect(waste(servers)).toBeLessThan(0.3);
  // The other needs two seconds at most.
  expect(report.durationMs).toBeLessThan(6_000);
});

it("a first one with another version of the same size is found out, blamed, and what the other gave is kept", async () => {
  const { servers, right, outcome } = await from([{ ...lyingFromItsMiddle, inAll: 2 * MB }, { inAll: 2 * MB }]);
  expect([outcome.status, right, outcome.url]).toEqual(["downloaded", true, servers[1]?.url]);
  expect(outcome.tried.at(-1)).toMatchObject({ url: servers[0]?.url, error: { code: "DIGEST_MISMATCH" } });
  expect(waste(servers)).toBeLessThan(1.8);
});

it("a host that answers no further request ends the file, however many connections wait for it", async () => {
  const { servers, outcome, right } = await from(
    [
      {
        perConnection: 0.75 * MB,
        intercept: (_, __, index) => index > 0,
        breaks: (_, sent) => (sent > MB ? "cut" : undefined),
      },
    ],
    { policy: { ...SHORT_PATIENCE, retries: 1 } },
  );
  expect([outcome.status, outcome.error?.code, right]).toEqual(["failed", "NETWORK", false]);
  expect(servers[0]?.ranges.length).toBeLessThan(30);
});

it("a connection that trickles does not hold up the last bytes", async () => {
  let slow: unknown;
  const { report, right, servers } = await from([
    {
      perConnection: 0.75 * MB,
      breaks(request, sent) {
        if (request.headers.range !== undefined) slow ??= request;
        return request === slow && sent > 48 * 1024 ? "trickle" : undefined;
      },
    },
  ]);
  expect(right).toBe(true);
  expect(report.durationMs).toBeLessThan(8_000);
  expect(waste(servers)).toBeLessThan(0.5);
});
