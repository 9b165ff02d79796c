/** Whether the real program tells which URLs died or changed, and leaves hosts in peace. */
import { describe, expect, it } from "vitest";
import { startFaultServer } from "../helpers/fault-server.js";
import { startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
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
    expect((await run(["--remote"])).stdout).toContain("0 asked now");
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
  });
});
