/** `assets remote ls`, by the real program. */
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { startGitHub, startZenodo } from "../helpers/forges.js";
import { COMMIT, gitBlob, type HubOptions, startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const REPO = {
  files: { "config.json": "{}", "onnx/config.json": "[]" },
  large: { "onnx/model.onnx": "weights" },
  tags: ["license:mit"],
};

const run = (args: string[], env: Record<string, string>) =>
  runInProcess(["remote", "ls", ...args], { cwd: makeTree().root, env: { ASSETS_RETRIES: "1", ...env } });

async function hub(args: string[], options: Partial<HubOptions> = {}) {
  const { url, requests } = await startHub({ repos: { "org/name": REPO }, pageSize: 2, ...options });
  return { ...(await run(args, { HF_ENDPOINT: url })), requests };
}

describe("assets remote ls", () => {
  it("lists a repository with sizes, digests and the name that always means the same, and needs no manifest", async () => {
    const { code, stdout } = await hub(["hf:org/name"]);
    expect(code).toBe(0);
    expect(stdout).toBe(`hf:org/name@${COMMIT}  main now, mit, changed 2025-01-02

SIZE  DIGEST                 PATH
 2 B  git-blob ${gitBlob("{}").slice(0, 12)}  config.json
 2 B  git-blob ${gitBlob("[]").slice(0, 12)}  onnx/config.json
 7 B  sha256 ${sha256Of("weights").slice(0, 12)}    onnx/model.onnx

3 files, 11 B.
`);
  });

  it("lists a folder, and what patterns pick, as JSON with whole digests", async () => {
    const { code, stdout } = await hub(["hf:org/name@v1/onnx/", "--include", "*.onnx", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      url: `hf:org/name@${COMMIT}/onnx`,
      moved: "v1",
      licence: "mit",
      files: [
        {
          path: "onnx/model.onnx",
          url: `hf:org/name@${COMMIT}/onnx/model.onnx`,
          size: 7,
          digest: { algorithm: "sha256", hex: sha256Of("weights") },
        },
      ],
      totals: { files: 1, size: 7 },
    });
  });

  it("fetches nothing", async () => {
    const { requests } = await hub(["hf:org/name"]);
    expect(requests.filter((request) => /cdn|resolve/.test(request))).toEqual([]);
  });

  it("lists releases and records", async () => {
    const github = await startGitHub({ tag: "v1", assets: { "a.onnx": "weights" } });
    const release = await run(["github:o/r"], { GITHUB_API_URL: github.url });
    expect(release.stdout).toMatch(/^github:o\/r@v1 {2}latest now\n[\s\S]*7 B {2}sha256 [0-9a-f]{12} {2}a\.onnx/);
    const zenodo = await startZenodo({ "a.csv": "1,2" });
    const record = await run(["zenodo:41"], { ASSETS_ZENODO_URL: zenodo.url });
    expect(record.stdout).toMatch(/^zenodo:42 {2}41 now, cc-by-4\.0\n[\s\S]*3 B {2}md5 [0-9a-f]{12} {2}a\.csv/);
  });

  it.each([
    ["hf:org/none", 7, /or it is private/],
    ["hf:org/name@gone", 4, /no such revision/],
    ["hf:org/name/none", 2, /has no files/],
    ["https://example.com/x", 2, /Write hf:/],
    ["hf:org", 2, /names no repository/],
    ["models", 2, /Write hf:/],
  ])("says what is wrong with %s", async (url, code, message) => {
    const result = await hub([url]);
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(result.stdout).toBe("");
  });

  it("cannot have its terminal driven by names", async () => {
    const tree = [{ type: "file", path: "a\u001b[2J\u202eb", size: 1, oid: "c".repeat(40) }];
    const { stdout } = await hub(["hf:org/name"], { repos: { "org/name": { tree, tags: ["license:\u001b[2J"] } } });
    expect(stdout).toContain("a\\u{1b}[2J");
    for (const character of ["\u001b", "\u202e"]) expect(stdout).not.toContain(character);
  });

  it("says when the Hub cannot answer", async () => {
    const { code, stderr } = await hub(["hf:org/name"], { refuse: () => 503 });
    expect([code, stderr]).toEqual([4, expect.stringContaining("HTTP 503")]);
  });
});
