/** Unfinished downloads on disk. */
import { closeSync, linkSync, mkdirSync, openSync, renameSync, symlinkSync, truncateSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteRanges, bytesIn, withRange } from "../../src/store/byte-ranges.js";
import { readJournal } from "../../src/store/journal.js";
import { openPartial, partialPath } from "../../src/store/partial.js";
import type { PartialFile } from "../../src/store/partial-file.js";
import { makeTree } from "../helpers/tree.js";

const key = "0123456789abcdef".repeat(4);

describe("a partial", () => {
  it("lies beside its target, and its name says for which pin it is good", () => {
    expect(partialPath("/root/models/a.bin", key)).toBe("/root/models/a.bin.0123456789ab.part");
    expect(partialPath("/root/a.bin", "f".repeat(64))).not.toBe(partialPath("/root/a.bin", key));
  });

  it("has a name that file systems can store, for the longest of targets", () => {
    const long = "é".repeat(127);
    const path = partialPath(`/root/${long}`, key);
    expect(Buffer.byteLength(basename(path))).toBeLessThanOrEqual(255);
    expect(dirname(path)).toBe("/root");
    expect(partialPath(`/root/${"é".repeat(126)}x`, key)).not.toBe(path);
  });

  it("keeps what was written for the next run", async () => {
    const tree = makeTree();
    const path = tree.path("a.part");
    const first = await openPartial(path);
    await first.write(Buffer.from("hello "), first.front);
    await first.close();
    const second = await openPartial(path);
    expect(second.front).toBe(6);
    await second.write(Buffer.from("world"), second.front);
    const content = Buffer.alloc(20);
    expect(content.toString("utf8", 0, await second.read(content, 0))).toBe("hello world");
    await second.close();
  });

  it("with gaps is noted every 8 MiB, however fast they come, unless that is many times a second", async () => {
    const tree = makeTree();
    const path = tree.path("a.part");
    const partial = await openPartial(path);
    const MIB = 1024 * 1024;
    await partial.write(Buffer.alloc(1), 100 * MIB);
    for (let n = 0; n < 12; n++) {
      if (n === 8) await sleep(60);
      await partial.write(Buffer.alloc(MIB, 1), n * MIB);
    }
    expect(bytesIn((await readJournal(path, 101 * MIB))?.ranges ?? [])).toBeGreaterThanOrEqual(8 * MIB);
    await partial.close();
  });

  it("of a small file has nothing of another file where bytes are missing", async () => {
    const tree = makeTree();
    const other = await openPartial(tree.path("other.part"), { size: 100 });
    await other.write(Buffer.alloc(100, "secret"), 0);
    await other.commit(tree.path("other"));
    const partial = await openPartial(tree.path("a.part"), { size: 100 });
    await partial.write(Buffer.alloc(10, "x"), 90);
    await Promise.all([partial.close(), partial.close()]);
    expect(tree.read("a.part").equals(Buffer.concat([Buffer.alloc(90), Buffer.alloc(10, "x")]))).toBe(true);
  });

  it("leaves nothing behind when no byte came", async () => {
    const tree = makeTree();
    const partial = await openPartial(tree.path("a.part"));
    await partial.close();
    await partial.close();
    expect(tree.files()).toEqual([]);
  });

  it.each([0o640, 0o444])("gets its final name in one step, with the permissions asked for: %o", async (mode) => {
    const tree = makeTree();
    tree.write("a.bin", "old");
    const partial = await openPartial(tree.path("a.part"));
    await partial.write(Buffer.from("new content"), partial.front);
    await partial.sync();
    const stat = await partial.commit(tree.path("a.bin"), { mode });
    expect(Number(stat?.size)).toBe(11);
    if (process.platform !== "win32") expect(Number((stat?.mode ?? 0n) & 0o777n)).toBe(mode);
    expect(tree.files()).toEqual(["a.bin"]);
    expect(tree.read("a.bin").toString()).toBe("new content");
  });

  it("is kept when it cannot be put in place", async () => {
    const tree = makeTree();
    mkdirSync(tree.path("a.bin/inside"), { recursive: true });
    const partial = await openPartial(tree.path("a.part"));
    await partial.write(Buffer.from("bytes"), partial.front);
    await expect(partial.commit(tree.path("a.bin"))).rejects.toMatchObject({ code: "LOCAL_IO", exitCode: 6 });
    await partial.close();
    expect(tree.read("a.part").toString()).toBe("bytes");
  });

  it.skipIf(process.platform === "win32")("is never written through a link", async () => {
    const tree = makeTree();
    tree.write("victim", "precious");
    symlinkSync(tree.path("victim"), tree.path("a.part"));
    await expect(openPartial(tree.path("a.part"))).rejects.toMatchObject({ code: "LOCAL_IO" });
    expect(tree.read("victim").toString()).toBe("precious");
  });

  it("that another process or another name may hold is continued in a copy, and the other is never written", async () => {
    for (const how of ["shared", "linked"]) {
      const tree = makeTree();
      tree.write("a.part", "kept");
      if (how === "linked") linkSync(tree.path("a.part"), tree.path("other"));
      const stale = openSync(tree.path("a.part"), "r+");
      const partial = await openPartial(tree.path("a.part"), { shared: how === "shared" });
      await partial.write(Buffer.from(" and more"), partial.front);
      writeSync(stale, "WRONG", 0);
      closeSync(stale);
      await partial.sync();
      await partial.commit(tree.path("a.bin"));
      expect(tree.read("a.bin").toString()).toBe("kept and more");
    }
  });

  it("that another process took over is not put in place", async () => {
    const tree = makeTree();
    const partial = await openPartial(tree.path("a.part"));
    await partial.write(Buffer.from("mine"), partial.front);
    renameSync(tree.write("new", "theirs"), tree.path("a.part"));
    await expect(partial.commit(tree.path("a.bin"))).rejects.toMatchObject({ code: "LOCKED" });
    await partial.close();
    expect([tree.exists("a.bin"), tree.read("a.part").toString()]).toEqual([false, "theirs"]);
  });

  it("that another process put in place is not written, cut or removed any more, where locks do not hold", async () => {
    for (const act of ["write", "cut", "drop", "close", "commit"] as const) {
      const tree = makeTree();
      const [mine, theirs] = [await openPartial(tree.path("a.part")), await openPartial(tree.path("a.part"))];
      await theirs.write(Buffer.from("theirs"), 0);
      await theirs.commit(tree.path("a.bin"));
      const acts = {
        write: async () => mine.write(Buffer.from("mine, and longer"), 0),
        cut: () => mine.cut(0),
        drop: () => mine.drop({ start: 0, end: 3 }),
        close: () => mine.close(),
        commit: () => mine.commit(tree.path("a.bin")),
      };
      const done = await acts[act]().then(
        () => "done",
        ({ code }) => code,
      );
      await mine.close();
      await theirs.close();
      expect([act, done]).toEqual([act, act === "close" ? "done" : "LOCKED"]);
      expect([tree.files(), tree.read("a.bin").toString()]).toEqual([["a.bin"], "theirs"]);
    }
  });

  it("that another process cut to begin anew is not put in place", async () => {
    const tree = makeTree();
    const partial = await openPartial(tree.path("a.part"));
    await partial.write(Buffer.from("all of it"), 0);
    truncateSync(tree.path("a.part"), 3);
    await expect(partial.commit(tree.path("a.bin"))).rejects.toMatchObject({ code: "LOCKED" });
    await partial.close();
    expect(tree.exists("a.bin")).toBe(false);
  });
});

describe("the bytes of a partial", () => {
  const SIZE = 4_000;
  const range = fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 900 })).map(([start, length]) => ({
    start,
    end: Math.min(SIZE, start + length),
  }));
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ does: fc.constant("write" as const), range }) },
    fc.record({ does: fc.constant("drop" as const), range }),
    fc.record({ does: fc.constant("cut" as const), range }),
  );

  it.each([
    ["in a file", undefined],
    ["in memory", SIZE],
  ])("%s are those that came first, whatever comes twice, is given up, or is cut, all at once", async (_, size) => {
    const plan = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const tree = makeTree();
      const path = tree.path("a.part");
      const partial = await openPartial(path, { size });
      const model: (number | undefined)[] = new Array(SIZE).fill(undefined);
      // Nobody waits for anybody: the calls count in the order in which they are made.
      await Promise.all(
        steps.map((given, n) => {
          const { start, end } = given.range;
          if (given.does === "write") {
            for (let at = start; at < end; at++) model[at] ??= n + 1;
            return partial.write(Buffer.alloc(end - start, n + 1), start);
          }
          if (given.does === "drop") {
            model.fill(undefined, start, end);
            return partial.drop(given.range);
          }
          model.fill(undefined, start);
          return partial.cut(start);
        }),
      );
      const expected = rangesOf(model);
      expect(partial.held).toEqual(expected);
      await checkBytes(partial, model);
      await partial.close();
      const again = await openPartial(path);
      expect(again.held).toEqual(expected);
      await checkBytes(again, model);
      await again.close();
    });
    await fc.assert(plan, { numRuns: 30 });
  });
});

function rangesOf(model: readonly (number | undefined)[]): ByteRanges {
  return model.reduce<ByteRanges>(
    (ranges, byte, at) => (byte === undefined ? ranges : withRange(ranges, { start: at, end: at + 1 })),
    [],
  );
}

async function checkBytes(partial: PartialFile, model: readonly (number | undefined)[]): Promise<void> {
  const content = Buffer.alloc(model.length);
  for (const { start, end } of partial.held) await partial.read(content.subarray(start, end), start);
  expect([...content]).toEqual(model.map((byte) => byte ?? 0));
}
