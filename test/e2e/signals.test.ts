/** Ctrl-C and its kin, sent to the real program. */
import { describe, expect, it, vi } from "vitest";
import { isWindows } from "../../src/platform.js";
import { eventsOf, startBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { sendText } from "../helpers/exchange.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type Fault, gate, holdAfter } from "../helpers/faults.js";
import { runInProcess } from "../helpers/in-process.js";
import { logOf, makeTree } from "../helpers/tree.js";

const BODY = { size: 2_000_000, seed: 71 };
const PARTIAL = `a.bin.${sha256Of(BODY).slice(0, 12)}.part`;
const NEVER = gate().opened;
/** A second is promised; a machine busy with other tests gets another one. */
const PROMPT_MS = 2000;
const busy: Fault = (exchange) => sendText(exchange, 503, "later", { "retry-after": "120" });

/** Starts a download whose server does not go on after `fault`, waits for `ready`, sends the signal. */
async function stopped(fault: Fault, signal: NodeJS.Signals, ready: "bytes" | "answer", args: string[] = []) {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY, fault }), body: BODY } });
  const { child, done } = startBin(["download", "--all", ...args], { cwd: tree.root });
  const here = () => (ready === "bytes" ? tree.exists(PARTIAL) && tree.read(PARTIAL).length === 500_000 : true);
  await server.until(() => server.requests.length === 1);
  await vi.waitFor(() => expect(here()).toBe(true), { timeout: 10_000, interval: 5 });
  const sentAt = performance.now();
  child.kill(signal);
  const result = await done;
  return { ...result, server, tree, tookMs: performance.now() - sentAt };
}

describe.skipIf(isWindows)("a signal", () => {
  it.each<[NodeJS.Signals, number]>([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])(
    "%s in the middle of a body: exit %i within a second, the bytes kept, and a line that says how to go on",
    async (signal, code) => {
      const result = await stopped(holdAfter(500_000, NEVER), signal, "bytes");
      expect([result.code, result.signal]).toEqual([code, null]);
      expect(result.tookMs).toBeLessThan(PROMPT_MS);
      expect(result.stdout).toMatch(/500 kB .*kept.*[Rr]un the same command again/);
      expect(result.tree.leftovers()).toEqual([PARTIAL]);
      result.server.serve("/a", { body: BODY });
      expect((await runInProcess(["download", "--all"], { cwd: result.tree.root })).code).toBe(0);
      expect(result.server.requests[1]?.range).toBe("bytes=500000-");
    },
  );

  it("that comes twice ends the program at once, and loses no line of what was done", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    const names = Array.from({ length: 10 }, (_, n) => `${n}.bin`);
    const small = { size: 1_000, seed: 73 };
    tree.manifestFor({
      ...Object.fromEntries(
        names.map((name) => [name, { url: server.serve(`/${name}`, { body: small }), body: small }]),
      ),
      "never.bin": { url: server.serve("/never", { body: BODY, fault: "never answers" }), body: BODY },
    });
    // Of files with the same bytes all but the first would be copied.
    const args = ["download", "--all", "--no-reuse", "--log-file", "log.ndjson"];
    const { child, done } = startBin(args, { cwd: tree.root });
    await server.until(() => server.to("/never").length === 1);
    const told = () => (tree.exists("log.ndjson") ? logOf(tree, "log.ndjson") : []);
    const outcomes = () => told().filter(({ type }) => type === "outcome").length;
    await vi.waitFor(() => expect(outcomes()).toBe(names.length), { timeout: 10_000, interval: 1 });
    child.kill("SIGINT");
    child.kill("SIGTERM");
    const { code, stderr } = await done;
    expect([130, 143]).toContain(code);
    expect(stderr.match(/^downloaded \d\.bin /gm)).toHaveLength(names.length);
  });

  it.each<[string, Fault]>([
    ["a server that never answers", "never answers"],
    ["a server that asked to wait two minutes", busy],
  ])("while %s is waited for ends the program within a second", async (_, fault) => {
    const result = await stopped(fault, "SIGINT", "answer");
    expect([result.code, result.tookMs < PROMPT_MS]).toEqual([130, true]);
    expect(result.tree.exists("a.bin")).toBe(false);
  });

  it("leaves well-formed output for programs: one JSON document, or the end of the event stream", async () => {
    const json = await stopped(holdAfter(500_000, NEVER), "SIGINT", "bytes", ["--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, exitCode: 130, keptPartialBytes: 500_000 });
    const ndjson = await stopped(holdAfter(500_000, NEVER), "SIGINT", "bytes", ["--ndjson"]);
    const events = eventsOf(ndjson);
    expect(events.filter(({ type }) => type === "outcome")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "end", exitCode: 130 });
  });

  it.each<[NodeJS.Signals, number]>([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])("%s is told in every format as the exit code %i that the process ends with", async (signal, code) => {
    const hold = holdAfter(500_000, NEVER);
    const json = await stopped(hold, signal, "bytes", ["--json", "--log-file", "run.log"]);
    expect([json.code, JSON.parse(json.stdout).exitCode]).toEqual([code, code]);
    expect(logOf(json.tree, "run.log").at(-1)).toMatchObject({ type: "end", exitCode: code, totals: { skipped: 1 } });
    const ndjson = await stopped(hold, signal, "bytes", ["--ndjson"]);
    expect([ndjson.code, eventsOf(ndjson).at(-1)]).toEqual([code, expect.objectContaining({ exitCode: code })]);
  });

  it("sent twice ends the program at once", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY, fault: "never answers" }), body: BODY } });
    const { child, done } = startBin(["download", "--all"], { cwd: tree.root });
    await server.until(() => server.requests.length === 1);
    child.kill("SIGINT");
    child.kill("SIGINT");
    expect((await done).code).toBe(130);
  });
});
