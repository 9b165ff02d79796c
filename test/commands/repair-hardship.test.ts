/** Repairs on a full disk, beside another repair, and with servers that do not help. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { bytesOf, changed, contentOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { flipped, writePieces } from "../helpers/pieces.js";
import { mend } from "../helpers/run.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree } from "../helpers/tree.js";

const MIB = 2 ** 20;
const BODY = { size: 3 * MIB, seed: 61 };
const RIGHT = bytesOf(BODY);
const PIECE = 64 * 1024;

/** One locked and then damaged file, with these URLs. */
function damagedTree(url: string[], damaged: Buffer, parent?: string) {
  const tree = makeTree(parent);
  tree.manifestFor({ "a.bin": { url, body: BODY } });
  writePieces(tree, BODY);
  tree.write("a.bin", damaged);
  return tree;
}

describe("a repair", () => {
  it.skipIf(!canMakeSmallDisk())(
    "on a disk without room for a copy fails with exit code 6, and leaves all as it was",
    async () => {
      const disk = makeSmallDisk(5 * MIB);
      const server = await startFaultServer();
      const damaged = flipped(RIGHT, 9);
      const tree = damagedTree([server.serve("/a", { body: BODY })], damaged, disk.path);
      const report = await mend(tree);
      expect(report).toMatchObject({ ok: false, exitCode: 6, outcomes: [{ error: { code: "DISK_FULL" } }] });
      expect(tree.read("a.bin").equals(damaged)).toBe(true);
      expect([server.requests, tree.leftovers()]).toEqual([[], []]);
      expect(readdirSync(tree.root).filter((name) => name.includes(".part"))).toEqual([]);
      disk.resize(8 * MIB);
      expect(await mend(tree)).toMatchObject({ ok: true, totals: { received: PIECE } });
      expect(tree.sha256("a.bin")).toBe(sha256Of(BODY));
    },
  );

  it.each(["folder", ...(process.platform === "win32" ? [] : ["pipe"])])(
    "does without a file of pieces where a %s stands, and says so",
    async (kind) => {
      const server = await startFaultServer();
      const tree = damagedTree([server.serve("/a", { body: BODY })], flipped(RIGHT, 9));
      const path = tree.path("assets.pieces.json");
      tree.remove("assets.pieces.json");
      if (kind === "folder") mkdirSync(path);
      else expect(spawnSync("mkfifo", [path]).status).toBe(0);
      const report = await mend(tree);
      expect(report).toMatchObject({ ok: true, exitCode: 0, totals: { received: BODY.size } });
      expect(report.warnings[0]).toContain(`${path} is not a regular file. It is not used.`);
    },
  );

  it("beside another one fetches nothing twice", async () => {
    const server = await startFaultServer();
    const url = server.serve("/a", { body: BODY, pace: 200_000 });
    const tree = damagedTree([url], flipped(RIGHT, 9, 2 * MIB));
    const both = await Promise.all([mend(tree), mend(tree)]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect(server.bytesSent("/a")).toBe(2 * PIECE);
    expect(tree.sha256("a.bin")).toBe(sha256Of(BODY));
    expect(tree.leftovers()).toEqual([]);
  });

  it("asks the next URL when the first gives other bytes, and ends right", async () => {
    const server = await startFaultServer();
    const wrong = changed(contentOf(BODY), (slice) => Buffer.alloc(slice.length, 1));
    const urls = [server.serve("/wrong", { body: wrong }), server.serve("/right", { body: BODY })];
    const tree = damagedTree(urls, flipped(RIGHT, 9));
    expect(await mend(tree)).toMatchObject({ ok: true });
    expect(tree.sha256("a.bin")).toBe(sha256Of(BODY));
  });

  it.each(["ignores the range and answers 200", "206 with fewer bytes than asked", "206 with a total of *"] as const)(
    "from a server that %s ends right, whatever it costs",
    async (fault) => {
      const server = await startFaultServer();
      const tree = damagedTree([server.serve("/a", { body: BODY, fault })], flipped(RIGHT, 9, 2 * MIB));
      expect(await mend(tree)).toMatchObject({ ok: true });
      expect(tree.sha256("a.bin")).toBe(sha256Of(BODY));
    },
  );

  it.skipIf(process.platform === "win32")("keeps the permissions of the file", async () => {
    const server = await startFaultServer();
    const tree = damagedTree([server.serve("/a", { body: BODY })], flipped(RIGHT, 9));
    chmodSync(tree.path("a.bin"), 0o750);
    expect(await mend(tree)).toMatchObject({ ok: true });
    expect(statSync(tree.path("a.bin")).mode & 0o777).toBe(0o750);
  });
});
