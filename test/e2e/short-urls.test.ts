/** Files by the short names of Hugging Face, GitHub and Zenodo, fetched and checked by the real program. */
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { startGitHub, startZenodo } from "../helpers/forges.js";
import { COMMIT, gitBlob, listen, sendBody, startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const WEIGHTS = "weights ".repeat(1000);

async function download(url: string, env: Record<string, string>, pin: object = {}) {
  const tree = makeTree();
  const assets = [{ id: "a", type: "model", url, localPath: "a.bin", ...pin }];
  tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets }));
  const result = await runInProcess(["download", "a"], { cwd: tree.root, env: { ASSETS_RETRIES: "0", ...env } });
  return { ...result, text: tree.exists("a.bin") ? tree.read("a.bin").toString() : undefined };
}

describe("a pinned file", () => {
  const pin = { size: WEIGHTS.length, sha256: sha256Of(WEIGHTS) };

  it("comes from the Hub, a release, a record", async () => {
    const hub = await startHub({ repos: { "org/name": { large: { "x/w.bin": WEIGHTS } } } });
    expect((await download("hf:org/name@v1/x/w.bin", { HF_ENDPOINT: hub.url }, pin)).text).toBe(WEIGHTS);
    // What is pinned needs no question.
    expect(hub.requests.map((request) => request.replace(/[0-9a-f]{64}/, "…"))).toEqual([
      "GET /org/name/resolve/v1/x/w.bin",
      "cdn GET /…?Signature=abc",
    ]);
    const github = await startGitHub({ tag: "v1", assets: { "w.bin": WEIGHTS } });
    expect((await download("github:o/r@v1/w.bin", { GITHUB_API_URL: github.url }, pin)).text).toBe(WEIGHTS);
    const zenodo = await startZenodo({ "w.bin": WEIGHTS });
    expect((await download("zenodo:42/w.bin", { ASSETS_ZENODO_URL: zenodo.url }, pin)).text).toBe(WEIGHTS);
  });
});

describe("a file without a pin", () => {
  it("is held against the digest that the Hub states, at the commit that its branch stands for", async () => {
    const hub = await startHub({ repos: { "org/name": { large: { "w.bin": WEIGHTS }, files: { "c.json": "{}" } } } });
    const { code, text } = await download("hf:org/name/w.bin", { HF_ENDPOINT: hub.url });
    expect([code, text]).toEqual([0, WEIGHTS]);
    expect(hub.requests).toContain(`GET /org/name/resolve/${COMMIT}/w.bin`);
    expect((await download("hf:org/name/c.json", { HF_ENDPOINT: hub.url })).text).toBe("{}");
  });

  it.each([
    ["the SHA-256 of a large file", { "x-linked-etag": `"${sha256Of("right")}"`, "x-linked-size": "5" }, "sha256"],
    ["the git blob id of a small one", { etag: `"${gitBlob("right")}"` }, "git-blob"],
  ])("is refused when what comes has not %s", async (_, headers, algorithm) => {
    const url = await listen((request, response) => {
      if (request.url?.startsWith("/api/")) response.writeHead(503).end();
      else sendBody(request, response, "wrong", { "x-repo-commit": COMMIT, ...headers });
    });
    const { code, text, stdout } = await download("https://huggingface.co/o/n/resolve/main/x", { HF_ENDPOINT: url });
    expect([code, text, stdout]).toEqual([5, undefined, expect.stringContaining(`expected ${algorithm}`)]);
  });

  it("is refused when what comes has not the MD5 of its record", async () => {
    const url = await listen((request, response) => {
      const files = [{ key: "x", size: 5, checksum: "md5:0cc175b9c0f1b6a831c399e269772661" }];
      if (request.url === "/api/records/7") response.end(JSON.stringify({ id: 7, files }));
      else sendBody(request, response, "wrong");
    });
    const { code, stdout } = await download("zenodo:7/x", { ASSETS_ZENODO_URL: url });
    expect([code, stdout]).toEqual([5, expect.stringContaining("expected md5")]);
  });

  it("comes as well where the service cannot be asked, with the warning that nothing proves it", async () => {
    const url = await listen((request, response) => {
      if (request.url?.startsWith("/api/")) response.writeHead(503).end();
      else sendBody(request, response, "text");
    });
    const { code, text, stderr } = await download("zenodo:7/x", { ASSETS_ZENODO_URL: url });
    expect([code, text, stderr]).toEqual([0, "text", expect.stringContaining("No SHA-256 is pinned")]);
  });
});
