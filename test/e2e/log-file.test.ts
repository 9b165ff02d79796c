/** What `--log-file` leaves on disk. */
import { appendFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { isWindows } from "../../src/platform.js";
import { runBin, startBin } from "../helpers/bin.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { gate, holdAfter } from "../helpers/faults.js";
import { logOf, makeTree } from "../helpers/tree.js";

const LOG = ["--log-file", "run.log"];

function project() {
  const tree = makeTree();
  tree.write("from/a.txt", "aaa");
  tree.manifestFor({ "to/a.txt": { url: "from/a.txt", body: "aaa" } });
  return { tree, run: (args: string[], env = {}) => runBin(args, { cwd: tree.root, env }) };
}

describe("the log file", () => {
  it("has every event between a line that says what ran and one that says how it ended, whatever is shown", async () => {
    const { tree, run } = project();
    await run(["download", "--all", "--quiet", ...LOG]);
    const log = logOf(tree, "run.log");
    expect(log.map(({ type }) => type)).toEqual([
      "start",
      "plan",
      "transfer:start",
      "transfer:progress",
      "outcome",
      "end",
    ]);
    expect(log[0]).toMatchObject({ command: "download", argv: ["download", "--all", "--quiet", ...LOG] });
    expect(log[0]).toMatchObject({ version: expect.any(String), node: process.version, platform: expect.any(String) });
    expect(log.at(-1)).toMatchObject({ exitCode: 0, totals: { files: 1, downloaded: 1 } });
    expect(log.filter(({ time }) => typeof time !== "string" || Number.isNaN(Date.parse(time)))).toEqual([]);
  });

  it("is appended to by every command, and begins a line of its own where an earlier one broke off", async () => {
    const { tree, run } = project();
    tree.write("run.log", '{"type":"start"');
    for (const command of ["list", "verify", "lfs"]) await run([command, ...LOG]);
    const [broken = "", ...lines] = tree.read("run.log").toString().split("\n");
    expect(broken).toBe('{"type":"start"');
    expect(lines.pop()).toBe("");
    const ends = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "end");
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 1, 0]);
    expect(ends[1]).toMatchObject({ files: [{ path: "to/a.txt", status: "missing" }], totals: { findings: 1 } });
  });

  it("says which error ended the command", async () => {
    const { tree, run } = project();
    await run(["download", "nothing", ...LOG]);
    expect(logOf(tree, "run.log").at(-1)).toMatchObject({ type: "end", exitCode: 2, error: { code: "UNKNOWN_ID" } });
  });

  it("may be named by the environment, and the flag outranks it", async () => {
    const { tree, run } = project();
    await run(["list"], { ASSETS_LOG_FILE: "env.log" });
    await run(["list", ...LOG], { ASSETS_LOG_FILE: "other.log" });
    expect(["env.log", "run.log", "other.log"].map(tree.exists)).toEqual([true, true, false]);
  });

  it("shows no password of a URL that was typed", async () => {
    const { tree, run } = project();
    await run(["list", "https://user:CANARY@host/x?token=CANARY", ...LOG]);
    expect(tree.read("run.log").toString()).toMatch(/https:\/\/host\/x\?token=\*\*\*/);
    expect(tree.read("run.log").toString()).not.toContain("CANARY");
  });

  it("that cannot be written is an error before anything is fetched", async () => {
    const { tree, run } = project();
    const result = await run(["download", "--all", "--log-file", "no/such/folder/run.log"]);
    expect([result.code, tree.exists("to/a.txt")]).toEqual([6, false]);
    expect(result.stderr).toContain("run.log cannot be written");
  });

  it.skipIf(isWindows)("holds what happened before a kill -9, and no end", async () => {
    const { opened } = gate();
    const server = await startFaultServer();
    const tree = makeTree();
    const body = { size: 300_000, seed: 5 };
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body, fault: holdAfter(200_000, opened) }), body } });
    const { child, done } = startBin(["download", "--all", "--quiet", ...LOG], { cwd: tree.root });
    const types = () => logOf(tree, "run.log").map(({ type }) => type);
    await vi.waitFor(() => expect(types()).toContain("transfer:progress"), { timeout: 10_000, interval: 10 });
    child.kill("SIGKILL");
    await done;
    expect([...new Set(types())]).toEqual(["start", "plan", "transfer:start", "transfer:progress"]);
    appendFileSync(tree.path("run.log"), '{"torn');
    server.serve("/a", { body });
    expect((await runBin(["download", "--all", ...LOG], { cwd: tree.root })).code).toBe(0);
    const lines = tree.read("run.log").toString().trimEnd().split("\n");
    expect(lines.filter((line) => line.includes("torn"))).toEqual(['{"torn']);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ type: "end", exitCode: 0 });
  });
});
