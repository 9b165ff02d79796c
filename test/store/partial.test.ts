/** Unfinished downloads on disk. */
import { closeSync, linkSync, mkdirSync, openSync, renameSync, symlinkSync, truncateSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { openPartial, partialPath } from "../../src/store/partial.js";
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
    await first.write([Buffer.from("hello ")], first.front);
    await first.close();
    const second = await openPartial(path);
    expect(second.front).toBe(6);
    await second.write([Buffer.from("world")], second.front);
    const content = Buffer.alloc(20);
    expect(content.toString("utf8", 0, await second.read(content, 0))).toBe("hello world");
    await second.close();
  });

  it("leaves nothing behind when no byte came", async () => {
    const tree = makeTree();
    const partial = await openPartial(tree.path("a.part"));
    await partial.close();
    await partial.close();
    expect(tree.files()).toEqual([]);
  });

  it("gets its final name in one step, with the permissions asked for", async () => {
    const tree = makeTree();
    tree.write("a.bin", "old");
    const partial = await openPartial(tree.path("a.part"));
    await partial.write([Buffer.from("new content")], partial.front);
    await partial.sync();
    const stat = await partial.commit(tree.path("a.bin"), { mode: 0o640 });
    expect(Number(stat?.size)).toBe(11);
    if (process.platform !== "win32") expect(Number((stat?.mode ?? 0n) & 0o777n)).toBe(0o640);
    expect(tree.files()).toEqual(["a.bin"]);
    expect(tree.read("a.bin").toString()).toBe("new content");
  });

  it("is kept when it cannot be put in place", async () => {
    const tree = makeTree();
    mkdirSync(tree.path("a.bin/inside"), { recursive: true });
    const partial = await openPartial(tree.path("a.part"));
    await partial.write([Buffer.from("bytes")], partial.front);
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
      await partial.write([Buffer.from(" and more")], partial.front);
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
    await partial.write([Buffer.from("mine")], partial.front);
    renameSync(tree.write("new", "theirs"), tree.path("a.part"));
    await expect(partial.commit(tree.path("a.bin"))).rejects.toMatchObject({ code: "LOCKED" });
    await partial.close();
    expect([tree.exists("a.bin"), tree.read("a.part").toString()]).toEqual([false, "theirs"]);
  });

  it("that another process cut to begin anew is not put in place", async () => {
    const tree = makeTree();
    const partial = await openPartial(tree.path("a.part"));
    await partial.write([Buffer.from("all of it")], 0);
    truncateSync(tree.path("a.part"), 3);
    await expect(partial.commit(tree.path("a.bin"))).rejects.toMatchObject({ code: "LOCKED" });
    await partial.close();
    expect(tree.exists("a.bin")).toBe(false);
  });
});
