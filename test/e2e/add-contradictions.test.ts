/** What `assets add` makes of statements that are not of the same file, and of runs beside it: the real program. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { startFaultServer } from "../helpers/fault-server.js";
import { COMMIT, listen, startHub } from "../helpers/hub.js";
import { makeTree } from "../helpers/tree.js";

const START = '{\n  "version": 1,\n  "assets": []\n}\n';

function project() {
  const tree = makeTree();
  tree.write("assets.manifest.json", START);
  const run = (args: string[], env: Record<string, string> = {}) => runBin(args, { cwd: tree.root, env });
  return {
    tree,
    run,
    text: () => tree.read("assets.manifest.json").toString(),
    assets: () => JSON.parse(tree.read("assets.manifest.json").toString()).assets,
  };
}

/** A server of any path, that says nothing of a length before it sends. `ready`: answers HEAD only then. */
const startSilent = (bodyOf: (path: string) => string, ready = async () => {}) =>
  listen(async (request, response) => {
    if (/sha\d+/i.test(request.url ?? "")) return void response.writeHead(404).end();
    if (request.method === "HEAD") await ready();
    response.writeHead(200);
    if (request.method === "HEAD") return void response.end();
    response.write(bodyOf(request.url ?? ""));
    response.end();
  });

describe("assets add, where not all agree", () => {
  it("pins no local file of another length than its server announces", async () => {
    const { tree, run, text } = project();
    const server = await startFaultServer();
    const url = server.serve("/a.bin", { body: "all of the bytes" });
    tree.write("models/a.bin", "all of");
    const done = await run(["add", "models/a.bin", "--url", url]);
    expect(done).toMatchObject({ code: 5, stdout: expect.stringMatching(/has 6 bytes.*have 16/) });
    expect(text()).toBe(START);
  });

  it("holds what it fetches against the size that the user knows, when nobody states one", async () => {
    const { tree, run, text } = project();
    const url = `${await startSilent(() => "four more than six")}/a.csv`;
    expect(await run(["add", url, "--size", "6"])).toMatchObject({ code: 5 });
    expect(text()).toBe(START);
    expect(tree.files().filter((name) => name.endsWith(".csv"))).toEqual([]);
  });

  it("reads fallbacks as it reads sources: pages become files, branches commits", async () => {
    const { run, assets } = project();
    const hub = await startHub({ repos: { "org/m": { large: { "x.bin": "same" } } } });
    const url = (await startFaultServer()).serve("/x.bin", { body: "same" });
    const page = "https://github.com/o/r/blob/v1/x.bin";
    const env = { HF_ENDPOINT: hub.url, GITHUB_API_URL: "http://127.0.0.1:9" };
    const done = await run(["add", url, "--fallback", "hf:org/m/x.bin", "--fallback", page], env);
    expect(done).toMatchObject({ code: 0 });
    expect(assets()).toMatchObject([
      {
        url,
        sha256: sha256Of("same"),
        fallbackUrls: [`hf:org/m@${COMMIT}/x.bin`, "https://raw.githubusercontent.com/o/r/v1/x.bin"],
      },
    ]);
  });

  it.each([
    ["another SHA-256", "hf:org/m/x.bin"],
    ["another size", "hf:org/m/short.txt"],
  ])("refuses a fallback that is stated to have %s", async (_, fallback) => {
    const { run, text } = project();
    const repo = { large: { "x.bin": "other" }, files: { "short.txt": "s" } };
    const hub = await startHub({ repos: { "org/m": repo } });
    const server = await startFaultServer();
    const url = server.serve("/x.bin", { body: "same!" });
    server.serve("/SHA256SUMS", { body: `${sha256Of("same!")}  x.bin\n` });
    const done = await run(["add", url, "--fallback", fallback], { HF_ENDPOINT: hub.url });
    expect(done).toMatchObject({ code: 5, stdout: expect.stringContaining(fallback) });
    expect(text()).toBe(START);
  });
});

describe("assets add of several sources", () => {
  it("writes those that a manifest can have, and fails the others by themselves", async () => {
    const { run, assets } = project();
    const sum = (body: string) => `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    const server = await listen(({ url }, response) => {
      const [body, length] = url === "/good.bin" ? ["good", 4] : ["", 5];
      response.writeHead(200, { "content-length": length, "repr-digest": sum(body) }).end();
    });
    const urls = [`${server}/bad.bin`, `${server}/`, `${server}/good.bin`];
    const done = await run(["add", ...urls, "--json"]);
    expect(done.code).toBe(2);
    expect(JSON.parse(done.stdout).files).toMatchObject([
      { url: urls[0], status: "failed", error: { code: "USAGE", message: expect.stringContaining("cannot be added") } },
      { url: urls[1], status: "failed", error: { code: "USAGE", message: expect.stringContaining("no usable name") } },
      { url: urls[2], status: "added" },
    ]);
    expect(assets()).toMatchObject([{ url: urls[2], size: 4 }]);
  });
});

describe("assets add beside other runs", () => {
  it("takes another id where another run writes its own while the hosts are asked", async () => {
    const { tree, run, assets } = project();
    const other = { id: "x", type: "dataset", url: "https://h.example/x.csv", localPath: "datasets/x/x.csv" };
    const server = await startSilent(
      () => "mine",
      async () => void tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [other] })),
    );
    expect(await run(["add", `${server}/x.csv`])).toMatchObject({ code: 0 });
    expect(assets()).toMatchObject([other, { id: "x-2", url: `${server}/x.csv`, sha256: sha256Of("mine") }]);
  });

  it("gives files of one name that are added at once a place and an id each, and a URL only one", async () => {
    const { tree, run, assets } = project();
    let heads = 0;
    let begin = () => {};
    const ready = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const server = await startSilent(
      (path) => path,
      async () => {
        heads++;
        if (heads === 3) begin();
        await ready;
      },
    );
    const urls = ["/v1/x.csv", "/v2/x.csv", "/v1/x.csv"];
    const runs = await Promise.all(urls.map((path) => run(["add", `${server}${path}`])));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(assets()).toHaveLength(2);
    expect(tree.files().filter((name) => name.endsWith(".csv"))).toHaveLength(2);
    for (const { url, localPath, sha256 } of assets()) {
      expect([sha256, tree.sha256(localPath)]).toEqual(Array(2).fill(sha256Of(new URL(url).pathname)));
    }
  });

  it("leaves a file alone that no asset names any more, though it was fetched once", async () => {
    const { tree, run } = project();
    let body = "yesterday";
    const url = `${await startSilent(() => body)}/x.csv`;
    await run(["add", url]);
    tree.write("assets.manifest.json", START);
    body = "today";
    expect(await run(["add", url])).toMatchObject({ code: 6 });
    expect(tree.read("datasets/x/x.csv").toString()).toBe("yesterday");
  });
});
