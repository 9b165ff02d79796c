/** A disk that is too small. */
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { run } from "../helpers/run.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree } from "../helpers/tree.js";

const MIB = 2 ** 20;
const BODY = { size: 3 * MIB, seed: 81 };
const SMALL = { size: 1000, seed: 82 };

describe.skipIf(!canMakeSmallDisk())("a full disk (needs root and tmpfs)", () => {
  it("that is too small for what the pins announce is refused before the first byte", async () => {
    const disk = makeSmallDisk(MIB);
    const server = await startFaultServer();
    const tree = makeTree(disk.path);
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY } });
    await expect(run(tree)).rejects.toMatchObject({
      code: "DISK_FULL",
      exitCode: 6,
      message: expect.stringContaining("3.1 MB"),
    });
    expect([server.requests, tree.files()]).toEqual([[], ["assets.manifest.json"]]);
  });

  it("counts what is here already as fetched", async () => {
    const disk = makeSmallDisk(4.5 * MIB);
    const server = await startFaultServer();
    const tree = makeTree(disk.path);
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY } });
    server.serve("/a", { body: BODY, fault: ["sends fewer bytes than it promised"] });
    await run(tree, { policy: { retries: 0 } });
    expect((await run(tree)).exitCode).toBe(0);
    expect(tree.sha256("a.bin")).toBe(sha256Of(BODY));
  });

  it("met on the way ends the run: exit 6, the bytes kept and told, the rest not begun, and the next run goes on", async () => {
    const disk = makeSmallDisk(MIB);
    const server = await startFaultServer();
    const tree = makeTree(disk.path);
    tree.manifestFor({
      "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY, pin: "sha256" },
      "b.bin": { url: server.serve("/b", { body: SMALL }), body: SMALL, pin: "sha256" },
    });
    const report = await run(tree, { jobs: 1 });
    expect(report).toMatchObject({ exitCode: 6, stopped: { code: "DISK_FULL" }, totals: { failed: 1, skipped: 1 } });
    const kept = tree.read(tree.partial("a.bin") ?? "").length;
    expect(report.keptPartialBytes).toBe(kept);
    expect(kept).toBeGreaterThan(MIB / 2);
    expect([tree.exists("a.bin"), server.to("/b")]).toEqual([false, []]);
    disk.resize(8 * MIB);
    expect((await run(tree)).exitCode).toBe(0);
    expect(server.to("/a")[1]?.range).toBe(`bytes=${kept}-`);
    expect([tree.sha256("a.bin"), tree.leftovers()]).toEqual([sha256Of(BODY), []]);
  });

  it("never puts a short file in place, even when not one byte fits", async () => {
    const disk = makeSmallDisk(64 * 1024);
    const server = await startFaultServer();
    const tree = makeTree(disk.path);
    tree.manifestFor({ "a.bin": { url: server.serve("/a", { body: BODY }), body: BODY, pin: "none" } });
    tree.write("filler", Buffer.alloc(56 * 1024));
    const report = await run(tree);
    expect(report).toMatchObject({ exitCode: 6, totals: { failed: 1 } });
    expect(tree.exists("a.bin")).toBe(false);
  });

  it("is not filled by a body without a size and without an end: the next URL is asked, and others go on", async () => {
    const disk = makeSmallDisk(4 * MIB);
    const server = await startFaultServer();
    const tree = makeTree(disk.path);
    const endless = server.serve("/endless", { body: SMALL, fault: "endless body" });
    tree.manifestFor({
      "a.bin": { url: [endless, server.serve("/a", { body: SMALL })], body: SMALL, pin: "none" },
      "b.bin": { url: server.serve("/b", { body: SMALL }), body: SMALL },
    });
    const report = await run(tree, { jobs: 1 });
    expect(report.outcomes.map(({ status }) => status)).toEqual(["downloaded", "downloaded"]);
    expect(report.of("a.bin").tried[0]?.error).toMatchObject({ code: "SIZE_MISMATCH" });
    expect(tree.leftovers()).toEqual([]);
  });
});
