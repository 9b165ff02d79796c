/** The fault server itself: that it is honest when it should be, and dishonest in each way it names. */
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { makeCertificate } from "./certificate.js";
import { bytesOf, seeded, sha256Of } from "./content.js";
import { type FaultServer, startFaultServer } from "./fault-server.js";
import { cutAfter, type Fault, faults, gate, healthy, holdAfter } from "./faults.js";

const BODY = { size: 3000, seed: 1 };
const SMALL = { size: 300, seed: 1 };
const SILENCE_MS = 100;
const AT_ONCE = 30;
const LONG_MS = 500;
/** What is honest ends by itself, however busy the machine is. */
const PATIENT_MS = 15_000;
const ENDLESS = 1_000_000;

/** What comes over the wire until the connection ends or says no more. The Date is left out. */
function wire(url: string, heads: string[][], silenceMs = SILENCE_MS, longMs = LONG_MS): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const requests = heads.map((head) => [`GET ${pathname} HTTP/1.1`, "Host: test", ...head, "", ""].join("\r\n"));
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(requests.join("")));
    let text = "";
    const end = (how: string) => {
      clearTimeout(long);
      socket.destroy();
      resolve(`${text.replaceAll(/Date: .*\r\n/g, "")}[${how}]`);
    };
    const long = setTimeout(end, longMs, "long");
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (text.length > ENDLESS) end("endless");
    });
    socket.on("error", () => end("reset"));
    socket.on("end", () => end("end"));
    socket.setTimeout(silenceMs, () => end("silence"));
  });
}

/** The ways of asking that may show a fault. */
async function wires(server: FaultServer, name: string, fault: Fault): Promise<string[]> {
  const limits = fault === healthy ? [PATIENT_MS, PATIENT_MS] : [];
  const ways = [[[]], [[], []], [["Range: bytes=100-"]], [["Range: bytes=100-", 'If-Range: "strong"']]];
  return Promise.all(
    ways.map((heads, way) => {
      const url = server.serve(`/${encodeURIComponent(name)}/${way}`, { body: SMALL, etag: '"strong"', fault });
      const closing = heads.map((head, n) => (n === heads.length - 1 ? [...head, "Connection: close"] : head));
      return wire(url, closing, ...limits);
    }),
  );
}

describe("the fault server", () => {
  it("grows the same bytes from the same seed, wherever they are cut", () => {
    const content = seeded(100_000, 7);
    const whole = content.slice(0, content.size);
    expect(Buffer.concat([content.slice(0, 33), content.slice(33, 70_001), content.slice(70_001, 1e9)])).toEqual(whole);
    expect(sha256Of(content)).toBe(createHash("sha256").update(whole).digest("hex"));
    expect(seeded(100_000, 8).slice(0, 16)).not.toEqual(whole.subarray(0, 16));
  });

  it("serves ranges honestly, and remembers who asked for what", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY });
    const part = await fetch(url, { headers: { range: "bytes=2990-" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 2990-2999/3000"]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytesOf(BODY).subarray(2990));
    const past = await fetch(url, { headers: { range: "bytes=3000-" } });
    expect([past.status, past.headers.get("content-range")]).toEqual([416, "bytes */3000"]);
    const stale = await fetch(url, { headers: { range: "bytes=5-", "if-range": '"old"' } });
    expect([stale.status, (await stale.arrayBuffer()).byteLength]).toEqual([200, 3000]);
    expect((await fetch(`${server.other}/nothing`)).status).toBe(404);
    expect(server.requests.map(({ path, range }) => [path, range])).toEqual([
      ["/file", "bytes=2990-"],
      ["/file", "bytes=3000-"],
      ["/file", "bytes=5-"],
      ["/nothing", undefined],
    ]);
    expect(server.bytesSent("/file")).toBe(3010);
  });

  it("uses up a list of faults one per request, and is healthy after it", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY, fault: ["503", healthy, "404"] });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([503, 200, 404, 200]);
  });

  it("holds an answer where the test wants it, and knows when the client left", async () => {
    const server = await startFaultServer();
    const { opened, open } = gate();
    const body = { size: 300_000, seed: 2 };
    const held = fetch(server.serve("/held", { body, fault: holdAfter(1000, opened) })).then((a) => a.arrayBuffer());
    await server.until(() => server.bytesSent("/held") === 1000);
    open();
    expect(sha256Of(Buffer.from(await held))).toBe(sha256Of(body));
    const controller = new AbortController();
    const stalled = fetch(server.serve("/stalled", { body, fault: "stalls in the middle" }), controller);
    await stalled;
    controller.abort();
    await server.until(() => server.to("/stalled")[0]?.aborted === true);
    expect(server.to("/held")[0]?.aborted).toBe(false);
  });

  it("cuts its answer after as many bytes as it was told to", async () => {
    const server = await startFaultServer();
    const answer = await wire(server.serve("/file", { body: BODY, fault: cutAfter(1) }), [[]], PATIENT_MS, PATIENT_MS);
    expect(answer).toMatch(/\r\n\r\n.\[end\]$/s);
  });

  it("leaves no connection open when it closes", async () => {
    const server = await startFaultServer();
    const url = server.serve("/file", { body: BODY, fault: "never answers" });
    const pending = expect(fetch(url)).rejects.toThrow();
    await server.until(() => server.openSockets() === 1);
    await server.close();
    await pending;
    await server.until(() => server.openSockets() === 0);
  });

  it.skipIf(makeCertificate() === undefined)("serves the same files over TLS (needs openssl)", async () => {
    const tls = makeCertificate();
    const server = await startFaultServer({ ...(tls && { tls }) });
    server.serve("/file", { body: BODY });
    await expect(fetch(`${server.tls}/file`)).rejects.toMatchObject({ cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
  });

  it("answers by no fault as the honest server would", async () => {
    const server = await startFaultServer();
    const expected = await wires(server, "honest", healthy);
    const same: string[] = [];
    const all = Object.entries<Fault>({ ...faults, control: healthy });
    for (let at = 0; at < all.length; at += AT_ONCE) {
      const batch = all.slice(at, at + AT_ONCE).map(async ([name, fault]) => {
        const got = await wires(server, name, fault);
        if (got.every((text, way) => text === expected[way])) same.push(name);
      });
      await Promise.all(batch);
    }
    expect(same).toEqual(["control"]);
  });
});
