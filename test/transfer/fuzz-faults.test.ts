/**
 * A thousand downloads over servers with random faults, stopped at random moments, upon random leftovers. The sequences
 * of another seed are played with `ASSETS_TEST_SEED=7`, one of them alone with `ASSETS_TEST_SEQUENCE=123`.
 */
import { existsSync, readdirSync } from "node:fs";
import { relative } from "node:path";
import process from "node:process";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { AssetsError } from "../../src/errors.js";
import type { AssetEvent, Outcome } from "../../src/events.js";
import { loadManifest } from "../../src/manifest/load.js";
import type { Manifest } from "../../src/manifest/types.js";
import { partialOf } from "../../src/transfer/candidates.js";
import type { TransferPolicy } from "../../src/transfer/fetch-file.js";
import { runPool } from "../../src/transfer/pool.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { type Fault, healthy } from "../helpers/faults.js";
import { writePieces } from "../helpers/pieces.js";
import { type Run, run } from "../helpers/run.js";
import { faultsOf, leftOf, POLICIES, SEVERAL, type Sequence, SLOW_PACE, sequence } from "../helpers/sequence.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const SEED = Number(process.env.ASSETS_TEST_SEED ?? 1);
const ONLY = process.env.ASSETS_TEST_SEQUENCE;
const SEQUENCES = 1000;
const BATCH = 150;
const SIDE_BY_SIDE = 32;
/** No run of such small files takes this long, even on a busy machine. */
const DEADLINE_MS = 15_000;
/** What may arrive beyond the pinned size before it is noticed: what one read gives. */
const SLACK = 256 * 1024;

const PATH = "models/file.bin";
const MINE = "a file that a user wrote";
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a".repeat(16)}\nsize 12345\n`;

const all = fc.sample(sequence, { seed: SEED, numRuns: SEQUENCES });
const numbers = [...all.keys()].filter((number) => ONLY === undefined || number === Number(ONLY));
/** Batches of sequences by number, with their first and last. */
function batchesOf(slow: boolean): (readonly [number, number, number[]])[] {
  const chosen = numbers.filter((number) => all[number]?.slow === slow);
  return Array.from({ length: Math.ceil(chosen.length / BATCH) }, (_, batch) => {
    const members = chosen.slice(batch * BATCH, (batch + 1) * BATCH);
    return [members[0] ?? 0, members.at(-1) ?? 0, members] as const;
  });
}

/** Open descriptors of this process, where the system tells. */
function descriptors(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}

/** What is wrong with the events of a run: counts that fall, a second outcome. */
function wrongEvents(events: readonly AssetEvent[]): string[] {
  const wrong: string[] = [];
  let reached = 0;
  for (const event of events) {
    if (event.type === "transfer:restart") reached = event.received;
    // A start tells only what is there without a gap.
    if (event.type !== "transfer:progress") continue;
    if (event.received < reached) wrong.push(`${event.type} falls from ${reached} to ${event.received}`);
    reached = event.received;
  }
  const outcomes = events.filter(({ type }) => type === "outcome").length;
  if (outcomes !== 1) wrong.push(`${outcomes} outcomes`);
  return wrong;
}

/** What is wrong with what a run says and leaves. */
function wrongEnd(
  tree: Tree,
  { urls, pin, size, standing, policy, slow }: Sequence,
  body: Buffer,
  outcome: Outcome,
): string[] {
  const { status, received, attempts, verified } = outcome;
  const pinned = pin === "all" || pin === "sha256";
  const found = tree.exists(PATH) ? tree.read(PATH) : undefined;
  const right = found?.equals(body) === true;
  const mine = standing === "a user's file" && found?.toString() === MINE;
  const pointer = standing === "a Git LFS pointer" && found?.toString() === POINTER;
  // A source that is blamed costs its file another attempt.
  const mostAttempts = urls.length * ((POLICIES[policy]?.retries ?? 0) + 2 + (slow ? urls.length : 0));
  // Each connection may once be given all of the file instead of its part.
  const answers = attempts + (slow ? urls.flat().length : 0);
  const here = status === "downloaded" || status === "present";
  const holds: [string, boolean][] = [
    ["only the pinned bytes, or what stood there, have the name", !pinned || right || mine || pointer || !found],
    ["a user's file is left alone", standing !== "a user's file" || mine],
    ["a file is told to be here when it is", !pinned || here === right],
    ["only what was downloaded is put in place", here || mine || pointer || found === undefined],
    ["what is called verified has a pin", !verified || pinned],
    ["no more arrives than is wanted", received <= answers * (size + SLACK)],
    ["no URL is asked without end", attempts <= mostAttempts],
    ["nothing is left of what is complete", !pinned || status !== "downloaded" || tree.leftovers().length === 0],
    ["no lock is left", tree.leftovers().every((name) => !name.startsWith(".assets/"))],
  ];
  return holds.flatMap(([promise, kept]) => (kept ? [] : [`broken: ${promise} (${JSON.stringify(outcome)})`]));
}

/** Runs once, perhaps stopped on the way. Undefined when it was stopped before it began. */
async function runOnce(
  tree: Tree,
  manifest: Manifest,
  { policy, slow }: Sequence,
  stopAfter?: number,
  more: Partial<TransferPolicy> = {},
): Promise<Run | undefined> {
  const abort = new AbortController();
  let left = stopAfter ?? Number.POSITIVE_INFINITY;
  const onEvent = () => {
    if (left-- <= 0) abort.abort();
  };
  let timer: NodeJS.Timeout | undefined;
  const limits = { ...POLICIES[policy], ...(slow && SEVERAL), ...more };
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), DEADLINE_MS);
  });
  try {
    return await Promise.race([run(tree, { manifest, policy: limits, signal: abort.signal, onEvent }), late]);
  } catch (error) {
    if (error instanceof AssetsError && error.code === "ABORTED" && abort.signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Plays one sequence; where it fails, once more against servers without faults. What went wrong. */
async function play(server: FaultServer, tree: Tree, number: number, seq: Sequence): Promise<string[]> {
  const content = { size: seq.size, seed: number };
  const body = bytesOf(content);
  const paths = seq.urls.map((_, n) => `/${number}/${n}`);
  const pace = seq.slow ? SLOW_PACE : undefined;
  const urls = seq.urls.map((names, n) => {
    const fault: Fault[] = faultsOf(seq, names);
    // Else the faults would nearly always befall a file's own connection.
    if (seq.slow && number % 2 === 0) fault.unshift(healthy);
    return server.serve(paths[n] ?? "", { body: content, fault, pace });
  });
  tree.manifestFor({ [PATH]: { url: urls, body: content, pin: seq.pin } });
  if (number % 3 === 0) writePieces(tree, content);
  const manifest = await loadManifest({ cwd: tree.root });
  const pin = seq.pin === "all" || seq.pin === "sha256" ? sha256Of(content) : undefined;
  const leave = (left: NonNullable<Sequence["before"]>) => {
    const { bytes, note } = leftOf(left, body, `"${paths[0]}"`);
    const partial = relative(tree.root, partialOf(tree.path(PATH), pin, urls[0] ?? ""));
    if (bytes) tree.write(partial, bytes);
    if (note !== undefined) tree.write(`${partial}.json`, note);
  };
  if (seq.standing !== "nothing") {
    tree.write(PATH, { "a user's file": MINE, "a Git LFS pointer": POINTER, "the file": body }[seq.standing]);
  }
  if (seq.before) leave(seq.before);
  const check = (report: Run | undefined) => {
    return report ? [...wrongEvents(report.events), ...wrongEnd(tree, seq, body, report.of(PATH))] : [];
  };
  const wrong: string[] = [];
  for (const { stopAfter, leaves } of seq.runs) {
    wrong.push(...check(await runOnce(tree, manifest, seq, stopAfter)));
    if (leaves && !tree.exists(PATH)) leave(leaves);
  }
  const last = await runOnce(tree, manifest, seq);
  wrong.push(...check(last));
  if (last?.ok) return wrong;
  for (const path of paths) server.serve(path, { body: content });
  // Nothing is silent any more but a busy machine.
  const healed = await runOnce(tree, manifest, seq, undefined, { stallTimeoutMs: 20_000, firstByteTimeoutMs: 20_000 });
  wrong.push(...check(healed));
  const away = healed?.of(PATH).status === "failed" && seq.standing !== "a user's file";
  return away ? [...wrong, `it does not heal: ${healed?.of(PATH).error?.message}`] : wrong;
}

/** Plays sequences side by side; nothing may be left of them, whatever they are. */
async function playAll(members: readonly number[]): Promise<FaultServer> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  onTestFinished(() => void process.off("unhandledRejection", onUnhandled));
  const server = await startFaultServer();
  const atFirst = descriptors();
  const found = await runPool(members, SIDE_BY_SIDE, async (number) => {
    const seq = all[number];
    if (seq === undefined) return [`There is no sequence ${number}`];
    const wrong = await play(server, makeTree(), number, seq).catch((error) => [String(error?.stack ?? error)]);
    const again = `ASSETS_TEST_SEED=${SEED} ASSETS_TEST_SEQUENCE=${number}`;
    return wrong.length === 0 ? [] : [`${again} ${JSON.stringify(seq)}\n  ${wrong.join("\n  ")}`];
  });
  expect(found.flat().join("\n")).toBe("");
  // Shorter than idle connections are kept: they must have been closed.
  const soon = { timeout: 2_000, interval: 20 };
  await vi.waitFor(() => expect(server.openSockets()).toBe(0), soon);
  await vi.waitFor(() => expect(descriptors()).toBeLessThanOrEqual(atFirst), soon);
  expect(unhandled).toEqual([]);
  return server;
}

describe("whatever befalls a download", () => {
  it.each(batchesOf(false))(
    "it ends, with the right file or none, and holds on to nothing (sequences %i to %i)",
    { timeout: 120_000 },
    async (_first, _last, members) => void (await playAll(members)),
  );

  it.each(batchesOf(true))(
    "over several connections and from several mirrors, it ends as well (slow ones of the sequences %i to %i)",
    { timeout: 120_000 },
    async (_first, _last, members) => {
      const server = await playAll(members);
      // Only what is asked for beside others has an end.
      const besides = new Set(server.requests.flatMap(({ path, range = "" }) => (/-\d+$/.test(range) ? [path] : [])));
      if (members.length > 10) expect(besides.size).toBeGreaterThan(0);
    },
  );
});
