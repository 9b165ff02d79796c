/** `add` and `lock`, killed at bad moments and on a full disk: the manifest is the old text or the new one. */
import { readdirSync, rmSync, utimesSync, watch } from "node:fs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { runBin, startBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { type FaultServer, startFaultServer } from "../helpers/fault-server.js";
import { type Fault, gate, healthy, holdAfter } from "../helpers/faults.js";
import { startHub } from "../helpers/hub.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 1_000_000, seed: 61 };
const SHA256 = sha256Of(BODY);
const NEVER = gate().opened;
const COMMENTED = `// ours
{
  "version": 1, // the format
  "assets": [ASSETS
    // more to come
  ]
}
`;

interface Setup {
  server: FaultServer;
  tree: Tree;
  url: string;
  args: string[];
  before: string;
}

/** A manifest that the command is to change, and a server with the file that it has to measure. */
async function setUp(command: "add" | "lock"): Promise<Setup> {
  const server = await startFaultServer();
  const tree = makeTree();
  const url = server.serve("/a.bin", { body: BODY });
  const asset = `\n    { "id": "a", "type": "model", "url": "${url}", "localPath": "m/a.bin" } // where`;
  const before = COMMENTED.replace("ASSETS", command === "lock" ? asset : "");
  tree.write("assets.manifest.json", before);
  const args = command === "lock" ? ["lock"] : ["add", url, "--id", "a", "--path", "m/a.bin", "--type", "model"];
  return { server, tree, url, args, before };
}

const manifestOf = (tree: Tree) => tree.read("assets.manifest.json").toString();

/** That the same command ends well now, and leaves what it would have left at the first time. */
async function finish({ tree, args, before }: Setup): Promise<void> {
  const done = await runBin(args, { cwd: tree.root });
  expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining("wait")]);
  const text = manifestOf(tree);
  expect(text).not.toBe(before);
  for (const words of ["// ours", "// the format", "// more to come", SHA256]) expect(text).toContain(words);
  expect(tree.sha256("m/a.bin")).toBe(SHA256);
  expect(tree.leftovers()).toEqual([]);
  expect(await runBin(["verify"], { cwd: tree.root })).toMatchObject({ code: 0 });
}

const isGet = ({ method }: { method: string }) => method === "GET";

const onGet =
  (fault: Exclude<Fault, string>): Fault =>
  (exchange) =>
    isGet(exchange.seen) ? fault(exchange) : healthy(exchange);

describe.each(["add", "lock"] as const)("assets %s, killed", (command) => {
  it.each<[string, Fault, (server: FaultServer) => boolean]>([
    ["when it has asked what is stated", () => NEVER, (server) => server.requests.length > 0],
    ["when it has asked for the bytes", onGet(() => NEVER), (server) => server.to("/a.bin").some(isGet)],
    [
      "when it has half of the bytes",
      onGet(holdAfter(BODY.size / 2, NEVER)),
      (server) => server.bytesSent("/a.bin") >= BODY.size / 2,
    ],
  ])("%s, has not touched the manifest, and the next run ends as if nothing had been", async (_, fault, isThere) => {
    const setup = await setUp(command);
    const { server, tree, args, before } = setup;
    server.serve("/a.bin", { body: BODY, fault });
    const { child, done } = startBin(args, { cwd: tree.root });
    await server.until(() => isThere(server));
    child.kill("SIGKILL");
    expect((await done).signal).toBe("SIGKILL");
    expect(manifestOf(tree)).toBe(before);
    expect(tree.exists("m/a.bin")).toBe(false);
    server.serve("/a.bin", { body: BODY });
    await finish(setup);
  });
});

describe.each(["add", "lock"] as const)("assets %s, killed while it writes", (command) => {
  it("leaves the old text or the new one, nothing in between, and no draft once another run has written", async () => {
    const setup = await setUp(command);
    const { tree, args, before } = setup;
    const { child, done } = startBin(args, { cwd: tree.root });
    const watcher = watch(tree.root, (_, name) => {
      if (name?.endsWith(".new")) child.kill("SIGKILL");
    });
    onTestFinished(() => watcher.close());
    await done;
    watcher.close();
    // The draft of this very run, and one of a run long ago.
    tree.write("assets.manifest.json.0123abcd.new", "{");
    const drafts = () => readdirSync(tree.root).filter((name) => name.endsWith(".new"));
    for (const name of drafts()) utimesSync(tree.path(name), 1, 1);
    const text = manifestOf(tree);
    if (text === before) await finish(setup);
    else {
      expect(text).toContain(SHA256);
      expect(await runBin(["remove", "a"], { cwd: tree.root })).toMatchObject({ code: 0 });
    }
    expect(drafts()).toEqual([]);
  });
});

describe("assets add, killed when a file has its name and no entry yet", () => {
  /** Kills it when the first of two files is in its place, and the second half here. */
  async function killed() {
    const { server, tree, before, url } = await setUp("add");
    const second = server.serve("/b.bin", { body: BODY, fault: onGet(holdAfter(BODY.size / 2, NEVER)) });
    const args = ["add", url, second, "--id", "a", "--path", "m/", "--type", "model"];
    const { child, done } = startBin(args, { cwd: tree.root });
    const isNoted = () =>
      tree.exists(".assets/ledger.ndjson") && `${tree.read(".assets/ledger.ndjson")}`.includes("a.bin");
    await vi.waitFor(() => expect(isNoted()).toBe(true), { timeout: 10_000, interval: 5 });
    child.kill("SIGKILL");
    await done;
    expect([tree.sha256("m/a.bin"), manifestOf(tree)]).toEqual([SHA256, before]);
    server.serve("/b.bin", { body: BODY });
    return { server, tree, before, run: (more = args) => runBin(more, { cwd: tree.root }) };
  }

  it("knows at the next run that it fetched the file itself, and does not fetch it again", async () => {
    const { server, tree, run } = await killed();
    expect(await run()).toMatchObject({ code: 0 });
    expect(server.to("/a.bin").filter(isGet)).toHaveLength(1);
    expect(manifestOf(tree).split(SHA256)).toHaveLength(3);
    expect(await run(["verify"])).toMatchObject({ code: 0 });
    expect(JSON.parse(`${tree.read(".assets/adding.json")}`)).toEqual({});
  });

  it("takes no file for its own that was changed since, or that is to come from elsewhere", async () => {
    const { server, tree, before, run } = await killed();
    const other = server.serve("/c.bin", { body: "other" });
    const elsewhere = await run(["add", other, "--id", "a", "--path", "m/a.bin"]);
    expect(elsewhere).toMatchObject({
      code: 6,
      stdout: expect.stringContaining("a file stands there that no asset names"),
    });
    tree.write("m/a.bin", "mine");
    expect(await run()).toMatchObject({ code: 6 });
    expect([manifestOf(tree).includes('"a.bin"'), `${tree.read("m/a.bin")}`]).toEqual([false, "mine"]);
    expect(manifestOf(tree)).not.toBe(before);
  });
});

describe.skipIf(!canMakeSmallDisk())("a disk without room for the manifest (needs root and tmpfs)", () => {
  const MIB = 2 ** 20;
  /** Comments that nothing may cut short. */
  const LONG = `// ${"long ".repeat(100)}\n`.repeat(400);

  /** Leaves room for notes, and none for another manifest. */
  function fill(tree: Tree): () => void {
    tree.write("filler", { size: MIB - LONG.length - 120 * 1024, seed: 1 });
    return () => rmSync(tree.path("filler"));
  }

  it.each(["add", "lock"])("leaves it as it was, says so, and %s ends right once there is room", async (command) => {
    const hub = await startHub({ repos: { "org/m": { large: { "a.bin": "large" } } } });
    const tree = makeTree(makeSmallDisk(MIB).path);
    const asset = '{ "id": "a", "type": "model", "url": "hf:org/m@main/a.bin", "localPath": "a.bin" }';
    const before = LONG + COMMENTED.replace("ASSETS", command === "lock" ? `\n    ${asset}` : "");
    tree.write("assets.manifest.json", before);
    const free = fill(tree);
    const args = command === "lock" ? ["lock"] : ["add", "hf:org/m@main/a.bin"];
    const run = () => runBin(args, { cwd: tree.root, env: { HF_ENDPOINT: hub.url } });
    const failed = await run();
    expect([failed.code, failed.stderr]).toEqual([6, expect.stringMatching(/disk is full[\s\S]*Free some space/)]);
    expect(manifestOf(tree)).toBe(before);
    expect(readdirSync(tree.root).filter((name) => name.includes(".new"))).toEqual([]);
    free();
    expect(await run()).toMatchObject({ code: 0 });
    expect(manifestOf(tree)).toContain(sha256Of("large"));
    expect(manifestOf(tree).startsWith(LONG)).toBe(true);
  });

  it.each(["add", "lock"] as const)("or for the file that %s has to measure, changes nothing", async (command) => {
    const setup = await setUp(command);
    const disk = makeSmallDisk(MIB / 2);
    const tree = makeTree(disk.path);
    tree.write("assets.manifest.json", setup.before);
    const failed = await runBin(setup.args, { cwd: tree.root });
    expect([failed.code, `${failed.stdout}${failed.stderr}`]).toEqual([
      6,
      expect.stringMatching(/disk is full|space/i),
    ]);
    expect(manifestOf(tree)).toBe(setup.before);
    disk.resize(8 * MIB);
    await finish({ ...setup, tree });
  });
});
