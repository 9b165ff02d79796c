/** Filling in sizes beside pinned digests with the real program. */
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { COMMIT, startHub } from "../helpers/hub.js";
import { makeTree } from "../helpers/tree.js";

const MODEL = { size: 50_000, seed: 3 };
const PIN = sha256Of(MODEL);

function project(url: string, more: object = {}) {
  const tree = makeTree();
  const asset = { id: "m", type: "model", url, localPath: "m.onnx", sha256: PIN, ...more };
  tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [asset] }, null, 2));
  const run = (args: string[], env: Record<string, string> = {}) => runBin(args, { cwd: tree.root, env });
  return { tree, run, asset, now: () => JSON.parse(tree.read("assets.manifest.json").toString()).assets[0] };
}

describe("assets lock, of a pinned file without size", () => {
  it("takes the size that is stated together with the pinned digest, and fetches nothing", async () => {
    const hub = await startHub({ repos: { "org/m": { large: { "m.onnx": MODEL } } } });
    const { tree, run, asset, now } = project(`hf:org/m@${COMMIT}/m.onnx`, { pinnedAs: "declared" });
    const env = { HF_ENDPOINT: hub.url };
    expect(await run(["lock", "--check"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The size of 1 file is not known: .*\n1 file, all of them locked\.\n$/),
    });
    const dry = await run(["lock", "--dry-run"], env);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining("stated by the Hub") });
    expect(now()).toEqual(asset);
    expect(await run(["lock"], env)).toMatchObject({ code: 0, stdout: expect.stringContaining("50,000 bytes") });
    expect(now()).toEqual({ ...asset, size: 50_000 });
    expect(tree.exists("m.onnx")).toBe(false);
    expect(await run(["lock", "--check"])).toMatchObject({ code: 0 });
  });

  it("takes the size of the file that is here, without any network, if it has the pinned digest", async () => {
    const { tree, run, asset, now } = project("http://127.0.0.1:9/m.onnx");
    tree.write("m.onnx", MODEL);
    expect(await run(["lock"])).toMatchObject({ code: 0, stdout: expect.stringContaining("file that is here") });
    expect(now()).toEqual({ ...asset, size: 50_000 });
  });

  it("never takes the size of a file here that has other bytes, nor a Content-Length, and says what brings it", async () => {
    const server = await startFaultServer();
    const { tree, run, asset, now } = project(server.serve("/m.onnx", { body: MODEL }));
    tree.write("m.onnx", "other bytes");
    const done = await run(["lock"]);
    const how = "The size of 1 file is not known: assets download m, then assets lock m\n";
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(how) });
    expect(now()).toEqual(asset);
    // A length alone proves nothing, and neither does a list of sums: so that nobody is asked.
    expect(server.requests).toEqual([]);
    const { findings } = JSON.parse((await run(["lint", "--json"])).stdout);
    const { fix } = findings.find(({ rule }: { rule: string }) => rule === "no-size");
    expect(fix).toBe("assets download m && assets lock m");
    expect(await run(["download", "m", "--force"])).toMatchObject({ code: 0 });
    expect(await run(["lock"])).toMatchObject({ code: 0 });
    expect(now()).toEqual({ ...asset, size: 50_000 });
  });

  it("writes nothing where other bytes are stated by now, and says why where nobody answers", async () => {
    const hub = await startHub({ repos: { "org/m": { large: { "m.onnx": "other" } } } });
    const changed = project(`hf:org/m@${COMMIT}/m.onnx`);
    expect(await changed.run(["lock"], { HF_ENDPOINT: hub.url })).toMatchObject({ code: 5 });
    expect(changed.now()).toEqual(changed.asset);
    const dead = project(`hf:org/m@${COMMIT}/m.onnx`);
    const env = { HF_ENDPOINT: "http://127.0.0.1:9" };
    expect(await dead.run(["lock"], env)).toMatchObject({ code: 4, stdout: expect.stringContaining("failed  m") });
    expect(await dead.run(["lock", "--offline"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("not known"),
    });
    expect(dead.now()).toEqual(dead.asset);
  });

  it("writes no size of a branch that states only git's id of what it has by now", async () => {
    const hub = await startHub({ repos: { "org/m": { files: { "m.onnx": "small, and other" } } } });
    const { run, now } = project("hf:org/m@main/m.onnx");
    await run(["lock"], { HF_ENDPOINT: hub.url });
    expect(now()).not.toHaveProperty("size");
  });
});
