/** The threads of the real program, and which of them go first on a busy machine. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { expect, it, vi } from "vitest";
import { startBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { gate, holdAfter } from "../helpers/faults.js";
import { makeTree } from "../helpers/tree.js";

/** How far a thread steps back behind others (proc(5), field 19 of `stat`). */
function niceness(pid: number, thread: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
}

it.skipIf(process.platform !== "linux")(
  "threads that optimise and collect step back behind those that fetch, write and hash",
  async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size: 6_000_000, seed: 81 };
    const url = server.serve("/a", { body, fault: holdAfter(5_000_000, gate().opened) });
    tree.manifestFor({ "a.bin": { url, body } });
    const { child } = startBin(["download", "--all"], { cwd: tree.root });
    const partial = `a.bin.${sha256Of(body).slice(0, 12)}.part`;
    const received = () => (tree.exists(partial) ? tree.read(partial).length : 0);
    await vi.waitFor(() => expect(received()).toBe(5_000_000), { timeout: 10_000, interval: 20 });
    const pid = child.pid ?? 0;
    const own = niceness(process.pid, process.pid);
    const threads = readdirSync(`/proc/${pid}/task`).map(Number);
    const back = threads.filter((thread) => niceness(pid, thread) > own);
    expect(niceness(pid, pid)).toBe(own);
    expect(back.length).toBeGreaterThanOrEqual(4);
    // Those of the disk and of the hash were started later.
    expect(threads.length - back.length).toBeGreaterThanOrEqual(3);
  },
);
