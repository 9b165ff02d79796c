/** What is remembered of a tree in which everything is in its place, and what it must not be believed for. */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { uptime } from "node:os";
import { describe, expect, it } from "vitest";
import { isWindows } from "../../src/platform.js";
import { openLedger } from "../../src/store/ledger.js";
import { recallPresent, rememberPresent } from "../../src/store/present-memory.js";
import { makeTree } from "../helpers/tree.js";

const COUNT = 256;
const MEMORY = ".assets/present";
const digest = "a".repeat(64);
const bytes = Buffer.from("what the manifest says");
const { signal } = new AbortController();

/** A tree in which all files of a manifest are in their places, proven some time ago; and what is remembered of it. */
async function settled({ unproven = false, count = COUNT } = {}) {
  const tree = makeTree();
  const files = Array.from({ length: count }, (_, i) => ({ path: `data/${i % 3}/${i}.bin`, sha256: digest }));
  const ledger = await openLedger(tree.root);
  for (const { path, sha256 } of unproven ? files.slice(1) : files) {
    tree.write(path, "abc");
    utimesSync(tree.path(path), 1, 1);
    ledger.record(path, statSync(tree.path(path), { bigint: true }), sha256);
  }
  if (unproven) tree.write("data/0/0.bin", "abc");
  await ledger.flush();
  const manifest = { root: tree.root, bytes };
  const remember = () => rememberPresent(manifest, files, signal);
  await remember();
  return { tree, files, manifest, remember, recall: () => recallPresent(manifest, signal) };
}

describe.skipIf(isWindows)("a tree in which everything is in its place", () => {
  it("is told by a look at each file", async () => {
    const { recall } = await settled();
    expect(await recall()).toBe(COUNT);
    expect(await recall()).toBe(COUNT);
  });

  it("is not remembered before all of it was proven, nor for a few files", async () => {
    const { tree, recall } = await settled({ unproven: true });
    expect([await recall(), tree.exists(MEMORY)]).toEqual([undefined, false]);
    const few = await settled({ count: 20 });
    expect([await few.recall(), few.tree.exists(MEMORY)]).toEqual([undefined, false]);
  });

  it("is looked at anew after any change of a file, its folder, the manifest or the ledger", async () => {
    const changes: Record<string, (tree: Awaited<ReturnType<typeof settled>>["tree"]) => void> = {
      "other bytes, and the time set back": (tree) => {
        writeFileSync(tree.path("data/1/1.bin"), "xyz");
        utimesSync(tree.path("data/1/1.bin"), 1, 1);
      },
      "one more byte": (tree) => appendFileSync(tree.path("data/2/200.bin"), "d"),
      removed: (tree) => tree.remove("data/0/0.bin"),
      "another file in its place": (tree) => {
        tree.write("other", "abc");
        utimesSync(tree.path("other"), 1, 1);
        renameSync(tree.path("other"), tree.path("data/0/3.bin"));
      },
      "a link to the file in its place": (tree) => {
        renameSync(tree.path("data/0/3.bin"), tree.path("elsewhere"));
        symlinkSync(tree.path("elsewhere"), tree.path("data/0/3.bin"));
      },
      "a link to the folder in its place": (tree) => {
        renameSync(tree.path("data/1"), tree.path("elsewhere"));
        symlinkSync(tree.path("elsewhere"), tree.path("data/1"));
      },
      "something else proven, or doubted": (tree) => appendFileSync(tree.path(".assets/ledger.ndjson"), "\n"),
      "the ledger lost": (tree) => tree.remove(".assets/ledger.ndjson"),
    };
    const found: Record<string, number | undefined> = {};
    for (const [name, change] of Object.entries(changes)) {
      const { tree, recall } = await settled();
      change(tree);
      found[name] = await recall();
    }
    expect(found).toEqual(Object.fromEntries(Object.keys(changes).map((name) => [name, undefined])));
    const { manifest } = await settled();
    expect(await recallPresent({ ...manifest, bytes: Buffer.from("something else") }, signal)).toBeUndefined();
  });

  it("is looked at anew after the machine was started, when what had not reached the disk is lost, and by another version", async () => {
    const { tree, recall } = await settled();
    const [by, at, ...rest] = readFileSync(tree.path(MEMORY), "utf8").split(" ");
    const remember = (...head: unknown[]) => writeFileSync(tree.path(MEMORY), [...head, ...rest].join(" "));
    remember(by, Date.now() - uptime() * 1000 - 1_000);
    expect(await recall()).toBeUndefined();
    remember("0.0.0", at);
    expect(await recall()).toBeUndefined();
    remember(by, at);
    expect(await recall()).toBe(COUNT);
  });

  it("is looked at anew where the memory is damaged, and never through a link", async () => {
    const cut = await settled();
    truncateSync(cut.tree.path(MEMORY), statSync(cut.tree.path(MEMORY)).size - 20);
    expect(await cut.recall()).toBeUndefined();
    const linked = await settled();
    renameSync(linked.tree.path(MEMORY), linked.tree.path("memory"));
    symlinkSync(linked.tree.path("memory"), linked.tree.path(MEMORY));
    expect(await linked.recall()).toBeUndefined();
    const strange = await settled();
    strange.tree.remove(MEMORY);
    mkdirSync(strange.tree.path(MEMORY));
    expect(await strange.recall()).toBeUndefined();
    await strange.remember();
  });

  it("is not believed for paths that lead out of the root", async () => {
    const { tree, recall } = await settled();
    const lines = readFileSync(tree.path(MEMORY), "utf8").split("\n");
    writeFileSync(tree.path(MEMORY), [lines[0], ...lines.slice(1).map(() => "../../etc/hosts")].join("\n"));
    expect(await recall()).toBeUndefined();
  });

  it("stops when the run is stopped", async () => {
    const { files, manifest } = await settled({ count: 300 });
    const slow = files.map((file) => ({
      ...file,
      get path() {
        const end = performance.now() + 1;
        while (performance.now() < end);
        return file.path;
      },
    }));
    await expect(rememberPresent(manifest, slow, AbortSignal.abort())).rejects.toMatchObject({ code: "ABORTED" });
  });
});
