/** What the real program tells of one asset, without a network and with one. */
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { COMMIT, startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const MODEL = { size: 100_000, seed: 7 };

describe("assets info", () => {
  it("tells how each file stands, where it would come from and what is left to fetch, and asks nobody", async () => {
    const server = await startFaultServer();
    const tree = makeTree();
    tree.manifestFor({
      "m/here.bin": { url: server.serve("/here", { body: "h" }), body: "h", id: "pair" },
      "m/away.bin": {
        url: [server.serve("/away", { body: MODEL }), "https://u:secret@h.example/x"],
        body: MODEL,
        id: "pair",
      },
    });
    tree.write("m/here.bin", "h");
    const { code, stdout } = await runInProcess(["info", "pair"], { cwd: tree.root });
    expect(code).toBe(0);
    for (const words of ["m/here.bin", sha256Of(MODEL), "100,000 bytes", "https://h.example/x", "100 kB to fetch"]) {
      expect(stdout).toContain(words);
    }
    expect(stdout).not.toContain("secret");
    expect(server.requests).toEqual([]);
    const report = JSON.parse((await runInProcess(["info", "pair", "--json"], { cwd: tree.root })).stdout);
    expect(report.files.map(({ left }: { left?: number }) => left)).toEqual([undefined, 100_000]);
  });

  it("adds with --remote what the Hub says, and whether the pinned bytes are what it has", async () => {
    const hub = await startHub({ repos: { "org/m": { large: { "model.onnx": MODEL }, gated: false } } });
    const tree = makeTree();
    tree.manifestFor({
      "model.onnx": { url: `hf:org/m@${COMMIT}/model.onnx`, body: MODEL, id: "m" },
      "other.onnx": { url: "hf:org/m/model.onnx", body: "other", id: "m" },
    });
    const env = { HF_ENDPOINT: hub.url };
    const report = JSON.parse(
      (await runInProcess(["info", "m", "--remote", "--json"], { cwd: tree.root, env })).stdout,
    );
    expect(report.files.map(({ remote }: { remote: object }) => remote)).toMatchObject([
      { agrees: true, size: 100_000 },
      { agrees: false, digest: `sha256:${sha256Of(MODEL)}` },
    ]);
    expect(report.repositories).toMatchObject([
      { name: "org/m", commit: COMMIT, pinned: [COMMIT], gated: false, files: [{ path: "model.onnx", size: 100_000 }] },
    ]);
    const { stdout } = await runInProcess(["info", "m", "--remote"], { cwd: tree.root, env });
    expect(stdout).toContain("(the newest)");
    expect(stdout).toContain("has other bytes");
  });

  it("tells of a host that does not answer, and all the rest", async () => {
    const tree = makeTree();
    tree.manifestFor({ a: { url: "http://127.0.0.1:9/a", body: "a", id: "a" } });
    const done = await runInProcess(["info", "a", "--remote"], { cwd: tree.root });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("127.0.0.1:9") });
  });

  it("names the nearest id, and takes no pattern of several", async () => {
    const tree = makeTree();
    tree.manifestFor({ a1: { url: "x", body: "a", id: "alpha" }, a2: { url: "x", body: "a", id: "alps" } });
    expect(await runInProcess(["info", "alpa"], { cwd: tree.root })).toMatchObject({ code: 2 });
    expect(await runInProcess(["info", "al*"], { cwd: tree.root })).toMatchObject({ code: 2 });
  });
});
