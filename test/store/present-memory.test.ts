/** What is remembered of a tree in which everything is in its place, and what it must not be believed for. */
import { hash } from "node:crypto";
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
  const manifest = { root: tree.root, file: tree.manifest, bytes };
  const remember = () => rememberPresent(manifest, files, signal);
  await remember();
  /** The path of the memory, from the root. */
  const memory = () => tree.files().find((file) => file.startsWith(".assets/present/")) ?? "";
  return { tree, files, manifest, memory, remember, recall: () => recallPresent(manifest, signal) };
}

describe.skipIf(isWindows)("a tree in which everything is in its place", () => {
  it("is told by a look at each file", async () => {
    const { recall } = await settled();
    expect(await recall()).toBe(COUNT);
    expect(await recall()).toBe(COUNT);
  });

  it("is not remembered before all of it was proven, nor for a few files", async () => {
    const one = await settled({ unproven: true });
    expect([await one.recall(), one.memory()]).toEqual([undefined, ""]);
    const few = await settled({ count: 20 });
    expect([await few.recall(), few.memory()]).toEqual([undefined, ""]);
  });

  it("is remembered of each manifest by itself", async () => {
    const { tree, files, manifest, recall } = await settled();
    const other = { ...manifest, file: tree.path("other.json") };
    expect(await recallPresent(other, signal)).toBeUndefined();
    await rememberPresent(other, files, signal);
    expect([await recallPresent(other, signal), await recall()]).toEqual([COUNT, COUNT]);
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

  it("is looked at anew after the machine was started, when what had not reached the disk is lost", async () => {
    const { tree, memory, recall } = await settled();
    const [by, at, ...rest] = readFileSync(tree.path(memory()), "utf8").split(" ");
    const remember = (...head: unknown[]) => writeFileSync(tree.path(memory()), [...head, ...rest].join(" "));
    remember(by, Math.floor(Date.now() - uptime() * 1000 - 1_000));
    expect(await recall()).toBeUndefined();
    // Of another clock, or of another version.
    remember(by, Date.now() + 3_600_000);
    expect(await recall()).toBeUndefined();
    remember("0.0.0", at);
    expect(await recall()).toBeUndefined();
    remember(by, at);
    expect(await recall()).toBe(COUNT);
  });

  it("is never believed on the word of a memory that came with the repository", async () => {
    const { tree, memory, recall } = await settled();
    const head = readFileSync(tree.path(memory()), "utf8").split("\n")[0] ?? "";
    const [by, at, manifest, ledger] = head.split(" ");
    const nothing = Array.from({ length: COUNT }, (_, i) => `nothing/here/${i}`);
    const none = hash("sha256", Buffer.alloc(0));
    const heads = [
      [by, at, manifest],
      [by, at, manifest, ledger],
      [by, at, manifest, ledger, "undefined"],
      [by, at, manifest, "undefined", "undefined"],
      [by, "1e99", manifest, ledger, none],
      [by, "x", manifest, ledger, none],
      [by, at, manifest, ledger, none],
      [by, at, manifest, ledger, none, none],
    ];
    for (const isClone of [false, true]) {
      if (isClone) tree.remove(".assets/ledger.ndjson");
      for (const fields of heads) {
        writeFileSync(tree.path(memory()), [fields.join(" "), ...nothing].join("\n"));
        expect([fields, await recall()]).toEqual([fields, undefined]);
      }
    }
  });

  it("is looked at anew where the memory is damaged, and never through a link", async () => {
    const cut = await settled();
    truncateSync(cut.tree.path(cut.memory()), statSync(cut.tree.path(cut.memory())).size - 20);
    expect(await cut.recall()).toBeUndefined();
    const linked = await settled();
    const name = linked.tree.path(linked.memory());
    renameSync(name, linked.tree.path("memory"));
    symlinkSync(linked.tree.path("memory"), name);
    expect(await linked.recall()).toBeUndefined();
    linked.tree.write("memory", "of the user");
    await linked.remember();
    expect([linked.tree.read("memory").toString(), await linked.recall()]).toEqual(["of the user", COUNT]);
    const strange = await settled();
    const place = strange.tree.path(strange.memory());
    strange.tree.remove(strange.memory());
    mkdirSync(place);
    expect(await strange.recall()).toBeUndefined();
    await strange.remember();
  });
});
