/** The promise of a download, held against every fault the server knows. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { partialOf } from "../../src/transfer/candidates.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { type FaultName, faults } from "../helpers/faults.js";
import { type Run, run, SHORT_PATIENCE } from "../helpers/run.js";
import { type FileSpec, makeTree, type Tree } from "../helpers/tree.js";

const NAMES = Object.keys(faults) as FaultName[];
/** For runs in which a second URL stands ready. */
const ONE_TRY = { jobs: 8, policy: { retries: 0, ...SHORT_PATIENCE } };
const OPTIONS = { jobs: 8, policy: { retries: 1, maxRetryAfterMs: 1000, ...SHORT_PATIENCE } };
const REDIRECTS = 10;
const CONTROL = /\p{Cc}/u;
/** What may arrive beyond the pinned size before it is noticed: what one read gives. */
const SLACK = 256 * 1024;

/** Faults that the protocol shows, so that even without a pin no file may come of them. */
const CUT: FaultName[] = [
  "resets in the middle of the body",
  "resets right after the headers",
  "sends fewer bytes than it promised",
  "half-closes in the middle of the body",
  "chunked, cut before the last chunk",
  "truncates exactly at a chunk border",
  "stalls in the middle",
  "says 200 with an HTML login page",
  "says 200 with an HTML login page, typed as bytes",
  "says 200 with a Git LFS pointer",
];

/** Each fault has a file of its own: another size, other bytes. */
function fileOf(name: FaultName): { path: string; body: { size: number; seed: number } } {
  const n = NAMES.indexOf(name);
  const slow = name === "drips one byte at a time";
  return { path: `file-${n}.bin`, body: { size: slow ? 20 : 80_000 + n, seed: n } };
}

interface Setup {
  server: FaultServer;
  tree: Tree;
}

/** A tree that wants one file from each fault. */
async function everyFault(
  spec: { once?: boolean; fallback?: boolean; pin?: FileSpec["pin"] } = {},
  names = NAMES,
): Promise<Setup> {
  const server = await startFaultServer();
  const tree = makeTree();
  const files: Record<string, FileSpec> = {};
  for (const name of names) {
    const { path, body } = fileOf(name);
    const url = server.serve(`/${path}`, { body, etag: '"strong"', fault: spec.once ? [name] : name });
    const mirror = server.serve(`/mirror/${path}`, { body });
    files[path] = { url: spec.fallback ? [url, mirror] : url, body, pin: spec.pin ?? "all" };
  }
  tree.manifestFor(files);
  return { server, tree };
}

/** Puts a partial in place as an earlier run would have left it. */
function leavePartial(tree: Tree, name: FaultName, bytes: (body: Buffer) => Buffer): void {
  const { path, body } = fileOf(name);
  const half = bytesOf(body).subarray(0, body.size / 2);
  tree.write(relative(tree.root, partialOf(tree.path(path), sha256Of(body), "")), bytes(half));
}

function isRight(tree: Tree, name: FaultName): boolean {
  const { path, body } = fileOf(name);
  return tree.exists(path) && tree.sha256(path) === sha256Of(body);
}

/** Faults whose file is not as it should be when the run is over. */
function notRight(tree: Tree, report: Run): string[] {
  return NAMES.filter((name) => report.of(fileOf(name).path).status !== "downloaded" || !isRight(tree, name));
}

describe("with any fault of a server", () => {
  it("a file is right or not there, what is kept is a true beginning, and nothing the server blurts out is told", async () => {
    const { server, tree } = await everyFault();
    const report = await run(tree, OPTIONS);
    for (const name of NAMES) {
      const { path, body } = fileOf(name);
      const outcome = report.of(path);
      expect([name, outcome.status]).toEqual([name, isRight(tree, name) ? "downloaded" : "failed"]);
      expect([name, tree.exists(path)]).toEqual([name, outcome.status === "downloaded"]);
      const partial = tree.partial(path);
      const kept = partial === undefined ? Buffer.alloc(0) : readFileSync(tree.path(partial));
      expect([name, bytesOf(body).subarray(0, kept.length).equals(kept)]).toEqual([name, true]);
      const most = name.startsWith("redirects") ? REDIRECTS + 1 : OPTIONS.policy.retries + 1;
      expect([name, server.to(`/${path}`).length <= most]).toEqual([name, true]);
      expect([name, outcome.received <= body.size + SLACK]).toEqual([name, true]);
    }
    expect(tree.leftovers().every((left) => left.endsWith(".part"))).toBe(true);
    expect(report.told).not.toMatch(/CANARY|owned|protocol you know|Please sign in/);
    const texts = report.outcomes.flatMap(({ error, tried }) => [error, ...tried.map((one) => one.error)]);
    expect(texts.filter((info) => CONTROL.test(`${info?.message}${info?.hint}`))).toEqual([]);
    await server.until(() => server.openSockets() === 0);
  });

  it("a second URL gives the file in the same run, and nothing is left behind", async () => {
    const { server, tree } = await everyFault({ fallback: true });
    const report = await run(tree, ONE_TRY);
    expect(notRight(tree, report)).toEqual([]);
    expect(report.exitCode).toBe(0);
    expect(tree.leftovers()).toEqual([]);
    await server.until(() => server.openSockets() === 0);
  });

  it("what passes after one time is overcome at the same URL", async () => {
    const constant = await everyFault();
    const hopeless = await run(constant.tree, OPTIONS);
    const passing = NAMES.filter((name) => (hopeless.of(fileOf(name).path).tried[0]?.attempts ?? 0) > 1);
    expect(passing.length).toBeGreaterThan(20);
    const once = await everyFault({ once: true }, passing);
    const report = await run(once.tree, OPTIONS);
    expect(passing.filter((name) => !isRight(once.tree, name))).toEqual([]);
    expect(report.exitCode).toBe(0);
  });

  it("a good partial of an earlier run does not keep the file from ending right", async () => {
    const { tree } = await everyFault({ fallback: true });
    for (const name of NAMES) leavePartial(tree, name, (half) => half);
    expect(notRight(tree, await run(tree, ONE_TRY))).toEqual([]);
    expect(tree.leftovers()).toEqual([]);
  });

  it("a partial full of zeros does not keep the file from ending right in the same run", async () => {
    const { tree } = await everyFault({ fallback: true });
    for (const name of NAMES) leavePartial(tree, name, (half) => Buffer.alloc(half.length));
    expect(notRight(tree, await run(tree, ONE_TRY))).toEqual([]);
    expect(tree.leftovers()).toEqual([]);
  });

  it("a pinned SHA-256 is enough: without a size each file ends right or not at all", async () => {
    const names = NAMES.filter((name) => name !== "endless body");
    const { tree } = await everyFault({ pin: "sha256" }, names);
    await run(tree, ONE_TRY);
    expect(names.filter((name) => tree.exists(fileOf(name).path) && !isRight(tree, name))).toEqual([]);
  });

  it("without any pin a cut that the protocol shows, a web page or an LFS pointer never becomes the file", async () => {
    const { tree } = await everyFault({ pin: "none" }, CUT);
    const report = await run(tree, ONE_TRY);
    const wrong = CUT.filter((name) => tree.exists(fileOf(name).path) && !isRight(tree, name));
    expect(wrong).toEqual([]);
    expect(report.outcomes.filter(({ verified }) => verified)).toEqual([]);
  });
});
