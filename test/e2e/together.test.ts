/** Several runs of the real program on one tree at the same time. */
import { describe, expect, it } from "vitest";
import { eventsOf, runBin, startBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { gate, holdAfter } from "../helpers/faults.js";
import { run } from "../helpers/run.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 500_000, seed: 61 };
/** All files have the same bytes, and each of them is to be fetched. */
const env = { ASSETS_NO_REUSE: "1" };
const NAMES = ["a.bin", "b.bin", "sub/c.bin", "sub/d.bin", "e.bin", "f.bin"];

describe("runs side by side", () => {
  it("both end well, and each file is fetched once", { timeout: 30_000 }, async () => {
    const { opened, open } = gate();
    const server = await startFaultServer();
    const tree = makeTree();
    const url = (name: string) => server.serve(`/${name}`, { body: BODY, fault: holdAfter(1000, opened) });
    tree.manifestFor(Object.fromEntries(NAMES.map((name) => [name, { url: url(name), body: BODY }])));
    const start = () => startBin(["download", "--all", "--ndjson"], { cwd: tree.root, env });
    const first = start();
    await server.until(() => server.requests.length === 4);
    const second = start();
    await second.event(({ type }) => type === "transfer:wait");
    open();
    const results = await Promise.all([first.done, second.done]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    for (const name of NAMES) expect([name, tree.sha256(name)]).toEqual([name, sha256Of(BODY)]);
    expect(server.requests.map(({ path }) => path).sort()).toEqual(NAMES.map((name) => `/${name}`).sort());
    expect(tree.leftovers()).toEqual([]);
    const outcomes = results.map((result) => eventsOf(result).filter(({ type }) => type === "outcome").length);
    expect(outcomes).toEqual([NAMES.length, NAMES.length]);
  });

  it("four at once, started together, fetch nothing twice", { timeout: 30_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = (name: string) => server.serve(`/${name}`, { body: BODY });
    tree.manifestFor(Object.fromEntries(NAMES.map((name) => [name, { url: url(name), body: BODY }])));
    const results = await Promise.all([1, 2, 3, 4].map(() => runBin(["download", "--all"], { cwd: tree.root, env })));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(server.requests).toHaveLength(NAMES.length);
    expect(NAMES.filter((name) => tree.sha256(name) !== sha256Of(BODY))).toEqual([]);
  });

  it("within one process, as a library may start them, share the work as well", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const url = (name: string) => server.serve(`/${name}`, { body: BODY });
    tree.manifestFor(Object.fromEntries(NAMES.map((name) => [name, { url: url(name), body: BODY }])));
    const reports = await Promise.all([run(tree), run(tree), run(tree)]);
    expect(reports.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(server.requests).toHaveLength(NAMES.length);
    expect(tree.leftovers()).toEqual([]);
  });

  it("one gives up waiting for the other when told to, in exit code 9", { timeout: 20_000 }, async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const never = gate().opened;
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY, fault: holdAfter(1, never) }), body: BODY } });
    startBin(["download", "--all"], { cwd: tree.root });
    await server.until(() => server.requests.length === 1);
    const second = await runBin(["download", "--all", "--lock-timeout", "0"], { cwd: tree.root });
    expect(second.code).toBe(9);
    expect(second.stdout + second.stderr).toMatch(/a\.bin is being written by process \d+/);
    expect(server.requests).toHaveLength(1);
  });
});
