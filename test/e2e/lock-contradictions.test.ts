/** What `assets lock` makes of pins, statements and bytes that are not of the same file: the real program, its servers on the loopback. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { lockPins } from "../../src/commands/lock-pins.js";
import type { AssetEvent } from "../../src/events.js";
import { loadManifest } from "../../src/manifest/load.js";
import { runBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { startZenodo } from "../helpers/forges.js";
import { COMMIT, listen, startHub } from "../helpers/hub.js";
import { makeTree } from "../helpers/tree.js";

const md5 = (body: Parameters<typeof bytesOf>[0]) => createHash("md5").update(bytesOf(body)).digest("hex");
const REPO = { files: { "config.json": "today", "same.json": "same" }, large: { "model.onnx": "weights" } };

function project(assets: object[]) {
  const tree = makeTree();
  tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets }, null, 2));
  const run = (args: string[], env: Record<string, string> = {}) => runBin(args, { cwd: tree.root, env });
  return { tree, run, assets: () => JSON.parse(tree.read("assets.manifest.json").toString()).assets };
}

const asset = (id: string, url: string, more: object = {}) => ({ id, type: "model", url, localPath: id, ...more });

describe("assets lock, where not all agree", () => {
  it("writes nothing of a file, says who contradicts whom, and ends with 5", async () => {
    const hub = await startHub({ repos: { "org/m": REPO } });
    const server = await startFaultServer();
    server.serve("/sums/SHA256SUMS", {
      body: `${sha256Of("evil")}  weak.bin\n${sha256Of("right")}  two.bin\n`,
    });
    const weak = server.serve("/sums/weak.bin", { body: "meant" });
    const fallback = server.serve("/sums/two.bin", { body: "right" });
    const primary = server.serve("/other/two.bin", { body: "something longer" });
    const cut = server.serve("/cut.csv", { body: "all of the lines" });
    const before = [
      asset("branch", "hf:org/m/config.json", { sha256: sha256Of("yesterday") }),
      asset("stale", "hf:org/m/same.json", { sha256: sha256Of("four") }),
      asset("weak", weak, { md5: md5("meant") }),
      asset("two", primary, { fallbackUrls: [fallback] }),
      asset("cut", cut),
    ];
    const { tree, run, assets } = project(before);
    tree.write("cut", "all of");
    tree.write("stale", "four");
    const done = await run(["lock"], { HF_ENDPOINT: hub.url });
    expect(assets()).toEqual(before);
    expect(done.code).toBe(5);
    expect(done.stdout).toContain(sha256Of("yesterday"));
    expect(done.stdout).toContain("a branch has other bytes by now");
    expect(done.stdout).toMatch(/two: .*\/other\/two\.bin .*16 bytes.*\/sums\/two\.bin 5 bytes/);
    expect(done.stdout).toMatch(/cut, which is here, has 6 bytes/);
    expect(tree.exists("weak")).toBe(false);
    // The user's own file must not pass for one that was put there.
    expect(tree.exists(".assets/ledger.ndjson") ? tree.read(".assets/ledger.ndjson").toString() : "").not.toContain(
      '"cut"',
    );
  });

  it("writes the other files where what is stated of one cannot be written", async () => {
    const sum = (body: string) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    const server = await listen(({ url }, response) => {
      const [body, length] = url === "/good" ? ["good", 4] : ["", 5];
      response.writeHead(200, { "content-length": length, "repr-digest": sum(body) }).end();
    });
    const bad = asset("bad", `${server}/bad`);
    const { run, assets } = project([bad, asset("good", `${server}/good`)]);
    const done = await run(["lock"]);
    expect(done).toMatchObject({ code: 3, stdout: expect.stringMatching(/failed.*bad\n.*cannot be written/) });
    expect(assets()).toMatchObject([bad, { size: 4, sha256: sha256Of("good") }]);
  });

  it("writes the pins of a list whose server announces another length, or none, and no size", async () => {
    const server = await listen(({ url, method }, response) => {
      if (url === "/SHA256SUMS")
        response.end(`${sha256Of("right")}  0\n${sha256Of("right")}  23\n${sha256Of("")}  empty\n`);
      else if (method === "HEAD") response.writeHead(200, { "content-length": Number(url?.slice(1)) || 0 }).end();
      else response.writeHead(404).end();
    });
    const before = ["0", "23", "empty"].map((name) => asset(name, `${server}/${name}`));
    before[0] = Object.assign(asset("0", `${server}/0`), { sha256: sha256Of("right") });
    const { run, assets } = project(before);
    const done = await run(["lock"]);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("assets download 0") });
    expect(assets()).toEqual([
      before[0],
      asset("23", `${server}/23`, { sha256: sha256Of("right"), pinnedAs: "declared" }),
      asset("empty", `${server}/empty`, { size: 0, sha256: sha256Of(""), pinnedAs: "declared" }),
    ]);
  });

  it("replaces a branch of a pinned file once its bytes are proven to be those of its commit, and a weak digest beside a stated one", async () => {
    const hub = await startHub({ repos: { "org/m": REPO } });
    const zenodo = await startZenodo({ "table.csv": "1,2\n" });
    const server = await startFaultServer();
    server.serve("/SHA256SUMS", { body: `${sha256Of("meant")}  weak.bin\n` });
    const weak = server.serve("/weak.bin", { body: "meant" });
    const here = server.serve("/here.csv", { body: "here" });
    const { tree, run, assets } = project([
      asset("fetched", "hf:org/m/same.json", { sha256: sha256Of("same") }),
      asset("large", "hf:org/m/model.onnx", { sha256: sha256Of("weights") }),
      asset("weak", weak, { md5: md5("meant") }),
      asset("record", "zenodo:41/table.csv"),
      asset("here", here),
    ]);
    tree.write("here", "here");
    const done = await run(["lock"], { HF_ENDPOINT: hub.url, ASSETS_ZENODO_URL: zenodo.url });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("measured of the file that is here") });
    expect(done.stdout).toContain("the MD5 stated by Zenodo's record API is right");
    expect(done.stdout.match(/nobody states/g)).toHaveLength(1);
    expect(assets()).toEqual([
      asset("fetched", `hf:org/m@${COMMIT}/same.json`, { size: 4, sha256: sha256Of("same") }),
      asset("large", `hf:org/m@${COMMIT}/model.onnx`, { size: 7, sha256: sha256Of("weights") }),
      asset("weak", weak, { size: 5, sha256: sha256Of("meant"), pinnedAs: "declared" }),
      asset("record", "zenodo:42/table.csv", { size: 4, sha256: sha256Of("1,2\n"), pinnedAs: "measured" }),
      asset("here", here, { size: 4, sha256: sha256Of("here"), pinnedAs: "measured" }),
    ]);
    expect(tree.exists("large")).toBe(false);
  });

  it("writes a whole repository down after a download as well as before one", async () => {
    const hub = await startHub({ repos: { "org/m": REPO } });
    const { run, assets } = project([{ id: "m", type: "model", path: "m", source: "hf:org/m@main" }]);
    const env = { HF_ENDPOINT: hub.url };
    expect(await run(["download", "--all"], env)).toMatchObject({ code: 0 });
    expect(await run(["lock", "--pieces"], env)).toMatchObject({ code: 0 });
    expect(await run(["lock"], env)).toMatchObject({ code: 0 });
    expect(assets()[0].files).toHaveLength(3);
  });

  it.each([
    ["keeps what another command adds meanwhile", "new", {}],
    ["writes nothing of an asset that is another meanwhile", "a", { tags: ["changed"] }],
  ])("%s", async (_, id, more) => {
    const server = await startFaultServer();
    const before = asset("a", server.serve("/a", { body: "a" }));
    const { tree, assets } = project([before]);
    const other = { ...(id === "a" ? before : asset(id, "https://x.example/new")), ...more };
    const now = id === "a" ? [other] : [other, before];
    const onEvent = ({ type }: AssetEvent) => {
      if (type === "plan") tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: now }));
    };
    const done = lockPins({ manifest: await loadManifest({ cwd: tree.root }), onEvent });
    if (id === "a") {
      await expect(done).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
      expect(assets()).toEqual(now);
    } else {
      await expect(done).resolves.toMatchObject({ exitCode: 0 });
      expect(assets()).toMatchObject([other, { ...before, sha256: sha256Of("a") }]);
    }
  });
});
