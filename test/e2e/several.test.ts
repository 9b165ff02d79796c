/** The real program, stopped while a file is on its way over several connections. */
import { expect, it, vi } from "vitest";
import { isWindows } from "../../src/platform.js";
import { runBin, startBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startPacedServer } from "../helpers/paced-server.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const MB = 1_000_000;
const BODY = bytesOf({ size: 16 * MB, seed: 91 });
const SHA256 = sha256Of(BODY);
const PARTIAL = `a.bin.${SHA256.slice(0, 12)}.part`;
/** Each connection gets little, all of them together little more, so that a run lasts. */
const PACE = { perConnection: 0.5 * MB, inAll: 2 * MB };
const ARGS = ["download", "--all", "--connections", "6"];
const WAIT = { timeout: 15_000, interval: 5 };
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
  const { code } = await runBin(["download", "--all"], { cwd: tree.root });
  expect([code, tree.sha256("a.bin"), tree.leftovers()]).toEqual([0, SHA256, []]);
  return fast;
}

/** Bytes that the note beside the partial says are there. */
function noted(tree: Tree): number {
  if (!tree.exists(`${PARTIAL}.json`)) return 0;
  const { ranges = [] } = JSON.parse(tree.read(`${PARTIAL}.json`).toString()) as { ranges?: [number, number][] };
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

it("killed again and again, it goes on from what it noted meanwhile, and the file ends right", {
  timeout: 60_000,
}, async () => {
  const { server, tree } = await setUp();
  for (const share of [0.5, 1.3, 0.7, 1.7, 0.9, 1.5]) {
    const before = noted(tree);
    const { child, done } = startBin(ARGS, { cwd: tree.root });
    // Several connections are at work, out of order, and what they brought has been noted.
    const ready = () => server.sockets() > 2 && noted(tree) > before + share * MB;
    await vi.waitFor(() => expect(ready()).toBe(true), WAIT);
    child.kill("SIGKILL");
    expect((await done).signal).toBe("SIGKILL");
    expect(tree.exists("a.bin")).toBe(false);
  }
  const fast = await finish(tree);
  // Lost is what was sent since the last note; without notes it would be all of it.
  expect(server.sent() + fast.sent()).toBeLessThan(1.3 * BODY.length);
});

it.skipIf(isWindows)(
  "interrupted, it keeps what came in any order, says so, and goes on from there",
  { timeout: 20_000 },
  async () => {
    const { server, tree } = await setUp();
    const { child, done } = startBin(ARGS, { cwd: tree.root });
    await vi.waitFor(() => expect([server.sockets() > 2, server.sent() > 2 * MB]).toEqual([true, true]), WAIT);
    child.kill("SIGINT");
    const { code, stdout } = await done;
    expect([code, server.sent() < BODY.length]).toEqual([130, true]);
    expect(stdout).toMatch(/kept.*[Rr]un the same command again/);
    expect(tree.leftovers()).toEqual([PARTIAL, `${PARTIAL}.json`]);
    const fast = await finish(tree);
    // Only what was in the sockets is lost.
    expect(server.sent() + fast.sent() - BODY.length).toBeLessThan(MB);
  },
);
