/** The events of a download: what every reporter may rely on. */
import { describe, expect, it } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { cutAfter, type FaultName, faults } from "../helpers/faults.js";
import { run } from "../helpers/run.js";
import { type FileSpec, makeTree } from "../helpers/tree.js";

const BODY = { size: 120_000, seed: 31 };
const SOME: FaultName[] = [
  "flips one bit",
  "resets in the middle of the body",
  "ignores the range and answers 200",
  "503",
  "404",
  "gzips although identity was asked for",
  "no Content-Length, chunked",
  "206 with fewer bytes than asked",
];

/** A run in which much goes wrong, half of it for good. */
async function eventful() {
  const server = await startFaultServer();
  const tree = makeTree();
  const files: Record<string, FileSpec> = {};
  for (const [n, fault] of SOME.entries()) {
    const url = server.serve(`/${n}`, { body: BODY, fault: [cutAfter(30_000), fault, fault, fault] });
    const mirror = server.serve(`/m${n}`, { body: BODY, ...(n % 2 === 0 && { fault: faults["404"] }) });
    files[`f${n}`] = { url: [url, mirror], body: BODY, ...(n % 3 === 0 && { pin: "none" }) };
  }
  tree.write("here.bin", BODY);
  files["here.bin"] = { url: server.serve("/here", { body: BODY }), body: BODY };
  tree.manifestFor(files);
  return { tree, files, ...(await run(tree)) };
}

describe("events of a download", () => {
  it("begin with the plan of every file, and bring exactly one outcome for each", async () => {
    const { events, files, outcomes } = await eventful();
    const plan = events.findIndex(({ type }) => type === "plan");
    expect(events.slice(0, plan).every(({ type }) => /^(warning|inspect:progress)$/.test(type))).toBe(true);
    const planned = events.flatMap((event) => (event.type === "plan" ? event.files.map(({ path }) => path) : []));
    const told = events.flatMap((event) => (event.type === "outcome" ? [event.outcome.path] : []));
    expect(planned).toEqual(Object.keys(files));
    expect([...told].sort()).toEqual([...planned].sort());
    expect(outcomes.map(({ path }) => path)).toEqual(planned);
  });

  it("are data that survives JSON", async () => {
    const { events } = await eventful();
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });

  it("never let a file's bytes fall unless a restart came between, nor exceed its size", async () => {
    const { events, files } = await eventful();
    const seen = new Map<string, number>();
    const wrong: AssetEvent[] = [];
    for (const event of events) {
      if (event.type === "transfer:restart") seen.set(event.path, event.received);
      if (event.type !== "transfer:progress" && event.type !== "transfer:start") continue;
      if (event.received < (seen.get(event.path) ?? 0) || event.received > BODY.size) wrong.push(event);
      seen.set(event.path, event.received);
    }
    expect(wrong).toEqual([]);
    expect(seen.size).toBe(Object.keys(files).length - 1);
  });

  it("tell of a file nothing after its outcome", async () => {
    const { events } = await eventful();
    const over = new Set<string>();
    const late = events.filter((event) => {
      const isLate = "path" in event && event.path !== undefined && over.has(event.path);
      if (event.type === "outcome") over.add(event.outcome.path);
      return isLate;
    });
    expect(late).toEqual([]);
  });

  it("count what is still to fetch without what is here", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = server.serve("/a", { body: BODY, fault: [cutAfter(40_000)] });
    tree.manifestFor({ a: { url, body: BODY }, b: { url: server.serve("/b", { body: BODY }), body: BODY } });
    const first = await run(tree, { policy: { retries: 0 } });
    const second = await run(tree);
    const toFetch = [first, second].map(({ events }) =>
      events.flatMap((event) => (event.type === "plan" ? [event.bytesToFetch] : [])),
    );
    expect(toFetch).toEqual([[2 * BODY.size], [BODY.size - first.keptPartialBytes]]);
  });

  it("of a run that finds everything in place tell of no transfer", async () => {
    const { tree } = await eventful();
    tree.manifestFor({ "here.bin": { url: "http://127.0.0.1:9/never", body: BODY } });
    const { events, totals } = await run(tree);
    expect(events.filter(({ type }) => type.startsWith("transfer:"))).toEqual([]);
    expect(totals).toMatchObject({ present: 1, downloaded: 0, received: 0 });
  });
});
