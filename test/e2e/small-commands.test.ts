/** `assets status`, `assets path` and `assets cache-key`, as scripts call them. */
import { createHash } from "node:crypto";
import { utimesSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { type InProcessOptions, runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

/** A project whose files can be copied from beside it. */
function project() {
  const tree = makeTree();
  tree.write("from/one", "one");
  tree.write("from/a.csv", "a,b");
  tree.write("from/b.csv", "c,d");
  tree.manifestFor({
    "m/one.bin": { url: "from/one", body: "one", id: "one", required: true },
    "data/two/a.csv": { url: "from/a.csv", body: "a,b", id: "two", type: "dataset" },
    "data/two/deep/b.csv": { url: "from/b.csv", body: "c,d", id: "two", type: "dataset" },
  });
  const run = (args: string[], options: Partial<InProcessOptions> = {}) =>
    runInProcess(args, { cwd: tree.root, ...options });
  return { tree, run };
}

describe("assets status", () => {
  it("says in one line and by its exit code whether all is well", async () => {
    const { tree, run } = project();
    expect(await run(["status"])).toMatchObject({ code: 1, stdout: "3 files: 3 missing, 0 well\n" });
    await run(["download", "--all"]);
    expect(await run(["status"])).toMatchObject({ code: 0, stdout: "3 files: all well\n" });
    tree.write("m/one.bin", "two");
    utimesSync(tree.path("m/one.bin"), 1, 1);
    tree.write("data/two/a.csv", "much longer");
    tree.remove("data/two/deep/b.csv");
    const { code, stdout } = await run(["status"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "3 files: 1 missing, 1 damaged, 1 not proven, 0 well\n" });
    expect(await run(["status", "one", "--quiet"])).toMatchObject({ code: 1, stdout: "", stderr: "" });
  });

  it("tells on standard error which command says what to do", async () => {
    const { run } = project();
    const { stderr } = await run(["status", "one"]);
    expect(stderr).toBe("Which files, and what to do about each: assets verify --quick one\n");
    expect((await run(["verify", "--quick", "one"])).stdout).toContain("To mend: assets download one");
    expect((await run(["status", "--json"])).stderr).toBe("");
  });

  it("hashes nothing, and takes nothing for right that was not proven here", async () => {
    const { tree, run } = project();
    tree.write("m/one.bin", "eno");
    expect(await run(["status", "--required"])).toMatchObject({ code: 1, stdout: "1 file: 1 not proven, 0 well\n" });
    tree.write("m/one.bin", "one");
    expect((await run(["status", "one"])).code).toBe(1);
    utimesSync(tree.path("m/one.bin"), 1, 1);
    await run(["verify", "one"]);
    await run(["verify", "one"]);
    expect((await run(["status", "one"])).code).toBe(0);
  });

  it("counts for programs, and says that a file without a pin is no proven one", async () => {
    const tree = makeTree();
    tree.manifestFor({ "a.bin": { url: "from", pin: "none" } });
    tree.write("a.bin", "a");
    const { code, stdout } = await runInProcess(["status", "--json"], { cwd: tree.root });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      command: "status",
      ok: true,
      totals: { files: 1, valid: 0, unpinned: 1 },
    });
    expect((await runInProcess(["status"], { cwd: tree.root })).stdout).toBe("1 file: all well (1 not pinned)\n");
  });
});

describe("assets path", () => {
  it("prints the path and nothing else, having fetched what is missing", async () => {
    const { tree, run } = project();
    const first = await run(["path", "one"]);
    expect(first).toMatchObject({ code: 0, stdout: `${tree.path("m/one.bin")}\n` });
    expect(first.stderr).toContain("m/one.bin");
    expect(tree.read("m/one.bin").toString()).toBe("one");
    expect(tree.exists("data")).toBe(false);
    expect(await run(["path", "one", "--no-download"])).toMatchObject({ code: 0, stdout: first.stdout, stderr: "" });
  });

  it("prints the folder of several files, and the path of one of them, fetching only that", async () => {
    const { tree, run } = project();
    const one = await run(["path", "two", "--file", "b.csv", "--quiet"]);
    expect(one).toMatchObject({ code: 0, stdout: `${tree.path("data/two/deep/b.csv")}\n`, stderr: "" });
    expect(tree.exists("data/two/a.csv")).toBe(false);
    expect((await run(["path", "two"])).stdout).toBe(`${tree.path("data/two")}\n`);
    expect(tree.exists("data/two/a.csv")).toBe(true);
  });

  it.each([
    [["path"], 2, "id"],
    [["path", "oen"], 2, "Did you mean one?"],
    [["path", "o*"], 2, "is a pattern"],
    [["path", "two", "--file", "c.csv"], 2, "has no file"],
    [["path", "one", "--no-download"], 8, "assets download one"],
  ])("answers %j with exit code %i and an empty standard output", async (args, code, says) => {
    const result = await project().run(args);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(says);
  });

  it("prints no path of a file that is not the pinned one, and leaves the file alone", async () => {
    const { tree, run } = project();
    tree.write("m/one.bin", "my own work");
    for (const flag of ["--no-download", "--no-progress"]) {
      const { code, stdout, stderr } = await run(["path", "one", flag]);
      expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
      expect(stderr).toContain("m/one.bin");
      expect(stderr).toContain(
        "See what is wrong: assets verify one\nTo put the pinned file there: assets repair one\n",
      );
      expect(stderr).not.toContain("--force");
    }
    expect(tree.read("m/one.bin").toString()).toBe("my own work");
  });

  it.each([
    [["path", "one", "--json"], "path"],
    [["lfs", "hydrate", "--json", "--nonsense"], "lfs hydrate"],
    [["--json", "nonsense"], ""],
  ])("%j tells programs which command was used wrongly", async (args, command) => {
    const { code, stdout } = await project().run(args);
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { command, ok: false, error: { code: "USAGE" } }]);
  });

  it("needs no network for what is here, and says why it cannot fetch what is not", async () => {
    const tree = makeTree();
    const server = await startFaultServer();
    const url = server.serve("/x.bin", { body: "other bytes" });
    tree.manifestFor({ "x.bin": { url, body: "abc", id: "x" } });
    expect(await runInProcess(["path", "x", "--offline"], { cwd: tree.root })).toMatchObject({ code: 8, stdout: "" });
    expect(server.requests).toEqual([]);
    expect(await runInProcess(["path", "x", "--retries", "0"], { cwd: tree.root })).toMatchObject({
      code: 5,
      stdout: "",
    });
    tree.write("x.bin", "abc");
    const before = server.requests.length;
    expect((await runInProcess(["path", "x"], { cwd: tree.root })).stdout).toBe(`${tree.path("x.bin")}\n`);
    expect(server.requests).toHaveLength(before);
  });
});

describe("assets cache-key", () => {
  const url = "https://127.0.0.1/x";

  it("is the documented digest, so that anybody can make it", async () => {
    const { run } = project();
    const lines = [
      `${sha256Of("a,b")} 3 data/two/a.csv\n`,
      `${sha256Of("c,d")} 3 data/two/deep/b.csv\n`,
      `${sha256Of("one")} 3 m/one.bin\n`,
    ];
    const key = (of: string[]) => `assets-${createHash("sha256").update(of.sort().join("")).digest("hex")}`;
    expect((await run(["cache-key"])).stdout).toBe(`${key(lines)}\n`);
    expect((await run(["cache-key", "one"])).stdout).toBe(`${key(lines.slice(2))}\n`);
    expect(JSON.parse((await run(["cache-key", "--json"])).stdout)).toMatchObject({ key: key(lines), files: 3 });
  });

  it("changes with a pin, a size or a path of what is selected, and with nothing else", async () => {
    const keyOf = async (files: Parameters<ReturnType<typeof makeTree>["manifestFor"]>[0], ...args: string[]) => {
      const tree = makeTree();
      tree.manifestFor(files);
      return (await runInProcess(["cache-key", ...args], { cwd: tree.root })).stdout;
    };
    const a = { url, body: "a", id: "a" };
    const b = { url, body: "b", id: "b" };
    const same = await keyOf({ "m/a": a, "m/b": b });
    const others = [
      await keyOf({ "m/b": b, "m/a": { ...a, url: [`${url}2`, url], id: "other", tags: ["new"], type: "dataset" } }),
      await keyOf({ "m/a": a, "m/b": b, "m/c": { url, body: "c", id: "c" } }, "a", "b"),
    ];
    expect(others).toEqual([same, same]);
    const changed = [
      await keyOf({ "m/a": a, "m/b": { ...b, body: "c" } }),
      await keyOf({ "m/a": a, "m/b": { ...b, size: 2 } }),
      await keyOf({ "m/a": a, "m/c": b }),
      await keyOf({ "m/a": a }),
      await keyOf({ "m/a": a, "m/b": { ...b, pin: "none" } }),
    ];
    expect(new Set([same, ...changed]).size).toBe(6);
  });
});
