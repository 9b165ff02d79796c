/** What an earlier run, or an earlier attempt, left behind. */
import { symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesOf, seeded, sha256Of } from "../helpers/content.js";
import { sendText } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { cutAfter, type Fault, healthy } from "../helpers/faults.js";
import { run } from "../helpers/run.js";
import { type FileSpec, makeTree } from "../helpers/tree.js";

const BODY = { size: 300_000, seed: 11 };
const BYTES = bytesOf(BODY);
const SHA256 = sha256Of(BODY);
const PARTIAL = `a.bin.${SHA256.slice(0, 12)}.part`;
const ONCE = { policy: { retries: 0 } };

async function setUp(fault: Fault | Fault[] = [], spec: Partial<FileSpec> = {}, etag?: string | null) {
  const server = await startFaultServer();
  const tree = makeTree();
  const url = server.serve("/a", { body: BODY, fault, ...(etag !== undefined && { etag }) });
  tree.manifestFor({ "a.bin": { url, body: BODY, ...spec } });
  return { server, tree, url };
}

describe("a partial of a pinned file", () => {
  it("is continued by the next run, from its very end, and every byte comes once", async () => {
    const { server, tree } = await setUp([cutAfter(100_000)]);
    const first = await run(tree, ONCE);
    expect(first.of("a.bin").status).toBe("failed");
    const kept = tree.read(PARTIAL).length;
    expect(first.keptPartialBytes).toBe(kept);
    expect(kept).toBeGreaterThan(0);
    const second = await run(tree, ONCE);
    expect(server.requests[1]?.range).toBe(`bytes=${kept}-`);
    expect(second.of("a.bin")).toMatchObject({ status: "downloaded", received: BODY.size - kept, size: BODY.size });
    expect(tree.sha256("a.bin")).toBe(SHA256);
    expect(tree.leftovers()).toEqual([]);
  });

  it("without a pin or a validator is not promised to be of use", async () => {
    const { tree } = await setUp([cutAfter(100_000)], { pin: "none" }, null);
    expect(await run(tree, ONCE)).toMatchObject({ ok: false, keptPartialBytes: 0 });
    const named = await setUp([cutAfter(100_000)], { pin: "none" }, '"v1"');
    expect((await run(named.tree, ONCE)).keptPartialBytes).toBe(100_000);
  });

  /** Knows no ranges, and breaks off after so many bytes. */
  const rangelessUntil = (bytes: number): Fault => {
    return (exchange) => {
      delete exchange.request.headers.range;
      return cutAfter(bytes)(exchange);
    };
  };

  it("loses nothing to a server that starts over and breaks off", async () => {
    const { server, tree } = await setUp([rangelessUntil(30_000)]);
    tree.write(PARTIAL, BYTES.subarray(0, 250_000));
    expect((await run(tree, ONCE)).of("a.bin").status).toBe("failed");
    expect(tree.read(PARTIAL).equals(BYTES.subarray(0, 250_000))).toBe(true);
    expect((await run(tree, ONCE)).of("a.bin")).toMatchObject({ status: "downloaded", received: 50_000 });
    expect(server.requests[1]?.range).toBe("bytes=250000-");
  });

  it("is cut where a server that starts over ends, when no size is pinned", async () => {
    const { tree } = await setUp([], { pin: "sha256" });
    tree.write(PARTIAL, Buffer.concat([BYTES, Buffer.from("more")]));
    const { events, ...report } = await run(tree, ONCE);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 1 });
    expect(events).toContainEqual(expect.objectContaining({ type: "transfer:restart", received: BODY.size }));
    expect(tree.sha256("a.bin")).toBe(SHA256);
  });

  it("is kept as far as it is what a server that starts over sends, and mended from there in the same answer", async () => {
    const { server, tree } = await setUp("ignores the range and answers 200");
    tree.write(PARTIAL, Buffer.concat([BYTES.subarray(0, 150_000), Buffer.alloc(100_000)]));
    const { events, ...report } = await run(tree, ONCE);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", attempts: 1 });
    expect([tree.sha256("a.bin"), server.requests.length]).toEqual([SHA256, 1]);
    const kept = events.flatMap((event) => (event.type === "transfer:restart" ? [event.received] : []));
    expect(kept).toEqual([expect.any(Number)]);
    expect(kept[0]).toBeGreaterThan(0);
    expect(kept[0]).toBeLessThanOrEqual(150_000);
  });

  const words: Fault = (exchange) => sendText(exchange, 200, "Back in a minute.");
  const page: Fault = (exchange) =>
    sendText(exchange, 200, `<!doctype html>${"x".repeat(200)}`, { "content-type": "text/html" });

  it.each<[string, Fault, Partial<FileSpec>]>([
    ["a few words", words, { pin: "sha256" }],
    ["a few words without a length", ({ response }) => void response.writeHead(200).end("Back in a minute."), {}],
  ])("is not given up for one strange answer, %s: the server is asked again", async (_, strange, spec) => {
    const { server, tree } = await setUp([strange], spec);
    tree.write(PARTIAL, BYTES.subarray(0, 250_000));
    const report = await run(tree);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", received: BODY.size - 250_000 + 17, attempts: 2 });
    expect(server.requests.map(({ range }) => range)).toEqual(["bytes=250000-", "bytes=250000-"]);
  });

  it.each<[string, Fault, Partial<FileSpec>]>([
    ["a few words", words, {}],
    ["a few words, where no size is pinned", words, { pin: "sha256" }],
    ["a page", page, {}],
    ["404", (exchange) => sendText(exchange, 404, "no"), {}],
    ["403", (exchange) => sendText(exchange, 403, "no"), {}],
  ])("is continued by the URL that gave it, although that sends %s in between", async (_, strange, spec) => {
    const { server, tree } = await setUp([cutAfter(100_000), strange], spec);
    expect((await run(tree)).of("a.bin")).toMatchObject({ status: "downloaded", attempts: 3 });
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, "bytes=100000-", "bytes=100000-"]);
  });

  it.each(["all", "sha256"] as const)("is continued by a mirror of one that sends a page (pin: %s)", async (pin) => {
    const { server, tree, url } = await setUp(page);
    const mirror = server.serve("/b", { body: BODY });
    tree.manifestFor({ "a.bin": { url: [url, mirror], body: BODY, pin } });
    tree.write(PARTIAL, BYTES.subarray(0, 250_000));
    const { events, ...report } = await run(tree, ONCE);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", url: mirror });
    expect(report.of("a.bin").tried.map((one) => one.url)).toEqual([url]);
    expect(server.to("/b").map(({ range }) => range)).toEqual(["bytes=250000-"]);
    expect(events.filter(({ type }) => type === "transfer:restart")).toEqual([]);
  });

  it("that is wrong from its first byte gives way to a server that insists, even if nothing is tried again", async () => {
    const { tree } = await setUp("ignores the range and answers 200");
    tree.write(PARTIAL, Buffer.alloc(250_000, 1));
    expect((await run(tree, ONCE)).of("a.bin")).toMatchObject({ status: "downloaded", attempts: 2 });
    expect([tree.sha256("a.bin"), tree.leftovers()]).toEqual([SHA256, []]);
  });

  it("is continued by any mirror, whatever its entity tag", async () => {
    const { server, tree, url } = await setUp(cutAfter(100_000));
    const mirror = `${server.other}/b`;
    server.serve("/b", { body: BODY, etag: '"another"' });
    tree.manifestFor({ "a.bin": { url: [url, mirror], body: BODY } });
    const report = await run(tree, ONCE);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", url: mirror, received: BODY.size });
    expect(server.to("/b").map(({ range, headers }) => [range, headers["if-range"]])).toEqual([
      [expect.stringMatching(/^bytes=\d+-$/), undefined],
    ]);
  });

  it("that is complete is proven and renamed without a single request", async () => {
    const { server, tree } = await setUp();
    tree.write(PARTIAL, BODY);
    const report = await run(tree);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", received: 0, verified: true });
    expect(server.requests).toEqual([]);
    expect([tree.sha256("a.bin"), tree.leftovers()]).toEqual([SHA256, []]);
  });

  it("that is complete is put in place even when every server is gone", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: `${server.dead}/a`, body: BODY } });
    tree.write(PARTIAL, BODY);
    expect((await run(tree)).exitCode).toBe(0);
  });

  it.each<[string, Buffer]>([
    ["zeros of the full size", Buffer.alloc(BODY.size)],
    ["another file of the same size", bytesOf(seeded(BODY.size, 99))],
    ["the file with bytes behind it", Buffer.concat([BYTES, Buffer.from("more")])],
    ["a longer file", bytesOf(seeded(BODY.size * 2, 99))],
  ])("that holds %s costs no more than the whole file", async (_, partial) => {
    const { server, tree } = await setUp();
    tree.write(PARTIAL, partial);
    const report = await run(tree);
    expect(report.of("a.bin").status).toBe("downloaded");
    expect(tree.sha256("a.bin")).toBe(SHA256);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined]);
    expect(tree.leftovers()).toEqual([]);
  });

  it.each<[string, Buffer]>([
    ["zeros", Buffer.alloc(100_000)],
    ["the start of another file", bytesOf(seeded(100_000, 99))],
    ["the right bytes with one flipped", Buffer.from(BYTES.subarray(0, 100_000)).fill(0, 500, 600)],
  ])("that begins with %s ends right in the same run", async (_, partial) => {
    const { server, tree } = await setUp();
    tree.write(PARTIAL, partial);
    expect((await run(tree)).exitCode).toBe(0);
    expect(tree.sha256("a.bin")).toBe(SHA256);
    expect(server.requests.map(({ range }) => range)).toEqual(["bytes=100000-", undefined]);
  });

  it("of an earlier pin is not mixed into the new file", async () => {
    const { server, tree } = await setUp();
    tree.write(`a.bin.${"0".repeat(12)}.part`, Buffer.alloc(1000));
    expect((await run(tree)).exitCode).toBe(0);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined]);
    expect(tree.sha256("a.bin")).toBe(SHA256);
  });

  it("that is a link is not followed, so nothing outside is written", async () => {
    const { tree } = await setUp();
    const outside = makeTree();
    outside.write("victim", "precious");
    symlinkSync(outside.path("victim"), tree.path(PARTIAL));
    const report = await run(tree);
    expect(outside.read("victim").toString()).toBe("precious");
    expect(tree.exists("a.bin") ? tree.sha256("a.bin") : "none").toBe(report.exitCode === 0 ? SHA256 : "none");
  });

  it("is not made for a file that is refused before its first byte", async () => {
    const { tree } = await setUp("404");
    await run(tree);
    expect(tree.leftovers()).toEqual([]);
  });

  it("with a pinned SHA-256 and no size is continued as well", async () => {
    const { server, tree } = await setUp([cutAfter(100_000), healthy], { pin: "sha256" });
    const report = await run(tree, { policy: { retries: 1 } });
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", received: BODY.size });
    expect(server.requests).toHaveLength(2);
  });
});

describe("a partial of a file without a pinned digest", () => {
  it("is continued under the strong validator it came with", async () => {
    const { server, tree } = await setUp([cutAfter(100_000)], { pin: "none" }, '"v1"');
    await run(tree, ONCE);
    const report = await run(tree, ONCE);
    expect(report.of("a.bin")).toMatchObject({ status: "downloaded", verified: false });
    expect(server.requests[1]?.headers).toMatchObject({
      range: expect.stringMatching(/^bytes=\d+-$/),
      "if-range": '"v1"',
    });
    expect([tree.sha256("a.bin"), tree.leftovers()]).toEqual([SHA256, []]);
  });

  it.each<[string, string | null]>([
    ["no validator", null],
    ["a weak validator", 'W/"v1"'],
  ])("is dropped when it came with %s", async (_, etag) => {
    const { server, tree } = await setUp([cutAfter(100_000)], { pin: "size" }, etag);
    await run(tree, ONCE);
    const report = await run(tree, ONCE);
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, undefined]);
    expect([report.exitCode, tree.sha256("a.bin"), tree.leftovers()]).toEqual([0, SHA256, []]);
  });

  it("is dropped when the file has changed since, and the new file arrives whole", async () => {
    const { server, tree } = await setUp([cutAfter(100_000)], { pin: "none" }, '"v1"');
    await run(tree, ONCE);
    const fresh = { size: BODY.size + 5, seed: 12 };
    server.serve("/a", { body: fresh, etag: '"v2"' });
    expect((await run(tree, ONCE)).exitCode).toBe(0);
    expect(tree.sha256("a.bin")).toBe(sha256Of(fresh));
  });

  it("is never continued by another URL", async () => {
    const { server, tree, url } = await setUp(cutAfter(100_000), {}, '"same"');
    const other = server.serve("/b", { body: { size: BODY.size, seed: 13 }, etag: '"same"' });
    tree.manifestFor({ "a.bin": { url: [url, other], body: BODY, pin: "none" } });
    expect((await run(tree, ONCE)).of("a.bin")).toMatchObject({ status: "downloaded", url: other });
    expect(tree.sha256("a.bin")).toBe(sha256Of({ size: BODY.size, seed: 13 }));
    expect(server.to("/b")[0]?.range).toBeUndefined();
  });
});

describe("a file with a pinned size only", () => {
  it("is not there while fewer bytes came, even when the connection ended in good order", async () => {
    const { server, tree } = await setUp("closes without a length (cut)", { pin: "size" }, null);
    const report = await run(tree);
    expect(report.of("a.bin")).toMatchObject({ status: "failed", error: { code: "NETWORK" } });
    expect(tree.exists("a.bin")).toBe(false);
    expect(server.requests.length).toBeGreaterThan(1);
  });
});

describe("files of unusual size", () => {
  it("an empty file is fetched, proven and put in place", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({
      "empty.bin": { url: server.serve("/empty", { body: "" }), body: "" },
      "unpinned.bin": { url: server.serve("/empty2", { body: "" }), body: "", pin: "none" },
    });
    const report = await run(tree);
    expect(report).toMatchObject({ exitCode: 0, totals: { downloaded: 2 } });
    expect([tree.read("empty.bin").length, tree.read("unpinned.bin").length]).toEqual([0, 0]);
    expect(tree.leftovers()).toEqual([]);
  });

  it("a file of one byte is neither", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({ "one.bin": { url: server.serve("/one", { body: "x" }), body: "x" } });
    expect((await run(tree)).exitCode).toBe(0);
    expect(tree.read("one.bin").toString()).toBe("x");
  });
});
