/** What follows a failed attempt, row by row of the table: the same URL again, the next one, or the end. */
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { partialOf } from "../../src/transfer/candidates.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { cutAfter, type Fault, type FaultName, faults } from "../helpers/faults.js";
import { type RunOptions, run, SHORT_PATIENCE } from "../helpers/run.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 200_000, seed: 7 };
const HALF = BODY.size / 2;
/** What may be read of a body to see what it is. */
const SNIFFED = 1024;
const PARTIAL = `a.bin.${sha256Of(BODY).slice(0, 12)}.part`;

interface Setup {
  server: FaultServer;
  tree: Tree;
}

/** One file with a bad first URL and, unless told otherwise, a good second one. */
async function setUp(fault: Fault | Fault[], { mirror = true } = {}): Promise<Setup> {
  const server = await startFaultServer();
  const tree = makeTree();
  const urls = [server.serve("/bad", { body: BODY, fault })];
  if (mirror) urls.push(server.serve("/good", { body: BODY }));
  tree.manifestFor({ "a.bin": { url: urls, body: BODY } });
  return { server, tree };
}

/** Runs it with the right first half already here; answers which ranges the two URLs were asked for. */
async function resumed(fault: Fault, options: RunOptions = {}) {
  const { server, tree } = await setUp(fault);
  tree.write(PARTIAL, bytesOf(BODY).subarray(0, HALF));
  const report = await run(tree, options);
  const [bad, good] = ["/bad", "/good"].map((path) => server.to(path).map(({ range }) => range ?? "all"));
  return { bad, good, outcome: report.of("a.bin"), right: tree.sha256("a.bin") === sha256Of(BODY) };
}

const REST = `bytes=${HALF}-`;

describe("a failure that may pass", () => {
  const PASSING: FaultName[] = ["408", "425", "429", "500", "502", "503", "504", "resets instead of an answer"];
  PASSING.push("empty answer, closed");

  it.each(PASSING)("%s: the same URL is tried again as often as allowed, then the next goes on", async (fault) => {
    const { bad, good, right, outcome } = await resumed(fault, { policy: { retries: 2 } });
    expect(bad).toEqual([REST, REST, REST]);
    expect(good).toEqual([REST]);
    expect(right).toBe(true);
    expect(outcome).toMatchObject({ status: "downloaded", attempts: 4, received: BODY.size - HALF });
    expect(outcome.tried).toEqual([
      { url: expect.stringMatching(/\/bad$/), attempts: 3, error: expect.objectContaining({ code: "NETWORK" }) },
    ]);
  });

  it("no answer: the next goes on after one wait, and where it has nothing the first is asked again", async () => {
    const silent = await resumed("stalls on every range", { policy: { retries: 2, ...SHORT_PATIENCE } });
    expect([silent.bad, silent.good, silent.right]).toEqual([[REST], [REST], true]);
    const late: FaultName = "says Accept-Ranges: none, yet honours ranges";
    const once: Fault = (exchange) => faults[exchange.count === 1 ? "stalls on every range" : late](exchange);
    const server = await startFaultServer();
    const tree = makeTree();
    const urls = [
      server.serve("/first", { body: BODY, fault: once }),
      server.serve("/second", { body: BODY, fault: "404" }),
    ];
    tree.manifestFor({ "a.bin": { url: urls, body: BODY } });
    tree.write(PARTIAL, bytesOf(BODY).subarray(0, HALF));
    const report = await run(tree, { policy: { retries: 2, ...SHORT_PATIENCE } });
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded" });
    expect([server.to("/first").length, server.to("/second").length]).toEqual([2, 1]);
  });

  it("no retries means one request", async () => {
    expect((await resumed("503", { policy: { retries: 0 } })).bad).toHaveLength(1);
  });

  it("what came before the failure is kept, and asked for once only", async () => {
    const { server, tree } = await setUp([cutAfter(50_000), cutAfter(30_000)]);
    const report = await run(tree);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 3 });
    const ranges = server.to("/bad").map(({ range }) => range);
    expect(ranges).toEqual([undefined, "bytes=50000-", "bytes=80000-"]);
    expect(report.of("a.bin").received).toBe(BODY.size);
    expect(server.to("/good")).toEqual([]);
  });

  it("a long download may fail more often than a short one: new bytes make up for a failure", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size: 8_000_000, seed: 8 };
    tree.manifestFor({ "a.bin": { url: server.serve("/long", { body, fault: cutAfter(1_500_000) }), body } });
    const report = await run(tree, { policy: { retries: 1 } });
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", received: body.size });
    expect(server.requests.length).toBeGreaterThan(3);
  });

  it("bytes that came once do not make up for failure after failure", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size: 4_000_000, seed: 8 };
    const fault: Fault = (exchange) => (exchange.count === 1 ? cutAfter(1_500_000) : faults["503"])(exchange);
    tree.manifestFor({ "a.bin": { url: server.serve("/long", { body, fault }), body } });
    expect((await run(tree, { policy: { retries: 2 } })).of("a.bin").status).toBe("failed");
    expect(server.requests).toHaveLength(3);
  });

  it("the waits grow within their bounds", async () => {
    const { tree } = await setUp("503");
    const { events } = await run(tree, { policy: { retries: 6, baseDelayMs: 2, maxDelayMs: 8 } });
    const waits = events.flatMap((event) => (event.type === "transfer:retry" ? [event.delayMs] : []));
    expect(waits).toHaveLength(6);
    expect(waits.every((wait, n) => wait >= 0 && wait <= Math.min(8, 2 * 2 ** n))).toBe(true);
  });

  it("a storm of failures stays a breeze: no file asks more often than it may, and few of a host that refuses", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const names = Array.from({ length: 20 }, (_, n) => `f${n}`);
    const url = (name: string) => [
      server.serve(`/b/${name}`, { body: BODY, fault: "503" }),
      server.serve(`/x/${name}`, { body: BODY, fault: "401" }),
      server.serve(`/y/${name}`, { body: BODY, fault: "redirects in a loop" }),
    ];
    tree.manifestFor(Object.fromEntries(names.map((name) => [name, { url: url(name), body: BODY }])));
    const report = await run(tree, { policy: { retries: 3 } });
    expect(report.totals).toMatchObject({ failed: 20, downloaded: 0 });
    const to = (folder: string) => names.map((name) => server.to(`${folder}/${name}`).length);
    const refused = to("/b");
    expect(Math.max(...refused)).toBeLessThanOrEqual(4);
    expect(Math.min(...refused)).toBe(1);
    expect([...new Set([...to("/x"), ...to("/y")])].sort()).toEqual([1, 11]);
  });
});

describe("a failure that will not pass", () => {
  const LASTING: [FaultName, string][] = [
    ["400", "BAD_RESPONSE"],
    ["401", "ACCESS"],
    ["403", "ACCESS"],
    ["404", "NOT_FOUND"],
    ["410", "NOT_FOUND"],
    ["204 no content", "BAD_RESPONSE"],
    ["redirects to file:", "BAD_RESPONSE"],
    ["megabyte of headers", "NETWORK"],
    ["garbage instead of HTTP", "NETWORK"],
    ["says 200 with an HTML login page", "BAD_RESPONSE"],
    ["says 200 with a Git LFS pointer", "LFS_POINTER"],
    ["says 200 with a JSON error", "SIZE_MISMATCH"],
    ["serves a longer file and says so", "SIZE_MISMATCH"],
    ["sends a Content-Length that contradicts the pin", "SIZE_MISMATCH"],
  ];

  it.each(LASTING)("%s (%s): the next URL at once, which goes on where the partial ends", async (fault, code) => {
    const { bad, good, outcome, right } = await resumed(fault);
    expect([bad, good]).toEqual([[REST], [REST]]);
    expect(outcome.tried.map(({ attempts, error }) => [attempts, error.code])).toEqual([[1, code]]);
    expect(right).toBe(true);
    expect(outcome.received - (BODY.size - HALF)).toBeLessThan(SNIFFED);
  });

  it("a message never guesses at an LFS pointer where an empty, a JSON or a web page answer came", async () => {
    for (const fault of ["serves an empty file", "says 200 with a JSON error"] as const) {
      expect((await resumed(fault)).outcome.tried[0]?.error.message).not.toMatch(/LFS/);
    }
  });

  it("a port where nothing listens is left for the next URL", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = [`${server.dead}/a.bin`, server.serve("/good", { body: BODY })];
    tree.manifestFor({ "a.bin": { url, body: BODY } });
    expect((await run(tree)).of("a.bin")).toMatchObject({ status: "downloaded", url: url[1] });
  });
});

describe("bytes that are not the pinned ones", () => {
  it("when some of them were here before: once more from zero, at the same URL", async () => {
    const { server, tree } = await setUp([]);
    tree.write(PARTIAL, Buffer.alloc(HALF));
    const report = await run(tree);
    expect(server.requests.map(({ range }) => range)).toEqual([REST, undefined]);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 2 });
    expect(report.events).toContainEqual(expect.objectContaining({ type: "transfer:restart", path: "a.bin" }));
    expect(tree.sha256("a.bin")).toBe(sha256Of(BODY));
  });

  it.each<FaultName>(["flips one bit", "serves zeros", "serves another file of the same size"])(
    "%s: from zero once and no more, then the next URL, from zero as well",
    async (fault) => {
      const { bad, good, outcome, right } = await resumed(fault);
      expect([bad, good]).toEqual([[REST, "all"], ["all"]]);
      expect(outcome.tried.map(({ attempts, error }) => [attempts, error.code])).toEqual([[2, "DIGEST_MISMATCH"]]);
      expect(right).toBe(true);
    },
  );

  it.each<FaultName>(["flips one bit", "serves a longer file without a length", "endless body"])(
    "%s, fresh: the next URL at once, from zero",
    async (fault) => {
      const { server, tree } = await setUp(fault);
      expect((await run(tree)).of("a.bin").status).toBe("downloaded");
      expect(server.requests.map(({ path, range }) => [path, range])).toEqual([
        ["/bad", undefined],
        ["/good", undefined],
      ]);
    },
  );

  it("come to an end even when the server cuts every whole answer and lies in every rest", async () => {
    const { server, tree } = await setUp((exchange) =>
      exchange.request.headers.range === undefined ? cutAfter(HALF)(exchange) : faults["serves zeros"](exchange),
    );
    expect((await run(tree)).of("a.bin").status).toBe("downloaded");
    expect(server.to("/bad").map(({ range }) => range ?? "all")).toEqual(["all", REST]);
    expect(server.to("/good").map(({ range }) => range ?? "all")).toEqual(["all"]);
  });

  it("nothing of them stays when no URL is left", async () => {
    const { server, tree } = await setUp("flips one bit", { mirror: false });
    const report = await run(tree);
    expect(report).toMatchObject({ exitCode: 5, keptPartialBytes: 0 });
    expect(tree.files()).not.toContain("a.bin");
    expect(tree.leftovers()).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it("an endless body is cut off when it exceeds the pinned size", async () => {
    const { server, tree } = await setUp("endless body", { mirror: false });
    expect((await run(tree)).of("a.bin").error?.code).toBe("SIZE_MISMATCH");
    await server.until(() => server.openSockets() === 0);
    expect(server.bytesSent("/bad")).toBeLessThan(20_000_000);
  });
});

describe("what a failed file says", () => {
  it("every URL in order, its reason, and how often it was tried", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = (["503", "404", "flips one bit"] as const).map((fault, n) =>
      server.serve(`/${n}`, { body: BODY, fault }).replace("//", "//user:CANARY@"),
    );
    tree.manifestFor({ "a.bin": { url, body: BODY } });
    const report = await run(tree, { policy: { retries: 1 } });
    const { tried, error } = report.of("a.bin");
    expect(tried.map(({ url, attempts, error }) => [url, attempts, error.code])).toEqual([
      [`${server.main}/0`, 2, "NETWORK"],
      [`${server.main}/1`, 1, "NOT_FOUND"],
      [`${server.main}/2`, 1, "DIGEST_MISMATCH"],
    ]);
    expect(error).toMatchObject({ code: "DIGEST_MISMATCH", message: expect.stringContaining(sha256Of(BODY)) });
    expect(report.told).not.toContain("CANARY");
  });

  it.each<[FaultName[], number]>([
    [["503"], 4],
    [["404"], 4],
    [["says 200 with a JSON error"], 5],
    [["flips one bit"], 5],
    [["403"], 7],
    [["403", "404"], 1],
  ])("files that fail by %s end in exit code %i, and the others are fetched", async (kinds, exitCode) => {
    const server = await startFaultServer();
    const tree = makeTree();
    const bad = kinds.map((fault, n) => [
      `bad-${n}`,
      { url: server.serve(`/${n}`, { body: BODY, fault }), body: BODY },
    ]);
    tree.manifestFor({
      ...Object.fromEntries(bad),
      "good.bin": { url: server.serve("/good", { body: BODY }), body: BODY },
    });
    const report = await run(tree, { policy: { retries: 0 } });
    expect(report).toMatchObject({ exitCode, ok: false, totals: { failed: kinds.length, downloaded: 1 } });
    expect(tree.sha256("good.bin")).toBe(sha256Of(BODY));
  });
});

describe("the name of a partial", () => {
  it("lies beside its target and begins with it", () => {
    expect(relative("/root", partialOf("/root/sub/a.bin", "0123456789abcdef".repeat(4), ""))).toBe(
      "sub/a.bin.0123456789ab.part",
    );
  });
});
