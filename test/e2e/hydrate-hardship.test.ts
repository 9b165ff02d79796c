/** `assets lfs hydrate` stopped, killed, started twice, and over files that change meanwhile. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import process from "node:process";
import { describe, expect, it, vi } from "vitest";
import { hydrate } from "../../src/commands/hydrate.js";
import { runBin, startBin } from "../helpers/bin.js";
import { runInProcess } from "../helpers/in-process.js";
import { lfsRepository } from "../helpers/lfs-repository.js";
import { canMakeSmallDisk, makeSmallDisk } from "../helpers/small-disk.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 3_000_000, seed: 8 };
const env = { PATH: "" };

describe("a run of hydrate", () => {
  it.each(["SIGKILL", "SIGTERM"] as const)(
    "that %s ends leaves pointers or files, and the next goes on",
    async (signal) => {
      const { tree, server, oids } = await lfsRepository({ "a.bin": BODY, "b.bin": "small" });
      const pointer = tree.read("a.bin").toString();
      let cut = BODY.size - 1_000_000;
      server.behaviour.holdAfter = () => cut;
      const { child, done } = startBin(["lfs", "hydrate"], { cwd: tree.root, env });
      await vi.waitFor(() => expect(tree.partial("a.bin")).toBeDefined(), { timeout: 10_000, interval: 5 });
      await vi.waitFor(() => expect(tree.read(tree.partial("a.bin") ?? "").length).toBe(cut), {
        timeout: 10_000,
        interval: 5,
      });
      child.kill(signal);
      await done;
      expect(tree.read("a.bin").toString()).toBe(pointer);
      cut = Number.POSITIVE_INFINITY;
      expect((await runInProcess(["lfs", "hydrate"], { cwd: tree.root, env })).code).toBe(0);
      // The lock of a killed run may stay until somebody wants it.
      const partials = tree.leftovers().filter((name) => name.includes(".part"));
      expect([tree.sha256("a.bin"), tree.sha256("b.bin"), partials]).toEqual([oids["a.bin"], oids["b.bin"], []]);
      expect(server.ranges.some((range) => range?.startsWith("bytes=") && range !== "bytes=0-")).toBe(true);
    },
  );

  it("beside another one fetches nothing twice, and both end well", async () => {
    const { tree, server, oids } = await lfsRepository({ "a.bin": BODY, "b.bin": { size: 400_000, seed: 2 } });
    const results = await Promise.all([1, 2].map(() => runBin(["lfs", "hydrate"], { cwd: tree.root, env })));
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(tree.sha256("a.bin")).toBe(oids["a.bin"]);
    expect(server.downloads.filter((oid) => oid === oids["b.bin"])).toHaveLength(1);
    expect(tree.leftovers()).toEqual([]);
  });

  it("does not replace what the user puts in the pointer's place meanwhile", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": BODY });
    server.behaviour.refuseObject = () => {
      tree.write("a.bin", "mine");
      return undefined;
    };
    vi.stubEnv("PATH", "");
    const network = { httpProxy: "", httpsProxy: "", noProxy: "" };
    const report = await hydrate({ paths: [tree.root], cwd: tree.root, network }).finally(() => vi.unstubAllEnvs());
    expect(report.outcomes[0]?.error?.code).toBe("CONFLICT");
    expect([report.exitCode, tree.read("a.bin").toString()]).toEqual([6, "mine"]);
  });
});

describe.skipIf(!canMakeSmallDisk())("a disk without room for the pointers of several repositories", () => {
  const BIG = { size: 2_000_000, seed: 9 };

  /** A repository in another one, and what the server of both has. */
  async function nested(diskBytes: number, over: "" | "inner") {
    const { tree, server } = await lfsRepository({});
    const config = tree.read(".git/config").toString();
    mkdirSync(tree.path("inner"));
    makeSmallDisk(diskBytes, tree.path(over));
    for (const [index, folder] of ["", "inner/"].entries()) {
      tree.write(`${folder}.git/HEAD`, "ref: refs/heads/main\n");
      mkdirSync(tree.path(`${folder}.git/objects`), { recursive: true });
      tree.write(`${folder}.git/config`, config);
      tree.write(`${folder}a.bin`, server.add({ ...BIG, seed: BIG.seed + index }).pointer);
    }
    return { tree, server };
  }

  it.each([
    ["all together", 3_500_000, ""],
    ["of the second", 1_500_000, "inner"],
  ] as const)("%s is told before the first byte, not after the first repository", async (_, diskBytes, over) => {
    const { tree, server } = await nested(diskBytes, over);
    const { code, stderr } = await runInProcess(["lfs", "hydrate"], { cwd: tree.root, env });
    expect([code, stderr]).toEqual([6, expect.stringContaining("has room for")]);
    expect([server.downloads, tree.read("a.bin").length < 200]).toEqual([[], true]);
  });
});

describe.skipIf(process.platform === "win32")("a stranger's repository", () => {
  const PLACES = [".lfsconfig", ".git/objects/info/alternates", "other/.assets/ledger.ndjson"];
  const TRAPS: [what: string, set: (path: string) => void][] = [
    ["a pipe that nobody writes to", (path) => execFileSync("mkfifo", [path])],
    [
      "a link to one",
      (path) => {
        execFileSync("mkfifo", [`${path}.pipe`]);
        symlinkSync(`${path}.pipe`, path);
      },
    ],
    ["a link to a device without an end", (path) => symlinkSync("/dev/zero", path)],
    ["a folder", (path) => mkdirSync(path)],
  ];

  it.each(TRAPS)("whose settings and notes are %s holds no run up", async (_, set) => {
    const { tree, oids } = await lfsRepository({ "a.bin": "content" });
    for (const place of PLACES) {
      tree.write(place, "");
      rmSync(tree.path(place));
      set(tree.path(place));
    }
    const options = { cwd: tree.root, env: { ...env, ASSETS_REFERENCE: tree.path("other") }, timeoutMs: 5_000 };
    expect((await runBin(["lfs", "hydrate"], options)).code).toBe(0);
    expect(tree.sha256("a.bin")).toBe(oids["a.bin"]);
  });

  it("does not have files read that its .lfsconfig is a link to", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": "content" });
    const outside = makeTree();
    symlinkSync(outside.write("config", `[lfs]\n\turl = ${server.origin}/elsewhere\n`), tree.path(".lfsconfig"));
    expect((await runInProcess(["lfs", "hydrate"], { cwd: tree.root, env })).code).toBe(0);
    expect(server.batches.map(({ path }) => path)).toEqual(["/o/r.git/info/lfs/objects/batch"]);
  });
});
