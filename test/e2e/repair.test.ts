/** `assets lock --pieces`, `assets repair` and `assets verify --repair`, through the real program. */
import { chmodSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isWindows } from "../../src/platform.js";
import { eventsOf, startBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type InProcessOptions, runInProcess } from "../helpers/in-process.js";
import { flipped } from "../helpers/pieces.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 1024 * 1024, seed: 17 };
const RIGHT = bytesOf(BODY);
const PIECE = 64 * 1024;

/** A project with one file that is here and locked, if wished. */
async function project({ locked = true, pace }: { locked?: boolean; pace?: number } = {}) {
  const server = await startFaultServer();
  const tree = makeTree();
  tree.manifestFor({ "m/a.bin": { url: server.serve("/a.bin", { body: BODY, pace }), body: BODY, id: "a" } });
  tree.write("m/a.bin", RIGHT);
  const assets = (args: string[], options: Partial<InProcessOptions> = {}) =>
    runInProcess(args, { cwd: tree.root, ...options });
  if (locked) expect((await assets(["lock", "--pieces"])).code).toBe(0);
  return { server, tree, assets };
}

describe("assets lock --pieces", () => {
  it("says what it wrote, and the second time that nothing has changed", async () => {
    const { tree, assets } = await project({ locked: false });
    const first = await assets(["lock", "--pieces", "--dry-run"]);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("Dry run: nothing was written") });
    expect(tree.exists("assets.pieces.json")).toBe(false);
    expect((await assets(["lock", "--pieces"])).stdout).toMatch(
      /assets\.pieces\.json \(.*\): the pieces of 1 file\. Written/,
    );
    expect((await assets(["lock", "--pieces"])).stdout).toContain("Nothing has changed");
    const json = JSON.parse((await assets(["lock", "--pieces", "--json"])).stdout);
    expect(json).toMatchObject({
      command: "lock",
      ok: true,
      files: [{ status: "locked", pieces: 16, pieceSize: PIECE }],
    });
    // The manifest stays one that every other command takes.
    expect((await assets(["verify"])).code).toBe(0);
  });

  it("exits with 1 when a file is not here as pinned", async () => {
    const { tree, assets } = await project({ locked: false });
    tree.remove("m/a.bin");
    const away = await assets(["lock", "--pieces"]);
    expect(away).toMatchObject({ code: 1, stdout: expect.stringContaining("assets repair a") });
  });
});

describe("assets repair", () => {
  it("says what is damaged and what that costs, then brings just that", async () => {
    const { server, tree, assets } = await project();
    tree.write("m/a.bin", flipped(RIGHT, 500_000));
    const before = tree.files();
    const dry = await assets(["repair", "--dry-run"]);
    expect(dry.code).toBe(1);
    expect(tree.files()).toEqual(before);
    expect(tree.read("m/a.bin").equals(flipped(RIGHT, 500_000))).toBe(true);
    expect(dry.stdout).toContain("1 of 16 pieces of 66 kB");
    expect(dry.stdout).toContain("65,536 bytes to fetch. Dry run: no asset was changed.");
    expect(server.requests).toEqual([]);
    const done = await assets(["repair"]);
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/1 repaired and verified; 65,536 bytes fetched in/),
    });
    expect(server.bytesSent("/a.bin")).toBe(PIECE);
    expect(await assets(["repair"])).toMatchObject({
      code: 0,
      stdout: "1 file: all match the manifest. Nothing to repair.\n",
    });
  });

  it("works as verify --repair, with the same exit codes and a backup if wished", async () => {
    const { tree, assets } = await project();
    tree.write("m/a.bin", flipped(RIGHT, 1));
    const json = JSON.parse((await assets(["verify", "a", "--repair", "--backup", "--json"])).stdout);
    expect(json).toMatchObject({ command: "verify", ok: true, exitCode: 0, totals: { repaired: 1, received: PIECE } });
    expect(tree.sha256("m/a.bin")).toBe(sha256Of(BODY));
    expect(tree.read("m/a.bin.orig").equals(flipped(RIGHT, 1))).toBe(true);
  });

  it("tells programs every event, one outcome for each damaged file", async () => {
    const { tree, assets } = await project();
    tree.write("m/a.bin", RIGHT.subarray(0, 100_000));
    const events = eventsOf(await assets(["repair", "--ndjson"]));
    expect(events.filter(({ type }) => type === "plan")).toMatchObject([{ bytesToFetch: BODY.size - PIECE }]);
    expect(events.filter(({ type }) => type === "outcome")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "end", exitCode: 0 });
  });

  it("needs the word --force neither for a changed file nor for one that the ledger does not know", async () => {
    const { tree, assets } = await project({ locked: false });
    tree.write("m/a.bin", "something else altogether");
    expect((await assets(["download", "--all"])).code).toBe(6);
    expect((await assets(["repair"])).code).toBe(0);
    expect(tree.sha256("m/a.bin")).toBe(sha256Of(BODY));
  });

  it("removes the copies that killed repairs of the same file have left", async () => {
    const { tree, assets } = await project();
    const partial = `m/a.bin.${sha256Of(BODY).slice(0, 12)}.part`;
    for (const end of ["01234567", "89abcdef"]) tree.write(`${partial}.${end}`, RIGHT);
    tree.write(`${partial}.mine`, "not one of them");
    tree.write("m/a.bin", flipped(RIGHT, 1));
    expect((await assets(["repair", "--offline"])).code).toBe(8);
    expect(tree.leftovers().filter((name) => /\.part\.[0-9a-f]{8}$/.test(name))).toEqual([]);
    expect(tree.read(`${partial}.mine`).toString()).toBe("not one of them");
  });

  it.skipIf(isWindows)(
    "leaves a file that others can read, also where the damaged one was removed meanwhile",
    async () => {
      const { tree, assets } = await project();
      tree.write("m/a.bin", flipped(RIGHT, 1));
      chmodSync(tree.path("m/a.bin"), 0o644);
      expect((await assets(["repair", "--offline"])).code).toBe(8);
      tree.remove("m/a.bin");
      expect((await assets(["repair"])).code).toBe(0);
      expect(statSync(tree.path("m/a.bin")).mode & 0o777).toBe(0o644);
    },
  );

  it("keeps its hands off the network when it is to be offline", async () => {
    const { server, tree, assets } = await project();
    tree.write("m/a.bin", flipped(RIGHT, 1));
    expect((await assets(["repair", "--offline"])).code).toBe(8);
    expect(server.requests).toEqual([]);
    expect(tree.read("m/a.bin").equals(flipped(RIGHT, 1))).toBe(true);
  });

  it("killed at any moment leaves the damaged file, and the next run ends the work and clears up", async () => {
    const { server, tree, assets } = await project({ pace: 400_000 });
    const damaged = RIGHT.subarray(0, PIECE);
    tree.write("m/a.bin", damaged);
    const first = startBin(["repair", "--ndjson"], { cwd: tree.root });
    await server.until(() => server.bytesSent("/a.bin") > 150_000);
    first.child.kill("SIGKILL");
    expect((await first.done).signal).toBe("SIGKILL");
    expect(tree.read("m/a.bin").equals(damaged)).toBe(true);
    server.serve("/a.bin", { body: BODY });
    expect((await assets(["repair"])).code).toBe(0);
    expect(tree.sha256("m/a.bin")).toBe(sha256Of(BODY));
    expect(tree.leftovers()).toEqual([]);
  });
});
