/** A host that wants to be left alone: all files leave it alone, as long as it says, and all others go on. */
import { describe, expect, it } from "vitest";
import type { AssetEvent } from "../../src/events.js";
import { sendText } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type Fault, gate, healthy, holdAfter } from "../helpers/faults.js";
import { run } from "../helpers/run.js";
import { type FileSpec, makeTree } from "../helpers/tree.js";

const BODY = { size: 30_000, seed: 61 };
const FILES = 20;
/** What the clocks of the two sides may differ by, in milliseconds. */
const CLOCKS_MS = 20;

type Header = () => Record<string, string>;
/** Every way to ask for a second of peace. */
const ASKING: Record<string, [number, Header]> = {
  "503, Retry-After in seconds": [503, () => ({ "retry-after": "1" })],
  "429, Retry-After in seconds": [429, () => ({ "retry-after": "1" })],
  // A date has no parts of a second: this one is one to two seconds away.
  "503, Retry-After as a date": [503, () => ({ "retry-after": new Date(Date.now() + 2000).toUTCString() })],
  "429, RateLimit of today": [429, () => ({ ratelimit: '"default";r=0;t=1' })],
  "429, RateLimit of earlier drafts": [429, () => ({ ratelimit: "limit=100, remaining=0, reset=1" })],
  "429, RateLimit-Remaining and -Reset": [429, () => ({ "ratelimit-remaining": "0", "ratelimit-reset": "1" })],
  "503, X-RateLimit-Reset as a moment": [
    503,
    () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": `${Math.ceil(Date.now() / 1000) + 1}` }),
  ],
  "200, the last for now by its RateLimit": [200, () => ({ ratelimit: '"default";r=0;t=1' })],
};

/** The names and addresses of some files of one server. */
function filesOf(names: string[], url: (name: string) => string): Record<string, FileSpec> {
  return Object.fromEntries(names.map((name) => [name, { url: url(name), body: BODY }]));
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`);
}

/**
 * Asks a host for many files, four at a time. It wants peace with its first answer, and gives the others under way only
 * after that is known. Answers how many requests came then, and within the second that was asked for.
 */
async function inThePause([status, headers]: [number, Header]) {
  const server = await startFaultServer();
  const tree = makeTree();
  const { opened, open } = gate();
  let askedAt = 0;
  const ask: Fault = async (exchange) => {
    await server.until(() => server.requests.length === 4);
    askedAt = Date.now();
    if (status !== 200) return sendText(exchange, status, "later", headers());
    exchange.response.setHeaders(new Map(Object.entries(headers())));
    return healthy(exchange);
  };
  const names = numbered("f", FILES);
  const faultOf = (n: number): Fault[] => (n === 0 ? [ask] : n < 4 ? [holdAfter(0, opened)] : []);
  tree.manifestFor(
    filesOf(names, (name) => server.serve(`/${name}`, { body: BODY, fault: faultOf(names.indexOf(name)) })),
  );
  const known = (event: AssetEvent) => event.type === "transfer:retry" || event.type === "outcome";
  const report = await run(tree, { jobs: 4, onEvent: (event) => known(event) && open() });
  const within = server.requests.slice(4).filter(({ at }) => at < askedAt + 1000 - CLOCKS_MS).length;
  return { within, downloaded: report.totals.downloaded, requests: server.requests.length };
}

describe("a host that wants to be left alone for a while", () => {
  it("is asked for no other file in that time, however it says so, and again only for what it refused", async () => {
    const all = Object.entries(ASKING);
    const found = await Promise.all(all.map(async ([name, asking]) => [name, await inThePause(asking)] as const));
    const peace = all.map(([name, [status]]) => {
      return [name, { within: 0, downloaded: FILES, requests: status === 200 ? FILES : FILES + 1 }] as const;
    });
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(peace));
  });

  it("and refuses all files at once, for longer than it said, is asked by few, and in the end all arrive", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    let refusals = 0;
    let until = 0;
    const busy: Fault = async (exchange) => {
      if (refusals === 0) await server.until(() => server.requests.length === FILES);
      until ||= Date.now() + 1_500;
      if (Date.now() > until) return healthy(exchange);
      refusals++;
      return sendText(exchange, 503, "later", { "retry-after": "1" });
    };
    tree.manifestFor(filesOf(numbered("f", FILES), (name) => server.serve(`/${name}`, { body: BODY, fault: busy })));
    const report = await run(tree, { jobs: FILES, policy: { retries: 3 } });
    expect(report.totals).toMatchObject({ downloaded: FILES, failed: 0 });
    // All of them at first; after the pause those few that are under way before the next refusal is known.
    expect(refusals).toBeLessThanOrEqual(FILES + 5);
    expect(server.requests.length).toBe(FILES + refusals);
  });
});

it("a host that only refuses is asked last before long: files that have another URL arrive from there", async () => {
  const server = await startFaultServer();
  const tree = makeTree();
  const names = Array.from({ length: 40 }, (_, n) => `f${n}`);
  const urls = (name: string) => {
    server.serve(`/${name}`, { body: BODY, fault: (exchange) => sendText(exchange, 503, "later") });
    return [`${server.main}/${name}`, server.serve(`/good/${name}`, { body: BODY })];
  };
  tree.manifestFor(
    Object.fromEntries(
      names.map((name) => [name, { url: [urls(name)[0] ?? "", `${server.other}/good/${name}`], body: BODY }]),
    ),
  );
  const report = await run(tree, { jobs: 4, policy: { retries: 3 } });
  expect(report.totals).toMatchObject({ downloaded: 40, failed: 0 });
  const refused = server.requests.filter(({ path }) => !path.includes("/good/")).length;
  expect(refused).toBeLessThan(40);
});

it.each([undefined, 4])(
  "files of another host arrive while one is left alone, however many wait for it (jobs %s)",
  async (jobs) => {
    const server = await startFaultServer();
    const tree = makeTree();
    const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);
    const [busy, free] = [names("busy", 20), names("free", 8)];
    let until = 0;
    const refuse: Fault = (exchange) => {
      until ||= Date.now() + 900;
      return Date.now() > until ? healthy(exchange) : sendText(exchange, 503, "later", { "retry-after": "1" });
    };
    for (const name of busy) server.serve(`/${name}`, { body: BODY, fault: refuse });
    for (const name of free) server.serve(`/${name}`, { body: BODY });
    const origin = (name: string) => (busy.includes(name) ? server.main : server.other);
    tree.manifestFor(
      Object.fromEntries([...busy, ...free].map((name) => [name, { url: `${origin(name)}/${name}`, body: BODY }])),
    );
    const settled: string[] = [];
    const onEvent = (event: AssetEvent) => event.type === "outcome" && settled.push(event.outcome.path);
    const report = await run(tree, { jobs, policy: { retries: 3 }, onEvent });
    expect(report.totals).toMatchObject({ downloaded: 28, failed: 0 });
    expect(settled.slice(0, 8).sort()).toEqual(free);
  },
);
