/** `--strategy`: files of the Hub by way of git, when its web interface cannot serve. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runBin, startBin } from "../helpers/bin.js";
import { sha256Of } from "../helpers/content.js";
import { hasGit } from "../helpers/git.js";
import { type GitHubOptions, startGitHub } from "../helpers/git-hub.js";
import { COMMIT, startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const WEIGHTS = "weights ".repeat(1000);
const REPO = {
  files: { "config.json": '{"crlf": "\r\n"}', "sub/bytes.bin": Buffer.from([0, 255, 128, 10]) },
  large: { "model.bin": WEIGHTS },
};

async function project(asset: object, options: GitHubOptions = REPO, runWith = runInProcess) {
  const hub = await startGitHub(options);
  const tree = makeTree();
  tree.write(
    "assets.manifest.json",
    JSON.stringify({ version: 1, assets: [{ id: "m", type: "model", path: "m", ...asset }] }),
  );
  const tmp = makeTree();
  const run = (args: string[], env: Record<string, string> = {}) =>
    runWith(["download", "m", ...args], {
      cwd: tree.root,
      env: { HF_ENDPOINT: hub.url, ASSETS_RETRIES: "0", TMPDIR: tmp.root, ...env },
    });
  return { hub, tree, tmp, run };
}

describe.skipIf(!hasGit)("--strategy (needs git)", () => {
  it("git clones a whole repository without its large files, and fetches those from its LFS", async () => {
    const { hub, tree, tmp, run } = await project({ source: "hf:org/name" });
    const { code, stdout, stderr } = await run(["--strategy", "git"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(`commit ${hub.commit.slice(0, 12)}`)]);
    expect(tree.read("m/config.json").toString()).toBe('{"crlf": "\r\n"}');
    expect([...tree.read("m/sub/bytes.bin")]).toEqual([0, 255, 128, 10]);
    expect(tree.sha256("m/model.bin")).toBe(sha256Of(WEIGHTS));
    expect(stdout).toContain("3 downloaded");
    // Nothing was asked of the web interface, and nothing is left of the clone.
    expect(hub.requests.filter((request) => /\/api\/|resolve/.test(request))).toEqual([]);
    expect([readdirSync(tmp.root), readdirSync(tree.path(".assets/clones"))]).toEqual([[], []]);
  });

  it("auto does so once the web interface has failed, and says so", async () => {
    const { tree, run } = await project({ source: "hf:org/name" });
    const { code, stderr } = await run([]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("HTTP 503). It is cloned by git instead.")]);
    expect(tree.sha256("m/model.bin")).toBe(sha256Of(WEIGHTS));
  });

  it("http does not", async () => {
    const { hub, run } = await project({ source: "hf:org/name" });
    expect((await run(["--strategy", "http"])).code).toBe(4);
    expect(hub.requests.every((request) => request.includes("/api/"))).toBe(true);
  });

  it.each(["hf:org/name/model.bin", "https://huggingface.co/org/name/resolve/main/model.bin"])(
    "auto has a pinned file come from a clone after all its URLs: %s",
    async (url) => {
      const files = [{ path: "model.bin", url, sha256: sha256Of(WEIGHTS) }];
      const { hub, tree, run } = await project({ files });
      const { code, stdout } = await run(["--ndjson"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("transfer:fallback")]);
      expect(tree.sha256("m/model.bin")).toBe(sha256Of(WEIGHTS));
      expect(hub.requests[0]).toContain("resolve");
    },
  );

  it("auto leaves git alone when a file is not there, which a clone would not change", async () => {
    const { hub, run } = await project({ files: [{ path: "x", url: "hf:org/name/x" }] }, { ...REPO, web: 404 });
    expect((await run([])).code).toBe(4);
    expect(hub.requests.filter((request) => request.includes("git-upload-pack"))).toEqual([]);
  });

  it("git refuses bytes that are not the pinned ones", async () => {
    const files = [{ path: "model.bin", url: "hf:org/name/model.bin", sha256: sha256Of("other") }];
    const { tree, run } = await project({ files });
    expect((await run(["--strategy", "git"])).code).toBe(5);
    expect(tree.exists("m/model.bin")).toBe(false);
  });

  it("git fetches the very commit", async () => {
    const { hub, tree, run } = await project({ source: "hf:org/name" });
    tree.write(
      "assets.manifest.json",
      JSON.stringify({ version: 1, assets: [{ id: "m", path: "m", source: `hf:org/name@${hub.commit}` }] }),
    );
    expect((await run(["--strategy", "git"])).code).toBe(0);
    expect(tree.exists("m/config.json")).toBe(true);
  });

  it.each([
    ["a revision that is not there", "hf:org/name@gone", 4, /couldn't find remote ref/i],
    ["a repository that is not there", "hf:org/none", 4, /cannot clone hf:org\/none/],
    ["a commit that is not there", `hf:org/name@${COMMIT}`, 4, /cannot clone/],
  ])("git says what it cannot find: %s", async (_, source, code, message) => {
    const { run } = await project({ source });
    const result = await run(["--strategy", "git"]);
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(message)]);
  });

  it("git shows the token as the Hub takes it, and nobody else sees it", async () => {
    const login = `Basic ${Buffer.from("hf:hf_CANARY123").toString("base64")}`;
    const { tree, run } = await project({ source: "hf:org/name" }, { files: REPO.files, login }, runBin);
    const refused = await run(["--strategy", "git"]);
    expect([refused.code, refused.stderr]).toEqual([7, expect.stringContaining("set HF_TOKEN")]);
    const { code, stdout, stderr } = await run(["--strategy", "git"], { HF_TOKEN: "hf_CANARY123" });
    expect(code).toBe(0);
    expect(`${stdout}${stderr}`).not.toContain("CANARY");
    expect(tree.exists("m/config.json")).toBe(true);
  });

  it("git takes the token to no host that the Hub redirects to, and says which that is", async () => {
    const other = await startGitHub(REPO);
    const { hub, tree, run } = await project(
      { source: "hf:org/name" },
      { ...REPO, redirect: ["/org/name", `${other.url}/org/name`] },
    );
    const { code, stderr } = await run(["--strategy", "git"], { HF_TOKEN: "hf_CANARY123" });
    expect([code, stderr]).toEqual([4, expect.stringContaining(`it redirects to ${other.url}`)]);
    expect(stderr).toContain(`HF_ENDPOINT=${other.url}`);
    expect(hub.logins.length).toBeGreaterThan(0);
    expect(other.requests).toEqual([]);
    // Without one there is nothing to keep from anybody.
    expect((await run(["--strategy", "git"])).code).toBe(0);
    expect(tree.sha256("m/model.bin")).toBe(sha256Of(WEIGHTS));
    expect(other.logins).toEqual([]);
  });

  it("git finds a repository under its new name, with the token", async () => {
    const login = `Basic ${Buffer.from("hf:hf_CANARY123").toString("base64")}`;
    const redirect = ["/org/old", "/org/name"] as const;
    const { tree, run } = await project({ source: "hf:org/old" }, { files: REPO.files, redirect, login });
    const { code, stderr } = await run(["--strategy", "git"], { HF_TOKEN: "hf_CANARY123" });
    expect([code, stderr]).toEqual([0, expect.stringContaining("not pinned")]);
    expect(tree.exists("m/config.json")).toBe(true);
  });

  it("git is refused in plain words where there is no git; auto says what is wrong with the Hub", async () => {
    const { run } = await project({ source: "hf:org/name" });
    const refused = await run(["--strategy", "git"], { PATH: "/nowhere" });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("Install git")]);
    const auto = await run([], { PATH: "/nowhere" });
    expect([auto.code, auto.stderr]).toEqual([4, expect.stringContaining("HTTP 503")]);
  });

  it("git is stopped by Ctrl-C while it waits for a server, and nothing is left of the clone", async () => {
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const before = () => {
      asked();
      return new Promise<void>(() => {});
    };
    const { hub, tree, tmp } = await project({ source: "hf:org/name" }, { ...REPO, before });
    const env = { HF_ENDPOINT: hub.url, TMPDIR: tmp.root };
    const { child, done } = startBin(["download", "m", "--strategy", "git"], { cwd: tree.root, env });
    await isAsked;
    child.kill("SIGINT");
    expect((await done).code).toBe(130);
    expect([readdirSync(tmp.root), readdirSync(tree.path(".assets/clones"))]).toEqual([[], []]);
    expect(tree.files()).toEqual([".assets/.gitignore", "assets.manifest.json"]);
  });

  it("git changes nothing for files of other servers", async () => {
    const other = await startHub({ repos: { "org/name": { files: { x: "1" } } } });
    const { tree, run } = await project({ files: [{ path: "x", url: `${other.url}/org/name/resolve/main/x` }] });
    expect((await run(["--strategy", "git"])).code).toBe(0);
    expect(tree.exists("m/x")).toBe(true);
  });
});
