/** What stands where a file should go, and what may become of it. */
import { chmodSync, mkdirSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { isWindows } from "../../src/platform.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { gate, holdAfter } from "../helpers/faults.js";
import { run } from "../helpers/run.js";
import { type FileSpec, makeTree, type Tree } from "../helpers/tree.js";

const BODY = { size: 50_000, seed: 41 };
const SHA256 = sha256Of(BODY);
const NEWER = { size: 50_000, seed: 42 };
const isRoot = process.getuid?.() === 0;

async function setUp(spec: Partial<FileSpec> = {}, path = "models/a.bin") {
  const server = await startFaultServer();
  const tree = makeTree();
  const url = server.serve("/a", { body: BODY });
  tree.manifestFor({ [path]: { url, body: BODY, id: "a", ...spec } });
  return { server, tree, url };
}

function pointerTo(body: { size: number; seed: number }): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Of(body)}\nsize ${body.size}\n`;
}

/** A change that leaves size and times as they were. */
function forge(tree: Tree, path: string): void {
  const { atime, mtime } = statSync(tree.path(path));
  tree.write(path, { size: BODY.size, seed: 666 });
  utimesSync(tree.path(path), atime, mtime);
}

describe("a file that is here already", () => {
  it("and right is not fetched, the first time and ever after", async () => {
    const { server, tree } = await setUp();
    tree.write("models/a.bin", BODY);
    for (let n = 0; n < 2; n += 1) {
      const report = await run(tree);
      expect(report).toMatchObject({ exitCode: 0, totals: { present: 1, downloaded: 0, received: 0 } });
      expect(report.of("models/a.bin").verified).toBe(true);
    }
    expect(server.requests).toEqual([]);
  });

  it("and wrong is a conflict: left alone, exit 6, and the hint names --force", async () => {
    const { server, tree } = await setUp();
    tree.write("models/a.bin", "my own work");
    const report = await run(tree);
    expect(report).toMatchObject({ exitCode: 6, totals: { failed: 1 } });
    const { error } = report.of("models/a.bin");
    expect(error).toMatchObject({ code: "CONFLICT", hint: expect.stringContaining("with --force") });
    expect(tree.read("models/a.bin").toString()).toBe("my own work");
    expect([server.requests, tree.leftovers()]).toEqual([[], []]);
  });

  it("and wrong at the pinned size is a conflict as well", async () => {
    const { tree } = await setUp();
    tree.write("models/a.bin", NEWER);
    expect((await run(tree)).exitCode).toBe(6);
    expect(tree.sha256("models/a.bin")).toBe(sha256Of(NEWER));
  });

  it("and wrong is replaced with --force, but only by the right bytes", async () => {
    const { server, tree } = await setUp();
    tree.write("models/a.bin", "my own work");
    server.serve("/a", { body: BODY, fault: "flips one bit" });
    expect((await run(tree, { force: true })).exitCode).toBe(5);
    expect(tree.read("models/a.bin").toString()).toBe("my own work");
    server.serve("/a", { body: BODY });
    expect((await run(tree, { force: true })).exitCode).toBe(0);
    expect(tree.sha256("models/a.bin")).toBe(SHA256);
  });

  it("and empty is a conflict, since it may be meant", async () => {
    const { tree } = await setUp();
    tree.write("models/a.bin", "");
    expect((await run(tree)).exitCode).toBe(6);
  });

  it("and a Git LFS pointer, to whatever, is replaced", async () => {
    for (const body of [BODY, NEWER]) {
      const { tree } = await setUp();
      tree.write("models/a.bin", pointerTo(body));
      expect((await run(tree)).of("models/a.bin").status).toBe("downloaded");
      expect(tree.sha256("models/a.bin")).toBe(SHA256);
    }
  });

  it("and put there by an earlier pin is replaced by the new pin", async () => {
    const { server, tree } = await setUp();
    expect((await run(tree)).exitCode).toBe(0);
    tree.manifestFor({ "models/a.bin": { url: server.serve("/b", { body: NEWER }), body: NEWER } });
    expect((await run(tree)).of("models/a.bin").status).toBe("downloaded");
    expect(tree.sha256("models/a.bin")).toBe(sha256Of(NEWER));
  });

  it("and put there by an earlier pin, then edited, is a conflict even when size and time tell nothing", async () => {
    const { server, tree } = await setUp();
    await run(tree);
    forge(tree, "models/a.bin");
    tree.manifestFor({ "models/a.bin": { url: server.serve("/b", { body: NEWER }), body: NEWER } });
    expect((await run(tree)).exitCode).toBe(6);
    expect(tree.sha256("models/a.bin")).toBe(sha256Of({ size: BODY.size, seed: 666 }));
  });

  it("and edited under its own pin is noticed even when size and time tell nothing", async () => {
    const { tree } = await setUp();
    await run(tree);
    forge(tree, "models/a.bin");
    expect((await run(tree)).of("models/a.bin").error?.code).toBe("CONFLICT");
  });

  it("and made while its replacement was on its way is not overwritten", async () => {
    const { opened, open } = gate();
    const { server, tree } = await setUp();
    server.serve("/a", { body: BODY, fault: holdAfter(1000, opened) });
    const running = run(tree);
    await server.until(() => server.bytesSent("/a") === 1000);
    tree.write("models/a.bin", "my own work");
    open();
    expect((await running).of("models/a.bin").error?.code).toBe("CONFLICT");
    expect(tree.read("models/a.bin").toString()).toBe("my own work");
  });

  it("and a folder is left alone even with --force", async () => {
    const { tree } = await setUp();
    tree.write("models/a.bin/inside", "x");
    for (const force of [false, true]) expect((await run(tree, { force })).exitCode).toBe(6);
    expect(tree.read("models/a.bin/inside").toString()).toBe("x");
  });

  it.skipIf(isWindows)("hands its permissions on to what replaces it", async () => {
    const { tree } = await setUp();
    tree.write("models/a.bin", "old");
    chmodSync(tree.path("models/a.bin"), 0o640);
    await run(tree, { force: true });
    expect(statSync(tree.path("models/a.bin")).mode & 0o777).toBe(0o640);
  });

  it("without a pin is kept, and fetched anew with --force only", async () => {
    const { server, tree } = await setUp({ pin: "none" });
    tree.write("models/a.bin", "old");
    expect((await run(tree)).of("models/a.bin")).toMatchObject({ status: "present", verified: false });
    expect(server.requests).toEqual([]);
    expect((await run(tree, { force: true })).of("models/a.bin")).toMatchObject({ status: "downloaded" });
    expect(tree.sha256("models/a.bin")).toBe(SHA256);
  });
});

describe("a place that leads elsewhere", () => {
  it.skipIf(isWindows)("outside the root by a linked folder is refused, and nothing is written there", async () => {
    const { server, tree } = await setUp();
    const outside = makeTree();
    symlinkSync(outside.root, tree.path("models"));
    for (const force of [false, true]) {
      const report = await run(tree, { force });
      expect(report).toMatchObject({ exitCode: 6, outcomes: [{ error: { code: "UNSAFE_PATH" } }] });
    }
    expect([outside.files(), server.requests]).toEqual([[], []]);
  });

  it.skipIf(isWindows)("outside the root by a link made while the file was on its way is refused", async () => {
    const { opened, open } = gate();
    const { server, tree } = await setUp();
    const outside = makeTree();
    server.serve("/a", { body: BODY, fault: holdAfter(1000, opened) });
    const running = run(tree);
    await server.until(() => server.bytesSent("/a") === 1000);
    if (tree.exists("models")) tree.remove("models");
    symlinkSync(outside.root, tree.path("models"));
    open();
    const report = await running;
    expect(report.of("models/a.bin")).toMatchObject({ status: "failed", error: { code: "UNSAFE_PATH" } });
    expect(outside.files()).toEqual([]);
  });

  it.skipIf(isWindows)("inside the root by a linked folder is fine", async () => {
    const { tree } = await setUp();
    mkdirSync(tree.path("big-disk"));
    symlinkSync(tree.path("big-disk"), tree.path("models"));
    expect((await run(tree)).exitCode).toBe(0);
    expect(tree.sha256("big-disk/a.bin")).toBe(SHA256);
  });

  it.skipIf(isWindows)("by a link in the file's own place never writes through it", async () => {
    const { tree } = await setUp();
    const outside = makeTree();
    outside.write("victim", "precious");
    mkdirSync(tree.path("models"));
    symlinkSync(outside.path("victim"), tree.path("models/a.bin"));
    expect((await run(tree)).exitCode).toBe(6);
    await run(tree, { force: true });
    expect(outside.read("victim").toString()).toBe("precious");
  });

  it("below a file is told as such, and the file stays", async () => {
    const { tree } = await setUp();
    tree.write("models", "I am a file");
    const report = await run(tree);
    expect(report).toMatchObject({ exitCode: 6, outcomes: [{ status: "failed" }] });
    expect(tree.read("models").toString()).toBe("I am a file");
  });

  it.skipIf(isRoot || isWindows)("in a folder that may not be written (not tried as root)", async () => {
    const { server, tree } = await setUp();
    tree.manifestFor({
      "models/a.bin": { url: server.serve("/a", { body: BODY }), body: BODY },
      "b.bin": { url: server.serve("/b", { body: BODY }), body: BODY },
    });
    mkdirSync(tree.path("models"));
    chmodSync(tree.path("models"), 0o500);
    const report = await run(tree);
    expect(report.of("models/a.bin")).toMatchObject({ status: "failed", error: { code: "LOCAL_IO" } });
    expect(report.of("b.bin").status).toBe("downloaded");
    expect(report.exitCode).toBe(6);
  });
});

describe("a run that may not do everything", () => {
  it("dry, writes nothing and asks nobody, but says what it would do", async () => {
    const { server, tree } = await setUp();
    const before = tree.files();
    const report = await run(tree, { dryRun: true });
    expect(report).toMatchObject({
      dryRun: true,
      exitCode: 0,
      planned: [{ path: "models/a.bin", action: "download" }],
    });
    expect([tree.files(), tree.exists("models"), server.requests]).toEqual([before, false, []]);
  });

  it("dry, foresees a conflict and its exit code", async () => {
    const { tree } = await setUp();
    tree.write("models/a.bin", "my own work");
    expect(await run(tree, { dryRun: true })).toMatchObject({ exitCode: 6, planned: [{ action: "conflict" }] });
  });

  it("offline, uses what is local and says of the rest that it needs the network", async () => {
    const { server, tree, url } = await setUp();
    tree.write("mirror/b.bin", BODY);
    tree.manifestFor({
      "models/a.bin": { url, body: BODY },
      "models/b.bin": { url: [url, "mirror/b.bin"], body: BODY },
    });
    const report = await run(tree, { policy: { offline: true } });
    expect(report.of("models/a.bin").error?.code).toBe("OFFLINE");
    expect(report.of("models/b.bin").status).toBe("downloaded");
    expect([report.exitCode, server.requests]).toEqual([8, []]);
  });

  it("offline, is content with what is here", async () => {
    const { tree } = await setUp();
    await run(tree);
    expect(await run(tree, { policy: { offline: true } })).toMatchObject({ exitCode: 0, totals: { present: 1 } });
  });

  it("that requires pins refuses to begin when one is missing", async () => {
    const { server, tree } = await setUp({ pin: "size" });
    await expect(run(tree, { requirePins: true })).rejects.toMatchObject({
      code: "UNPINNED",
      message: expect.stringContaining("models/a.bin"),
    });
    expect([server.requests, tree.exists(dirname("models/a.bin"))]).toEqual([[], false]);
  });

  it("that does not require pins warns of each file without one", async () => {
    const { tree } = await setUp({ pin: "none" });
    const { events } = await run(tree);
    expect(events).toContainEqual({ type: "warning", message: expect.stringContaining("models/a.bin") });
  });

  it("whose pins only differ in size from what is served fetches nothing under the final name", async () => {
    const { tree } = await setUp({ size: BODY.size - 1 });
    expect((await run(tree)).exitCode).toBe(5);
    expect(tree.exists("models/a.bin")).toBe(false);
  });
});
