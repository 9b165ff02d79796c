/** The real program, killed at bad moments and started again. */
import { statSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { startBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { gate, holdAfter } from "../helpers/faults.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 3_000_000, seed: 51 };
const SHA256 = sha256Of(BODY);
const PARTIAL = `a.bin.${SHA256.slice(0, 12)}.part`;
/** Where a busy machine makes a server seem slow, others would be tried beside the first. */
const ARGS = ["download", "--all", "--connections", "1"];
const NEVER = gate().opened;
const WAIT = { timeout: 10_000, interval: 5 };

interface Setup {
  server: FaultServer;
  tree: Tree;
}

async function setUp(): Promise<Setup> {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY } });
  return { server, tree };
}

function sizeOf(tree: Tree, name: string): number {
  return statSync(tree.path(name), { throwIfNoEntry: false })?.size ?? 0;
}

/** Runs until just `bytes` more have arrived, then kills the program without warning. */
async function killAfter({ server, tree }: Setup, bytes: number): Promise<void> {
  const before = sizeOf(tree, PARTIAL);
  server.serve("/a", { body: BODY, fault: holdAfter(bytes, NEVER) });
  const { child, done } = startBin(ARGS, { cwd: tree.root });
  await vi.waitFor(() => expect(sizeOf(tree, PARTIAL)).toBe(before + bytes), WAIT);
  child.kill("SIGKILL");
  expect((await done).signal).toBe("SIGKILL");
  server.serve("/a", { body: BODY });
}

async function finish({ tree }: Setup) {
  const result = await runInProcess(ARGS, { cwd: tree.root });
  expect([result.code, tree.sha256("a.bin"), tree.leftovers()]).toEqual([0, SHA256, []]);
  return result;
}

describe("kill -9", () => {
  it.each([200_007, BODY.size - 1])(
    "after %i bytes costs none of them, and nobody waits for its lock",
    { timeout: 20_000 },
    async (bytes) => {
      const setup = await setUp();
      await killAfter(setup, bytes);
      expect(setup.tree.exists("a.bin")).toBe(false);
      const { stderr } = await finish(setup);
      expect(setup.server.requests.map(({ range }) => range)).toEqual([undefined, `bytes=${bytes}-`]);
      expect(stderr).not.toMatch(/wait/i);
    },
  );

  it("after the last byte, before the file has its name, costs nothing", { timeout: 20_000 }, async () => {
    const setup = await setUp();
    const run = startBin(["download", "--all", "--ndjson"], {
      cwd: setup.tree.root,
      killAfter: { signal: "SIGKILL", when: (line) => line.includes(`"received":${BODY.size}`) },
    });
    await run.done;
    await finish(setup);
    expect(setup.server.requests).toHaveLength(1);
  });

  it("again and again costs each byte once", { timeout: 30_000 }, async () => {
    const setup = await setUp();
    const steps = [100_000, 5_000, 65_536];
    for (const bytes of steps) await killAfter(setup, bytes);
    await finish(setup);
    const starts = setup.server.requests.map(({ range }) => Number(/\d+/.exec(range ?? "0")?.[0]));
    expect(starts).toEqual([0, 100_000, 105_000, 170_536]);
  });

  it("leaves a tree in which another run, waiting for the file, goes on by itself", { timeout: 20_000 }, async () => {
    const { server, tree } = await setUp();
    server.serve("/a", { body: BODY, fault: [holdAfter(500_000, NEVER)] });
    const first = startBin(["download", "--all"], { cwd: tree.root });
    await vi.waitFor(() => expect(sizeOf(tree, PARTIAL)).toBe(500_000), WAIT);
    const second = startBin(["download", "--all", "--ndjson"], { cwd: tree.root });
    await second.event(({ type }) => type === "transfer:wait");
    first.child.kill("SIGKILL");
    expect((await second.done).code).toBe(0);
    expect([tree.sha256("a.bin"), tree.leftovers()]).toEqual([SHA256, []]);
    // Whatever the second run asked, and over however many connections, was not here before.
    const [, ...starts] = server.requests.map(({ range }) => Number(/\d+/.exec(range ?? "0")?.[0]));
    expect(starts.every((start) => start >= 500_000)).toBe(true);
  });
});
