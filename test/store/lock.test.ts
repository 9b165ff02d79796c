/** Who may work on a file, and who waits. */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { lock } from "../../src/store/lock.js";
import { self } from "../../src/this-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const { signal } = new AbortController();
const here = { host: self.host, place: self.place };
const options = { timeoutMs: 5_000, signal };
const locks = (tree: Tree) => readdirSync(tree.path(".assets/locks"));

/** Writes a lock file as another process would. */
async function heldBy(tree: Tree, owner: object | string): Promise<void> {
  const held = await lock(tree.root, "a.bin", options);
  const [name = ""] = locks(tree);
  await held.release();
  const text = typeof owner === "string" ? owner : JSON.stringify({ startedAt: 0, token: "theirs", ...owner });
  writeFileSync(tree.path(`.assets/locks/${name}`), text);
}

/** The id of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

describe("the lock of a file", () => {
  it("lets the second wait until the first lets go, and says who holds it", async () => {
    const tree = makeTree();
    const order: string[] = [];
    const held = await lock(tree.root, "a.bin", options);
    const onWait = (owner: string) => order.push(`waits for ${owner}`);
    const second = lock(tree.root, "a.bin", { ...options, onWait }).then(async (heldSecond) => {
      order.push("second");
      await heldSecond.release();
    });
    await expect.poll(() => order.length).toBe(1);
    order.push("first");
    await held.release();
    await second;
    expect(order).toEqual([`waits for process ${process.pid}`, "first", "second"]);
    expect(locks(tree)).toEqual([]);
  });

  it("does not make two files wait for each other", async () => {
    const tree = makeTree();
    const both = [await lock(tree.root, "a.bin", options), await lock(tree.root, "b.bin", options)];
    expect(locks(tree)).toHaveLength(2);
    for (const held of both) await held.release();
  });

  it("is taken over at once from a process of this machine that has ended", async () => {
    const tree = makeTree();
    await heldBy(tree, { pid: deadPid(), ...here });
    const held = await lock(tree.root, "a.bin", { ...options, timeoutMs: 0 });
    await held.release();
    expect(locks(tree)).toEqual([]);
  });

  it("is taken over when its owner had this process's id in an earlier life", async () => {
    const tree = makeTree();
    await heldBy(tree, { pid: process.pid, ...here, startedAt: 1 });
    await (await lock(tree.root, "a.bin", { ...options, timeoutMs: 0 })).release();
  });

  it("is respected while its owner lives, however long it gives no sign of life: it may only be paused", async () => {
    const tree = makeTree();
    const paused = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    onTestFinished(() => void paused.kill("SIGKILL"));
    await heldBy(tree, { pid: paused.pid, ...here });
    await expect(lock(tree.root, "a.bin", { ...options, timeoutMs: 0 })).rejects.toMatchObject({ code: "LOCKED" });
  });

  it.skipIf(process.platform === "win32")("is not read through a link that came with the repository", async () => {
    const tree = makeTree();
    await heldBy(tree, { pid: 42, host: "elsewhere", place: "elsewhere" });
    const [name = ""] = locks(tree);
    rmSync(tree.path(`.assets/locks/${name}`));
    symlinkSync("/dev/zero", tree.path(`.assets/locks/${name}`));
    await expect(lock(tree.root, "a.bin", { ...options, timeoutMs: 0 })).rejects.toMatchObject({ code: "LOCAL_IO" });
  });

  it("is respected when another machine holds it, and the error says whom to wait for", async () => {
    const tree = makeTree();
    await heldBy(tree, { pid: 42, host: "elsewhere", place: "elsewhere" });
    await expect(lock(tree.root, "a.bin", { ...options, timeoutMs: 0 })).rejects.toMatchObject({
      code: "LOCKED",
      exitCode: 9,
      message: "a.bin is being written by process 42 on elsewhere, which has not finished.",
    });
  });

  it("is taken over when its maker died before writing its name", { timeout: 10_000 }, async () => {
    const tree = makeTree();
    await heldBy(tree, "");
    await (await lock(tree.root, "a.bin", options)).release();
  });

  it("can be given up while waiting", async () => {
    const tree = makeTree();
    const held = await lock(tree.root, "a.bin", options);
    const abort = new AbortController();
    const waiting = lock(tree.root, "a.bin", { ...options, signal: abort.signal, onWait: () => abort.abort("enough") });
    await expect(waiting).rejects.toBe("enough");
    await held.release();
  });

  it("serves one at a time when many want it", async () => {
    const tree = makeTree();
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const held = await lock(tree.root, "a.bin", options);
        most = Math.max(most, ++inside);
        await Promise.resolve();
        inside--;
        await held.release();
      }),
    );
    expect(most).toBe(1);
  });
});
