/** Filling in pins with the real program, against servers on the loopback. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { project } from "../helpers/authoring.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { COMMIT, gitBlob, startHub } from "../helpers/hub.js";

const MODEL = { size: 200_000, seed: 6 };
const md5 = (body: Parameters<typeof bytesOf>[0]) => createHash("md5").update(bytesOf(body)).digest("hex");

describe("assets lock", () => {
  it("fills in what is missing, replaces what moves, and leaves every other character as it is", async () => {
    const server = await startFaultServer();
    const hub = await startHub({
      repos: { "org/m": { large: { "model.onnx": MODEL }, files: { "config.json": "{}" } } },
    });
    const before = `// ours
{ "version": 1,
  "assets": [
    { "id": "plain", "type": "dataset", "url": "${server.serve("/p.csv", { body: "p" })}", "localPath": "p.csv" }, // one line
    {
      "id": "hub",   /* two files */
      "type": "model", "path": "m",
      "files": {
        "model.onnx": {
          "url": "hf:org/m@main/model.onnx" // the branch
        },
        "config.json": { "url": "hf:org/m/config.json" },
      },
    },
  ],
}
`;
    const { tree, run, text } = project(before);
    const done = await run(["lock"], { HF_ENDPOINT: hub.url });
    expect(done).toMatchObject({ code: 0 });
    const pin = (body: string) => `"size": ${body.length}, "sha256": "${sha256Of(body)}", "pinnedAs": "measured"`;
    expect(text()).toBe(
      before
        .replace('"localPath": "p.csv"', `"localPath": "p.csv", ${pin("p")}`)
        .replace(
          '"hf:org/m@main/model.onnx" // the branch\n',
          `"hf:org/m@${COMMIT}/model.onnx", // the branch\n          "size": 200000,\n          "sha256": "${sha256Of(MODEL)}",\n          "pinnedAs": "declared"\n`,
        )
        .replace('"hf:org/m/config.json"', `"hf:org/m@${COMMIT}/config.json", ${pin("{}")}`),
    );
    expect(tree.exists("m/model.onnx")).toBe(false);
    expect(tree.read("m/config.json").toString()).toBe("{}");
    expect(await run(["lock", "--check"])).toMatchObject({ code: 0 });
    const again = text();
    expect(await run(["lock"], { HF_ENDPOINT: hub.url })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nothing has changed"),
    });
    expect(text()).toBe(again);
  });

  it("tells in a check what is open, and asks nobody and writes nothing", async () => {
    const { tree, run, text } = project(
      JSON.stringify({
        version: 1,
        assets: [
          { id: "a", type: "model", url: "http://127.0.0.1:9/a", localPath: "a" },
          { id: "b", type: "model", url: "http://127.0.0.1:9/b", localPath: "b", md5: "0".repeat(31).concat("1") },
          { id: "c", type: "model", url: "hf:org/m/c", localPath: "c", size: 1, sha256: "ab".repeat(32) },
          { id: "d", type: "model", url: `hf:org/m@${COMMIT}/d`, localPath: "d", size: 1, sha256: "ab".repeat(32) },
        ],
      }),
    );
    const before = text();
    const done = await run(["lock", "--check", "--json"]);
    expect(done.code).toBe(1);
    const { files } = JSON.parse(done.stdout) as { files: { needs: string[]; status: string }[] };
    expect(files.map(({ needs, status }) => [status, ...needs])).toEqual([
      ["open", "unpinned"],
      ["open", "weak"],
      ["open", "moving"],
      ["locked"],
    ]);
    expect((await run(["lock", "--check"])).stdout).toContain("assets lock a b c");
    expect(text()).toBe(before);
    expect(tree.files()).toEqual(["assets.manifest.json"]);
  });

  it("puts a SHA-256 in the place of a weaker digest once that was held against the bytes", async () => {
    const server = await startFaultServer();
    const right = server.serve("/right.bin", { body: MODEL });
    const wrong = server.serve("/wrong.bin", { body: MODEL });
    const blob = server.serve("/blob.txt", { body: "text" });
    const asset = (id: string, url: string, digest: object) => ({ id, type: "model", url, localPath: id, ...digest });
    const { tree, run } = project(
      JSON.stringify({
        version: 1,
        assets: [
          asset("right", right, { md5: md5(MODEL) }),
          asset("wrong", wrong, { md5: md5("other") }),
          asset("blob", blob, { gitBlob: gitBlob("text") }),
        ],
      }),
    );
    const done = await run(["lock"]);
    expect(done).toMatchObject({ code: 5, stdout: expect.stringContaining("failed  wrong") });
    const [first, second, third] = JSON.parse(tree.read("assets.manifest.json").toString()).assets;
    expect(first).toEqual(asset("right", right, { size: 200_000, sha256: sha256Of(MODEL), pinnedAs: "measured" }));
    expect(second).toEqual(asset("wrong", wrong, { md5: md5("other") }));
    expect(third).toMatchObject({ sha256: sha256Of("text") });
    expect(third).not.toHaveProperty("gitBlob");
    expect(tree.exists("wrong")).toBe(false);
  });

  it("measures the file that is here in place of fetching it, unless a stated digest says that it is another", async () => {
    const server = await startFaultServer();
    const url = server.serve("/a", { body: MODEL });
    const assets = [
      { id: "here", type: "model", url, localPath: "here.dat" },
      { id: "other", type: "model", url, localPath: "other.dat", gitBlob: gitBlob("what was meant") },
    ];
    const { tree, run } = project(JSON.stringify({ version: 1, assets }));
    const mine = { ...MODEL, seed: 9 };
    tree.write("here.dat", MODEL);
    tree.write("other.dat", mine);
    expect(await run(["lock"])).toMatchObject({ code: 5, stdout: expect.stringContaining("git-blob") });
    expect(server.to("/a").filter(({ method }) => method === "GET")).toEqual([]);
    const [here, other] = JSON.parse(tree.read("assets.manifest.json").toString()).assets;
    expect(here).toMatchObject({ sha256: sha256Of(MODEL) });
    expect(other).toEqual(assets[1]);
    expect(tree.sha256("other.dat")).toBe(sha256Of(mine));
  });

  it("never pins anew: where a branch has other bytes by now, it says so and writes nothing", async () => {
    const hub = await startHub({ repos: { "org/m": { large: { "model.onnx": MODEL } } } });
    const asset = { id: "m", type: "model", url: "hf:org/m/model.onnx", localPath: "m", sha256: "ab".repeat(32) };
    const { run, text } = project(JSON.stringify({ version: 1, assets: [asset] }));
    const before = text();
    const done = await run(["lock"], { HF_ENDPOINT: hub.url });
    expect(done).toMatchObject({ code: 5, stdout: expect.stringContaining(sha256Of(MODEL)) });
    expect(text()).toBe(before);
  });

  it("writes the files of a whole repository down in the place of its name, and fetches only what it must", async () => {
    const repo = { large: { "onnx/model.onnx": MODEL, "a.bin": "a" }, files: { "config.json": "{}" } };
    const hub = await startHub({ repos: { "org/whole": repo } });
    const { tree, run, text } = project(`{
  "version": 1,
  "assets": [
    {
      "id": "whole", // all of it
      "type": "model",
      "path": "models/whole",
      "source": "hf:org/whole@main", // as its authors have it
      "exclude": ["*.bin"] // not these
    }
  ]
}
`);
    expect(await run(["lock", "--check"])).toMatchObject({ code: 1 });
    expect(await run(["lock"], { HF_ENDPOINT: hub.url })).toMatchObject({ code: 0 });
    expect(text()).toContain('"id": "whole", // all of it');
    expect(text()).not.toContain('"source"');
    for (const comment of ["// as its authors have it\n", "// not these\n"])
      expect(text()).toContain(`\n      ${comment}`);
    const [asset] = JSON.parse(text().replace(/ \/\/.*/g, "")).assets;
    expect(asset.files).toEqual(
      expect.arrayContaining([
        {
          path: "onnx/model.onnx",
          size: 200_000,
          sha256: sha256Of(MODEL),
          pinnedAs: "declared",
          url: `hf:org/whole@${COMMIT}/onnx/model.onnx`,
        },
        expect.objectContaining({ path: "config.json", sha256: sha256Of("{}"), pinnedAs: "measured" }),
      ]),
    );
    expect(asset.files).toHaveLength(2);
    expect(tree.exists("models/whole/onnx/model.onnx")).toBe(false);
    expect(await run(["lock", "--check"])).toMatchObject({ code: 0 });
  });

  it("writes nothing of a repository that lists paths which lead out of the tree", async () => {
    const tree = [{ type: "file", path: "../../evil", size: 1, oid: "0".repeat(40) }];
    const hub = await startHub({ repos: { "org/evil": { files: { "../../evil": "x" }, tree } } });
    const asset = { id: "e", type: "model", path: "m", source: "hf:org/evil@main" };
    const { tree: own, run, text } = project(JSON.stringify({ version: 1, assets: [asset] }));
    const before = text();
    expect((await run(["lock"], { HF_ENDPOINT: hub.url })).code).not.toBe(0);
    expect(text()).toBe(before);
    expect(own.files().filter((name) => !name.startsWith(".assets/"))).toEqual(["assets.manifest.json"]);
  });

  it("locks a repository whose type was left out, as the documentation has it", async () => {
    const hub = await startHub({ repos: { "acme/tiny-bert": { large: { "model.onnx": MODEL } } } });
    const { run, text } = project(
      '{ "version": 1, "assets": [{ "id": "tiny-bert", "source": "hf:acme/tiny-bert", "path": "models/tiny-bert" }] }',
    );
    expect(await run(["lock"], { HF_ENDPOINT: hub.url })).toMatchObject({ code: 0 });
    const [asset] = JSON.parse(text()).assets;
    expect(Object.keys(asset)).toEqual(["id", "type", "path", "files"]);
    expect(asset).toMatchObject({ type: "model", files: [{ path: "model.onnx", sha256: sha256Of(MODEL) }] });
  });

  it("tells of a repository that cannot be written down line by line", async () => {
    const hub = await startHub({ repos: { "org/m": { files: { a: "1" } } } });
    const assets = [
      { id: "m", source: "hf:org/m", path: "x" },
      { id: "own", type: "model", url: `hf:org/m@${COMMIT}/a`, localPath: "x/a", size: 1, sha256: "ab".repeat(32) },
    ];
    const done = await project(JSON.stringify({ version: 1, assets })).run(["lock"], { HF_ENDPOINT: hub.url });
    expect(done.stdout).toContain("x/a");
    expect(done.stdout).not.toContain("\\n");
  });

  it("locks only what is selected, and writes nothing in a dry run", async () => {
    const server = await startFaultServer();
    const assets = ["a", "b"].map((id) => ({
      id,
      type: "model",
      url: server.serve(`/${id}`, { body: id }),
      localPath: id,
    }));
    const { tree, run, text } = project(JSON.stringify({ version: 1, assets }));
    const before = text();
    expect(await run(["lock", "a", "--dry-run"])).toMatchObject({ code: 0 });
    expect([text(), tree.files()]).toEqual([before, ["assets.manifest.json"]]);
    expect(await run(["lock", "a"])).toMatchObject({ code: 0 });
    const [a, b] = JSON.parse(text()).assets;
    expect(a.sha256).toBe(sha256Of("a"));
    expect(b).toEqual(assets[1]);
  });

  it("keeps what could be locked when another file cannot be had", async () => {
    const server = await startFaultServer();
    const asset = (id: string, url: string) => ({ id, type: "model", url, localPath: id });
    const assets = [asset("a", server.serve("/a", { body: "a" })), asset("gone", `${server.main}/gone`)];
    const { run, text } = project(JSON.stringify({ version: 1, assets }));
    expect(await run(["lock"])).toMatchObject({ code: 4 });
    const [a, gone] = JSON.parse(text()).assets;
    expect(a.sha256).toBe(sha256Of("a"));
    expect(gone).toEqual(assets[1]);
  });

  it.each([
    [["--check", "--dry-run"], "exclude each other"],
    [["--check", "--pieces"], "exclude each other"],
    [["nobody"], "nobody"],
  ])("refuses %j", async (args, words) => {
    const { run } = project('{ "version": 1, "assets": [] }');
    expect(await run(["lock", ...args])).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  });
});
