/** `verify --quick` against files that try to pass for unchanged. */
import { spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFinished } from "vitest";
import { type VerifyOptions, verify } from "../../src/commands/verify.js";
import { loadManifest } from "../../src/manifest/load.js";
import { sha256Of } from "../helpers/content.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const FILE = "models/a.bin";
const GOOD = "the pinned bytes";
const BAD = "some other bytes";
const LEDGER = ".assets/ledger.ndjson";
/** So that no change can fall into the tick of the clock in which a file was proven. */
const LONG_AGO = 1_000_000_000;

const check = async (tree: Tree, options: Partial<VerifyOptions> = {}) =>
  verify({ manifest: await loadManifest({ cwd: tree.root }), ...options });
const quick = (tree: Tree, options: Partial<VerifyOptions> = {}) => check(tree, { quick: true, ...options });

/** A tree with one file that was proven. */
async function proven(): Promise<Tree> {
  const tree = makeTree();
  tree.manifestFor({ [FILE]: { url: "https://127.0.0.1/a.bin", body: GOOD } });
  tree.write(FILE, GOOD);
  utimesSync(tree.path(FILE), LONG_AGO, LONG_AGO);
  for (let tries = 0; tries < 50; tries++) {
    await check(tree);
    if ((await quick(tree)).totals.remembered === 1) return tree;
  }
  throw new Error("the file system's clock does not move on");
}

/** Writes other bytes of the same number, and sets the times back as far as a program can. */
function forge(file: string): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(file, BAD);
  utimesSync(file, atime, mtime);
}

/** A program that holds a file in a writable memory map, and writes a byte there when told. */
async function mapped(file: string): Promise<(at: number, byte: number) => Promise<void>> {
  const script = `
import mmap, sys
with open(sys.argv[1], "r+b") as file: view = mmap.mmap(file.fileno(), 0)
for line in sys.stdin:
    at, byte = map(int, line.split())
    view[at] = byte
    print("done", flush=True)`;
  const child = spawn("python3", ["-c", script, file], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (at, byte) => {
    child.stdin.write(`${at} ${byte}\n`);
    expect((await answers.next()).value).toBe("done");
  };
}

/** On Linux alone, a program that writes through a map can be found out. */
const canMap = process.platform === "linux" && spawnSync("python3", ["--version"]).status === 0;

describe("verify --quick", () => {
  it("says how many files were proven now and how many are remembered", async () => {
    const tree = await proven();
    expect(await quick(tree)).toMatchObject({ ok: true, totals: { proven: 0, remembered: 1 } });
    expect(await check(tree)).toMatchObject({ ok: true, totals: { proven: 1, remembered: 0 } });
    copyFileSync(tree.path(FILE), tree.path("copy"));
    renameSync(tree.path("copy"), tree.path(FILE));
    expect((await quick(tree)).files[0]).toMatchObject({ status: "valid", proof: "hashed" });
  });

  it("remembers nothing that it has not seen", async () => {
    const tree = await proven();
    rmSync(tree.path(".assets"), { recursive: true });
    expect((await quick(tree)).totals).toMatchObject({ proven: 1, remembered: 0 });
  });

  it.each<[string, (tree: Tree) => void]>([
    ["rewritten in place, its modification time set back", (tree) => forge(tree.path(FILE))],
    [
      "replaced by the rename of one with the same size and times",
      (tree) => {
        tree.write("other", BAD);
        utimesSync(tree.path("other"), LONG_AGO, LONG_AGO);
        renameSync(tree.path("other"), tree.path(FILE));
      },
    ],
    [
      "moved away, changed there, and moved back, so that it is the same inode",
      (tree) => {
        renameSync(tree.path(FILE), tree.path("away"));
        forge(tree.path("away"));
        renameSync(tree.path("away"), tree.path(FILE));
      },
    ],
    [
      "changed through another name of the same inode",
      (tree) => {
        linkSync(tree.path(FILE), tree.path("other"));
        forge(tree.path("other"));
        rmSync(tree.path("other"));
      },
    ],
    [
      "removed and written anew, perhaps into the same inode",
      (tree) => {
        rmSync(tree.path(FILE));
        tree.write(FILE, BAD);
        utimesSync(tree.path(FILE), LONG_AGO, LONG_AGO);
      },
    ],
    [
      "replaced by a link to other bytes",
      (tree) => {
        rmSync(tree.path(FILE));
        tree.write("models/other", BAD);
        utimesSync(tree.path("models/other"), LONG_AGO, LONG_AGO);
        symlinkSync("other", tree.path(FILE));
      },
    ],
    [
      "in a folder that another one was put in place of",
      (tree) => {
        mkdirSync(tree.path("others"));
        tree.write("others/a.bin", BAD);
        utimesSync(tree.path("others/a.bin"), LONG_AGO, LONG_AGO);
        renameSync(tree.path("models"), tree.path("away"));
        renameSync(tree.path("others"), tree.path("models"));
      },
    ],
  ])("finds a file that was %s", async (_, change) => {
    const tree = await proven();
    change(tree);
    expect(await quick(tree)).toMatchObject({ ok: false, files: [{ status: "digest-mismatch" }] });
  });

  it("finds a change of the target of a link", async () => {
    const tree = await proven();
    tree.write("models/real", GOOD);
    rmSync(tree.path(FILE));
    symlinkSync("real", tree.path(FILE));
    expect((await check(tree)).ok).toBe(true);
    forge(tree.path("models/real"));
    expect((await quick(tree)).ok).toBe(false);
  });

  it("finds a file that changed in the very moment in which it was proven", async () => {
    const tree = makeTree();
    tree.manifestFor({ [FILE]: { url: "https://127.0.0.1/a.bin", body: GOOD } });
    for (let tries = 0; tries < 8; tries++) {
      tree.write(FILE, GOOD);
      const { atime, mtime } = statSync(tree.path(FILE));
      const running = check(tree);
      if (tries % 2 === 0) await running;
      writeFileSync(tree.path(FILE), BAD);
      utimesSync(tree.path(FILE), atime, mtime);
      await running;
      expect((await quick(tree)).ok).toBe(false);
    }
  });

  it.runIf(canMap).each([
    ["on a disk", () => {}],
    ["in memory only", (tree: Tree) => makeSmallDisk(1 << 20, tree.root)],
  ])("finds what is written through a memory map that was there before the proof, %s", async (where, prepare) => {
    if (where === "in memory only" && !canMakeSmallDisk()) return;
    const tree = makeTree();
    prepare(tree);
    tree.manifestFor({ [FILE]: { url: "https://127.0.0.1/a.bin", body: GOOD } });
    tree.write(FILE, GOOD);
    const write = await mapped(tree.path(FILE));
    for (let round = 0; round < 5; round++) {
      // The first write to a page is noted, the next one only when the page has been on the disk meanwhile.
      await write(0, GOOD.charCodeAt(0));
      expect((await check(tree)).ok).toBe(true);
      await write(0, BAD.charCodeAt(0));
      expect((await quick(tree)).ok).toBe(false);
    }
  });

  it("finds that the pin has changed, without hashing anything", async () => {
    const tree = await proven();
    tree.manifestFor({ [FILE]: { url: "https://127.0.0.1/a.bin", body: BAD } });
    const report = await quick(tree);
    expect(report.files[0]).toMatchObject({ status: "digest-mismatch", actual: { sha256: sha256Of(GOOD) } });
  });

  it("does not believe the memory of another checkout that came along with a copy", async () => {
    const tree = await proven();
    const copy = makeTree();
    cpSync(tree.root, copy.root, { recursive: true, preserveTimestamps: true });
    forge(copy.path(FILE));
    expect((await quick(copy)).ok).toBe(false);
  });

  it.runIf(canMakeSmallDisk())("finds what another file system shows in the file's place", async () => {
    const tree = await proven();
    makeSmallDisk(1 << 20, tree.path("models"));
    tree.write(FILE, BAD);
    utimesSync(tree.path(FILE), LONG_AGO, LONG_AGO);
    expect((await quick(tree)).ok).toBe(false);
  });

  it("does not remember a file again in which a full proof has found other bytes", async () => {
    const tree = await proven();
    const text = readFileSync(tree.path(LEDGER), "utf8");
    // As a disk would leave it that has lost bytes: the file stands as it stood, and is another.
    tree.manifestFor({ [FILE]: { url: "https://127.0.0.1/a.bin", body: BAD } });
    writeFileSync(tree.path(LEDGER), text.replaceAll(sha256Of(GOOD), sha256Of(BAD)));
    expect((await quick(tree)).ok).toBe(true);
    expect((await check(tree)).ok).toBe(false);
    expect((await quick(tree)).ok).toBe(false);
  });

  it("proves anew what was proven longer ago than --max-age, and then knows it for as long again", async () => {
    const tree = await proven();
    const hour = 3_600_000;
    expect((await quick(tree, { maxAgeMs: hour })).totals).toMatchObject({ proven: 0, remembered: 1 });
    expect((await quick(tree, { maxAgeMs: 0 })).totals).toMatchObject({ proven: 1, remembered: 0 });
    const before = lastAt(tree);
    expect((await check(tree)).ok).toBe(true);
    expect(lastAt(tree)).toBeGreaterThan(before);
  });

  it("does not take a proof from the future for a young one", async () => {
    const tree = await proven();
    const text = readFileSync(tree.path(LEDGER), "utf8");
    writeFileSync(tree.path(LEDGER), text.replace(/"at":"\d+"\}\n$/, '"at":"9000000000000000000"}\n'));
    expect((await quick(tree, { maxAgeMs: 3_600_000 })).totals).toMatchObject({ proven: 1, remembered: 0 });
  });

  it("hashes no file without a pin, and says that it was not proven", async () => {
    const tree = makeTree();
    tree.manifestFor({ [FILE]: { url: "https://127.0.0.1/a.bin", pin: "none" } });
    tree.write(FILE, GOOD);
    const report = await quick(tree);
    expect(report).toMatchObject({ ok: true, totals: { proven: 0, remembered: 0 }, files: [{ status: "unpinned" }] });
    expect(report.files[0]?.actual).not.toHaveProperty("sha256");
  });
});

/** When the file was last proven, in nanoseconds. */
function lastAt(tree: Tree): bigint {
  const lines = readFileSync(tree.path(LEDGER), "utf8").trim().split("\n");
  return BigInt((JSON.parse(lines.at(-1) ?? "") as { at: string }).at);
}
