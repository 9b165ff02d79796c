/** The promise of a download, held against every fault the server knows. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { partialOf } from "../../src/transfer/candidates.js";
import type { TransferPolicy } from "../../src/transfer/fetch-file.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { type FaultName, faults } from "../helpers/faults.js";
import { type Run, run, SHORT_PATIENCE } from "../helpers/run.js";
import { type FileSpec, makeTree, type Tree } from "../helpers/tree.js";

const NAMES = Object.keys(faults) as FaultName[];
/** They end only by a client that loses patience. */
const SILENT: readonly FaultName[] = [
  "stalls in the middle",
  "stalls before the first byte of the body",
  "stalls before the headers",
  "never answers",
  "stalls on every range",
  // Of a file without a pinned size it waits for the rest.
  "sends a Content-Length that contradicts the pin",
];
/** What a busy machine keeps silent itself passes; all others are given more time than it ever takes. */
const TRIES_OF_SILENT = { ...SHORT_PATIENCE, retries: 2 };
/** For runs in which a second URL stands ready. */
const ONE_TRY = { retries: 0 };
/** A busy server may say a date that is a second or two further off than it means. */
const TWO_TRIES = { retries: 1, maxRetryAfterMs: 5000 };
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
  names: FaultName[];
  /** Tries there are for each URL. */
  tries: number;
  run(): Promise<Run>;
}

interface Spec {
  once?: boolean;
  fallback?: boolean;
  pin?: FileSpec["pin"];
  policy?: Partial<TransferPolicy>;
}

/** Two trees that want one file from each fault, side by side: that of the silent ones needs little patience. */
async function everyFault(act: (setup: Setup) => Promise<void>, spec: Spec = {}, names = NAMES): Promise<void> {
  const server = await startFaultServer();
  const isSilent = (name: FaultName) => SILENT.includes(name);
  const all = [
    setUp(
      server,
      spec,
      names.filter((name) => !isSilent(name)),
      {},
    ),
    setUp(server, spec, names.filter(isSilent), TRIES_OF_SILENT),
  ];
  await Promise.all(all.map(act));
  await server.until(() => server.openSockets() === 0);
}

function setUp(server: FaultServer, spec: Spec, names: FaultName[], more: Partial<TransferPolicy>): Setup {
  const tree = makeTree();
  const files: Record<string, FileSpec> = {};
  for (const name of names) {
    const { path, body } = fileOf(name);
    const url = server.serve(`/${path}`, { body, etag: '"strong"', fault: spec.once ? [name] : name });
    const mirror = server.serve(`/mirror/${path}`, { body });
    files[path] = { url: spec.fallback ? [url, mirror] : url, body, pin: spec.pin ?? "all" };
  }
  tree.manifestFor(files);
  const policy = { ...ONE_TRY, ...spec.policy, ...more };
  return { server, tree, names, tries: policy.retries + 1, run: () => run(tree, { jobs: 8, policy }) };
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
function notRight({ tree, names }: Setup, report: Run): string[] {
  return names.filter((name) => report.of(fileOf(name).path).status !== "downloaded" || !isRight(tree, name));
}

/** Faults of which a wrong file came. */
function wrongIn({ tree, names }: Setup): string[] {
  return names.filter((name) => tree.exists(fileOf(name).path) && !isRight(tree, name));
}

describe("with any fault of a server", () => {
  it("a file is right or not there, what is kept is a true beginning, and nothing the server blurts out is told", async () => {
    await everyFault(
      async ({ server, tree, names, tries, run }) => {
        const report = await run();
        for (const name of names) {
          const { path, body } = fileOf(name);
          const outcome = report.of(path);
          expect([name, outcome.status]).toEqual([name, isRight(tree, name) ? "downloaded" : "failed"]);
          expect([name, tree.exists(path)]).toEqual([name, outcome.status === "downloaded"]);
          const partial = tree.partial(path);
          const kept = partial === undefined ? Buffer.alloc(0) : readFileSync(tree.path(partial));
          expect([name, bytesOf(body).subarray(0, kept.length).equals(kept)]).toEqual([name, true]);
          const most = name.startsWith("redirects") ? REDIRECTS + 1 : tries;
          // What may pass is tried more often beside others.
          if (outcome.error?.code !== "NETWORK")
            expect([name, server.to(`/${path}`).length <= most]).toEqual([name, true]);
          expect([name, outcome.received <= body.size + SLACK]).toEqual([name, true]);
        }
        expect(tree.leftovers().every((left) => left.endsWith(".part"))).toBe(true);
        expect(report.told).not.toMatch(/CANARY|owned|protocol you know|Please sign in/);
        const texts = report.outcomes.flatMap(({ error, tried }) => [error, ...tried.map((one) => one.error)]);
        expect(texts.filter((info) => CONTROL.test(`${info?.message}${info?.hint}`))).toEqual([]);
      },
      { policy: TWO_TRIES },
    );
  });

  it("a second URL gives the file in the same run, and nothing is left behind", async () => {
    await everyFault(
      async (setup) => {
        const report = await setup.run();
        expect(notRight(setup, report)).toEqual([]);
        expect(report.exitCode).toBe(0);
        expect(setup.tree.leftovers()).toEqual([]);
      },
      { fallback: true },
    );
  });

  it("what passes after one time is overcome at the same URL", async () => {
    const passing: FaultName[] = [];
    const look = async ({ names, run }: Setup) => {
      const hopeless = await run();
      passing.push(...names.filter((name) => (hopeless.of(fileOf(name).path).tried[0]?.attempts ?? 0) > 1));
    };
    // Each by itself: a host that fails with everything is not asked more than it need be.
    for (const name of NAMES) await everyFault(look, { policy: TWO_TRIES }, [name]);
    expect(passing.length).toBeGreaterThan(20);
    await everyFault(
      async (setup) => {
        const report = await setup.run();
        expect(notRight(setup, report)).toEqual([]);
        expect(report.exitCode).toBe(0);
      },
      // All of them fail at first: their server is hoped for nevertheless.
      { once: true, policy: { ...TWO_TRIES, leastMs: 20_000 } },
      passing,
    );
  });

  it.each([
    ["a good partial of an earlier run does not keep the file from ending right", (half: Buffer) => half],
    [
      "a partial full of zeros does not keep the file from ending right in the same run",
      (half: Buffer) => Buffer.alloc(half.length),
    ],
  ])("%s", async (_, left) => {
    await everyFault(
      async (setup) => {
        for (const name of setup.names) leavePartial(setup.tree, name, left);
        expect(notRight(setup, await setup.run())).toEqual([]);
        expect(setup.tree.leftovers()).toEqual([]);
      },
      { fallback: true },
    );
  });

  it("a pinned SHA-256 is enough: without a size each file ends right or not at all", async () => {
    await everyFault(
      async (setup) => {
        await setup.run();
        expect(wrongIn(setup)).toEqual([]);
      },
      { pin: "sha256" },
      NAMES.filter((name) => name !== "endless body"),
    );
  });

  it("without any pin a cut that the protocol shows, a web page or an LFS pointer never becomes the file", async () => {
    await everyFault(
      async (setup) => {
        const report = await setup.run();
        expect(wrongIn(setup)).toEqual([]);
        expect(report.outcomes.filter(({ verified }) => verified)).toEqual([]);
      },
      { pin: "none" },
      CUT,
    );
  });
});
