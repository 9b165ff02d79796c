/** What the ledger remembers, and what it must not believe. */
import { appendFileSync, mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { describe, expect, it } from "vitest";
import { type Ledger, openLedger } from "../../src/store/ledger.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const digest = "a".repeat(64);
/** How a file stands that got its name a while after its last byte, as downloads do. */
const stamp = (tree: Tree, name: string) => {
  utimesSync(tree.path(name), 1, 1);
  return statSync(tree.path(name), { bigint: true });
};
const look = (tree: Tree, name: string) => statSync(tree.path(name), { bigint: true });

/** A tree with one proven file, and the ledger read anew. */
async function proven(): Promise<{ tree: Tree; ledger: Ledger }> {
  const tree = makeTree();
  tree.write("a.bin", "abc");
  const first = await openLedger(tree.root);
  first.record("a.bin", stamp(tree, "a.bin"), digest);
  await first.flush();
  return { tree, ledger: await openLedger(tree.root) };
}

describe("the ledger", () => {
  it("remembers an unchanged file across runs", async () => {
    const { tree, ledger } = await proven();
    expect(ledger.recall("a.bin", look(tree, "a.bin"))).toBe(digest);
    expect(ledger.last("a.bin")).toEqual({ sha256: digest, size: 3 });
  });

  it("forgets a file of which the size changed", async () => {
    const { tree, ledger } = await proven();
    appendFileSync(tree.path("a.bin"), "d");
    expect(ledger.recall("a.bin", look(tree, "a.bin"))).toBeUndefined();
  });

  it("forgets a file rewritten with as many bytes, even when its modification time is set back", async () => {
    const { tree, ledger } = await proven();
    const { atime, mtime } = statSync(tree.path("a.bin"));
    writeFileSync(tree.path("a.bin"), "xyz");
    utimesSync(tree.path("a.bin"), atime, mtime);
    expect(ledger.recall("a.bin", look(tree, "a.bin"))).toBeUndefined();
  });

  it("forgets a file that another one was put in place of", async () => {
    const { tree, ledger } = await proven();
    tree.write("b.bin", "abc");
    expect(ledger.recall("a.bin", look(tree, "b.bin"))).toBeUndefined();
  });

  it("does not trust a file proven within the tick of the clock in which it was written", async () => {
    const tree = makeTree();
    tree.write("a.bin", "abc");
    const stat = look(tree, "a.bin");
    const ledger = await openLedger(tree.root);
    ledger.record("a.bin", stat, digest, { at: stat.ctimeNs });
    await ledger.flush();
    expect(ledger.recall("a.bin", stat)).toBeUndefined();
    expect((await openLedger(tree.root)).recall("a.bin", stat)).toBeUndefined();
  });

  it("does not trust what only memory was known to have before the machine was started anew", async () => {
    const tree = makeTree();
    tree.write("a.bin", "abc");
    const boot = BigInt(Math.round(Date.now() - uptime() * 1000)) * 1_000_000n;
    const long = { ...look(tree, "a.bin"), mtimeNs: 1n, ctimeNs: 1n };
    const ledger = await openLedger(tree.root);
    ledger.record("a.bin", long, digest, { at: boot - 10_000_000_000n, unsynced: true });
    ledger.record("b.bin", long, digest, { at: boot - 10_000_000_000n });
    await ledger.flush();
    const again = await openLedger(tree.root);
    expect([again.recall("a.bin", long), again.recall("b.bin", long)]).toEqual([undefined, digest]);
  });

  it.each([
    ["whole seconds", 5_000_000_000n, 2_900_000_000n, 3_100_000_000n],
    ["parts of a second", 5_123_456_789n, 19_000_000n, 21_000_000n],
  ])(
    "trusts a file on another file system, with times in %s, only when it changed well before its proof",
    async (_, ctimeNs, less, more) => {
      const tree = makeTree();
      tree.write("a.bin", "abc");
      const here = { ...look(tree, "a.bin"), mtimeNs: 1n, ctimeNs };
      const elsewhere = { ...here, dev: here.dev + 1n };
      const ledger = await openLedger(tree.root);
      ledger.record("less", elsewhere, digest, { at: ctimeNs + less });
      ledger.record("more", elsewhere, digest, { at: ctimeNs + more });
      ledger.record("here", here, digest, { at: ctimeNs + 1n });
      await ledger.flush();
      const again = await openLedger(tree.root);
      expect(again.recall("less", elsewhere)).toBeUndefined();
      expect([again.recall("more", elsewhere), again.recall("here", here)]).toEqual([digest, digest]);
    },
  );

  it.runIf(canMakeSmallDisk())("remembers what was just put on another file system", async () => {
    const tree = makeTree();
    mkdirSync(tree.path("models"));
    makeSmallDisk(1 << 20, tree.path("models"));
    for (const name of ["models/first", "models/second"]) {
      tree.write(name, "abc");
      const ledger = await openLedger(tree.root);
      ledger.record(name, stamp(tree, name), digest);
      await ledger.flush();
      expect((await openLedger(tree.root)).recall(name, look(tree, name))).toBe(digest);
    }
  });

  it("knows in which span of time something was proven", async () => {
    const { tree, ledger } = await proven();
    const stat = look(tree, "a.bin");
    const now = await ledger.clock();
    expect(ledger.recall("a.bin", stat, { from: 0n, to: now })).toBe(digest);
    expect(ledger.recall("a.bin", stat, { from: now + 1n, to: now + 2n })).toBeUndefined();
    expect(ledger.recall("a.bin", stat, { from: 0n, to: 1n })).toBeUndefined();
  });

  it("answers no digest of a file that is in doubt, and still the last one that was put there", async () => {
    const { tree, ledger } = await proven();
    ledger.doubt("a.bin");
    ledger.doubt("never heard of");
    await ledger.flush();
    const again = await openLedger(tree.root);
    expect(again.recall("a.bin", look(tree, "a.bin"))).toBeUndefined();
    expect(again.last("a.bin")?.sha256).toBe(digest);
    expect(again.last("never heard of")).toBeUndefined();
  });

  it("survives a line torn by a killed process", async () => {
    const { tree } = await proven();
    appendFileSync(tree.path(".assets/ledger.ndjson"), '{"path":"b.bin","sha2');
    const ledger = await openLedger(tree.root);
    tree.write("c.bin", "c");
    ledger.record("c.bin", stamp(tree, "c.bin"), digest);
    await ledger.flush();
    const again = await openLedger(tree.root);
    expect(again.recall("a.bin", look(tree, "a.bin"))).toBe(digest);
    expect(again.recall("c.bin", look(tree, "c.bin"))).toBe(digest);
  });

  it.each(["", "not json", "[]", "null\n{}", `{"path":1,"sha256":"${digest}"}`, "\u0000\u0001"])(
    "takes a ledger of %j for an empty one",
    async (text) => {
      const tree = makeTree();
      tree.write(".assets/ledger.ndjson", text);
      expect((await openLedger(tree.root)).last("a.bin")).toBeUndefined();
    },
  );

  it("keeps what two runs write at once", async () => {
    const tree = makeTree();
    const [one, two] = await Promise.all([openLedger(tree.root), openLedger(tree.root)]);
    for (const [ledger, name] of [
      [one, "one"],
      [two, "two"],
    ] as const) {
      tree.write(name, name);
      ledger.record(name, stamp(tree, name), digest);
    }
    await Promise.all([one.flush(), two.flush()]);
    const ledger = await openLedger(tree.root);
    expect([ledger.last("one")?.sha256, ledger.last("two")?.sha256]).toEqual([digest, digest]);
  });

  it("clears replaced lines away before they pile up", async () => {
    const { tree, ledger } = await proven();
    for (let round = 0; round < 30; round++) {
      for (let file = 0; file < 50; file++) ledger.record(`f${file}`, stamp(tree, "a.bin"), digest, { at: 1n });
      await ledger.flush();
    }
    const lines = readFileSync(tree.path(".assets/ledger.ndjson"), "utf8").split("\n").filter(Boolean);
    expect(lines.length).toBeLessThan(1_200);
    expect((await openLedger(tree.root)).last("f49")?.sha256).toBe(digest);
  });

  it("writes through no link that came with the repository", async () => {
    const tree = makeTree();
    mkdirSync(tree.path(".assets"));
    tree.write("victim", "precious");
    symlinkSync(tree.path("victim"), tree.path(".assets/ledger.ndjson"));
    symlinkSync(tree.path("victim"), tree.path(".assets/clock"));
    const ledger = await openLedger(tree.root);
    ledger.record("victim", stamp(tree, "victim"), digest);
    await ledger.flush();
    expect(tree.read("victim").toString()).toBe("precious");
  });

  it("ignores itself for git", async () => {
    const { tree } = await proven();
    expect(tree.read(".assets/.gitignore").toString()).toBe("*\n");
  });
});
