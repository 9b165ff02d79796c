/** The real program, stopped while a file is on its way over several connections. */
import { statSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { isWindows } from "../../src/platform.js";
import { startBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { runInProcess } from "../helpers/in-process.js";
import { startPacedServer } from "../helpers/paced-server.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const MB = 1_000_000;
const BODY = bytesOf({ size: 16 * MB, seed: 91 });
const SHA256 = sha256Of(BODY);
const PARTIAL = `a.bin.${SHA256.slice(0, 12)}.part`;
/** Each connection gets little, all of them together little more, so that a run lasts. */
const PACE = { perConnection: 0.5 * MB, inAll: 2 * MB };
const ARGS = ["download", "--all", "--connections", "6"];
const WAIT = { timeout: 15_000, interval: 20 };
async function setUp() {
  const server = await startPacedServer({ body: BODY, ...PACE });
  const tree = makeTree();
  tree.manifestFor({ "a.bin": { url: server.url, body: BODY } });
  return { server, tree };
}

/** Lets the rest come at once. */
async function finish(tree: Tree) {
  const fast = await startPacedServer({ body: BODY });
  tree.manifestFor({ "a.bin": { url: fast.url, body: BODY } });
  const { code } = await runInProcess(["download", "--all"], { cwd: tree.root });
  expect([code, tree.sha256("a.bin"), tree.leftovers()]).toEqual([0, SHA256, []]);
  return fast;
}

/** Bytes that a next run finds: those that the note names or, where all came in order and there is none, the partial's. */
function kept(tree: Tree): number {
  if (!tree.exists(PARTIAL)) return 0;
  if (!tree.exists(`${PARTIAL}.json`)) return statSync(tree.path(PARTIAL)).size;
  const { ranges = [] } = JSON.parse(tree.read(`${PARTIAL}.json`).toString()) as { ranges?: [number, number][] };
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

it("killed again and again, it goes on from what it noted meanwhile, and the file ends right", {
  timeout: 60_000,
}, async () => {
  const { server, tree } = await setUp();
  for (const share of [0.5, 1.3, 0.7, 1.7, 0.9]) {
    const before = kept(tree);
    const { child, done } = startBin(ARGS, { cwd: tree.root });
    await vi.waitFor(() => expect(kept(tree)).toBeGreaterThan(before + share * MB), WAIT);
    child.kill("SIGKILL");
    expect((await done).signal).toBe("SIGKILL");
    expect(tree.exists("a.bin")).toBe(false);
  }
  // Several connections were at work, out of order.
  expect(server.peak()).toBeGreaterThan(2);
  const fast = await finish(tree);
  // Lost is what was sent since the last note; without notes it would be all of it.
  expect(server.sent() + fast.sent()).toBeLessThan(1.3 * BODY.length);
});

it.skipIf(isWindows)(
  "interrupted, it keeps what came in any order, says so, and goes on from there",
  { timeout: 40_000 },
  async () => {
    const { server, tree } = await setUp();
    const { child, done } = startBin(ARGS, { cwd: tree.root });
    const ready = () => [server.sockets() > 1, tree.exists(`${PARTIAL}.json`), server.sent() > 4 * MB];
    await vi.waitFor(() => expect(ready()).toEqual([true, true, true]), WAIT);
    child.kill("SIGINT");
    const { code, stdout } = await done;
    expect([code, server.sent() < BODY.length]).toEqual([130, true]);
    expect(stdout).toMatch(/kept.*[Rr]un the same command again/);
    expect(tree.leftovers()).toEqual([PARTIAL, `${PARTIAL}.json`]);
    const missing = BODY.length - kept(tree);
    // Only what was in the sockets is lost.
    expect(missing).toBeLessThan(BODY.length - MB);
    expect((await finish(tree)).sent() - missing).toBeLessThan(2 * MB);
  },
);
