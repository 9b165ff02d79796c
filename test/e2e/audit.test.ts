/** Whether the real program tells which URLs died or changed, and leaves hosts in peace. */
import { describe, expect, it } from "vitest";
import { formatPointer } from "../../src/lfs-pointer.js";
import { chain, startFarHosts } from "../helpers/far-hosts.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { COMMIT, startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { startLfsServer } from "../helpers/lfs-server.js";
import { OID, OTHER } from "../helpers/pointers.js";
import { makeTree } from "../helpers/tree.js";

const BODY = { size: 50_000, seed: 8 };

describe("assets audit", () => {
  it("asks each URL for one byte, and tells what died, what changed and what only a mirror has", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({
      fine: { url: server.serve("/fine", { body: BODY }), body: BODY },
      dead: { url: `${server.main}/gone`, body: BODY },
      changed: { url: server.serve("/other", { body: "short" }), body: BODY },
      mirrored: { url: [`${server.main}/lost`, server.serve("/mirror", { body: BODY })], body: BODY },
      whole: { url: server.serve("/whole", { body: BODY, fault: "ignores the range and answers 200" }), body: BODY },
    });
    const run = (args: string[]) => runInProcess(["audit", ...args], { cwd: tree.root });
    const done = await run(["--remote", "--json"]);
    expect(done.code).toBe(1);
    const { urls } = JSON.parse(done.stdout);
    expect(urls.map(({ path, status, level }: Record<string, string>) => [path, status, level])).toEqual([
      ["fine", "alive", undefined],
      ["dead", "dead", "error"],
      ["changed", "changed", "error"],
      ["mirrored", "dead", "warning"],
      ["mirrored", "alive", undefined],
      ["whole", "alive", "note"],
    ]);
    expect(server.to("/fine").map(({ range }) => range)).toEqual(["bytes=0-0"]);
    const before = server.requests.length;
    const again = (await run(["--remote"])).stdout;
    expect(again).toContain("0 asked now");
    expect(again).toContain("6 answers of before; to ask again: assets audit --remote --max-age 0s");
    expect(await run([])).toMatchObject({ code: 1, stdout: expect.stringContaining("50000 are pinned") });
    expect(server.requests.length).toBe(before);
    await run(["fine", "--remote", "--max-age", "0s"]);
    expect(server.requests.length).toBeGreaterThan(before);
  });

  it("asks nobody without --remote, and says that nobody was asked", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({ a: { url: server.serve("/a", { body: "a" }), body: "a" } });
    const done = await runInProcess(["audit"], { cwd: tree.root });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("assets audit --remote") });
    expect(server.requests).toEqual([]);
    expect(tree.files()).toEqual(["assets.manifest.json"]);
  });

  it("finds on the Hub by its digest what has the same size and other bytes", async () => {
    const hub = await startHub({ repos: { "org/m": { large: { "a.bin": "new" } } } });
    const tree = makeTree();
    tree.manifestFor({ a: { url: "hf:org/m@main/a.bin", body: "old" } });
    const done = await runInProcess(["audit", "--remote", "--format", "github"], {
      cwd: tree.root,
      env: { HF_ENDPOINT: hub.url },
    });
    expect(done.code).toBe(1);
    expect(done.stdout).toMatch(/^::error .*file=assets\.manifest\.json,line=\d+.*SHA-256/m);
  });

  it("asks a Git LFS server for all files at once whether it has them", async () => {
    const server = await startLfsServer();
    const [here, other] = [server.add("here"), server.add("other")];
    const tree = makeTree();
    const files = [
      { path: "here", sha256: here.oid, size: here.size },
      { path: "other", sha256: other.oid, size: other.size },
      { path: "gone", sha256: "a".repeat(64), size: 7 },
      { path: "removed", sha256: "b".repeat(64), size: 7 },
    ].map((file) => ({ ...file, url: `lfs:${server.endpoint}` }));
    server.behaviour.entry = (oid) => (oid.startsWith("b") ? { error: { code: 410, message: "removed" } } : undefined);
    tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [{ id: "m", type: "model", files }] }));
    const done = await runInProcess(["audit", "--remote", "--json"], { cwd: tree.root });
    const { urls, totals } = JSON.parse(done.stdout);
    expect(urls.map(({ path, status }: Record<string, string>) => [path, status])).toEqual([
      ["here", "alive"],
      ["other", "alive"],
      ["gone", "dead"],
      ["removed", "dead"],
    ]);
    expect(done.code).toBe(1);
    expect([totals.asked, server.batches.length, server.downloads]).toEqual([4, 1, []]);
  });

  it("asks a Git LFS server anew once a pin is another one, and says of a file only what was said of it", async () => {
    const server = await startLfsServer();
    const { oid, size } = server.add("x".repeat(18_000));
    const tree = makeTree();
    const audit = async (pinned: number) => {
      const files = [{ path: "a", sha256: oid, size: pinned, url: `lfs:${server.endpoint}` }];
      tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [{ id: "m", type: "model", files }] }));
      const { code, stdout } = await runInProcess(["audit", "--remote", "--json"], { cwd: tree.root });
      const [url] = JSON.parse(stdout).urls;
      return [code, url.status, url.size, server.batches.length];
    };
    expect(await audit(24)).toEqual([0, "alive", undefined, 1]);
    expect(await audit(size)).toEqual([0, "alive", undefined, 2]);
    expect(await audit(size)).toEqual([0, "alive", undefined, 2]);
  });

  it.skipIf(chain === undefined)(
    "holds against a pin what a Git LFS pointer stands for, and not the pointer",
    async () => {
      const about = { size: 12345, oid: OID };
      const contents = {
        type: "file",
        encoding: "base64",
        content: Buffer.from(formatPointer(about)).toString("base64"),
      };
      const { proxy } = await startFarHosts(({ at }) => {
        return { body: at.startsWith("api.") ? JSON.stringify(contents) : formatPointer(about) };
      });
      const tree = makeTree();
      const url = (file: string) => `https://raw.githubusercontent.com/o/r/${COMMIT}/${file}`;
      const files = [
        { path: "same", url: url("same"), sha256: OID, size: 12345 },
        { path: "other", url: url("other"), sha256: OTHER, size: 12345 },
      ];
      tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [{ id: "m", type: "model", files }] }));
      tree.write("ca.pem", chain?.ca ?? "");
      const done = await runInProcess(["audit", "--remote", "--json", "--ca-file", "ca.pem"], {
        cwd: tree.root,
        env: { HTTPS_PROXY: proxy },
      });
      const { urls } = JSON.parse(done.stdout);
      expect(urls.map(({ status }: { status: string }) => status)).toEqual(["alive", "changed"]);
    },
  );

  it("takes a host that does not answer for a trouble that may pass, and one that asks for a login for no loss", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({
      a: { url: "http://127.0.0.1:9/a", body: "a" },
      b: { url: server.serve("/b", { body: "b", fault: "403" }), body: "b" },
    });
    const done = await runInProcess(["audit", "--remote", "--json"], { cwd: tree.root });
    expect(done.code).toBe(0);
    const { urls } = JSON.parse(done.stdout);
    expect(urls.map(({ status, level }: Record<string, string>) => [status, level])).toEqual([
      ["unreachable", "warning"],
      ["refused", "warning"],
    ]);
    // A login may be set, and a server started, within the day for which the others are not asked again.
    server.serve("/b", { body: "b" });
    expect((await runInProcess(["audit", "b", "--remote"], { cwd: tree.root })).stdout).toContain("1 alive");
  });
});
