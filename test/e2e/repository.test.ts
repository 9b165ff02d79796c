/** A whole repository of the Hub as one asset, fetched by the real program. */
import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/content.js";
import { COMMIT, gitBlob, type HubRepo, startHub } from "../helpers/hub.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const WEIGHTS = "weights ".repeat(1000);
const FILES = { "config.json": "{}", "README.md": "read me", "onnx/config.json": "[]" };
const REPO: HubRepo = { files: FILES, large: { "onnx/model.onnx": WEIGHTS } };

async function project(asset: object, repo: HubRepo = REPO, more = {}) {
  const hub = await startHub({ repos: { "org/name": repo }, ...more });
  const tree = makeTree();
  tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [{ id: "m", path: "models/m", ...asset }] }));
  const run = (...args: string[]) => runInProcess(args, { cwd: tree.root, env: { HF_ENDPOINT: hub.url } });
  return { hub, tree, run };
}

const placed = (tree: Tree) => tree.files().filter((path) => path.startsWith("models/"));

describe("a whole repository", () => {
  it("is fetched at the commit that its branch stands for, with a warning that nothing is pinned", async () => {
    const { tree, run } = await project({ source: "hf:org/name" });
    const { code, stderr } = await run("download", "m");
    expect([code, stderr]).toEqual([0, expect.stringContaining(`main now`)]);
    expect(stderr).toContain("assets lock writes them down");
    const files = ["README.md", "config.json", "onnx/config.json", "onnx/model.onnx"];
    expect(placed(tree)).toEqual(files.map((file) => `models/m/${file}`));
    expect(tree.sha256("models/m/onnx/model.onnx")).toBe(sha256Of(WEIGHTS));
  });

  it("is fetched in the part that patterns pick", async () => {
    const { tree, run } = await project({
      source: "hf:org/name",
      include: ["*.json", "onnx/**"],
      exclude: ["onnx/config*"],
    });
    expect((await run("download", "--all")).code).toBe(0);
    expect(placed(tree)).toEqual(["models/m/config.json", "models/m/onnx/model.onnx"]);
  });

  it("is asked once for a commit, whose files never change, and never again without a network", async () => {
    const { hub, run } = await project({ source: `hf:org/name@${COMMIT}` });
    expect((await run("download", "m")).code).toBe(0);
    const asked = hub.requests.length;
    expect((await run("download", "m", "--offline")).code).toBe(0);
    expect((await run("verify")).stdout).toContain("4 files");
    expect((await run("list", "--json")).stdout).toContain(`"source": "hf:org/name@${COMMIT}"`);
    expect(hub.requests).toHaveLength(asked);
  });

  it("has a small file refused whose bytes are not those of its git blob", async () => {
    const tree = [{ type: "file", path: "config.json", size: 2, oid: gitBlob("[]") }];
    const { code, stdout } = await (await project({ source: "hf:org/name" }, { ...REPO, tree })).run("download", "m");
    expect([code, stdout]).toEqual([5, expect.stringContaining(`expected git-blob ${gitBlob("[]")}`)]);
  });

  it("is audited file by file at the place of its source, and not at all before its files are known", async () => {
    const { tree, run } = await project({ source: "hf:org/name" });
    const early = await run("audit", "--remote");
    expect([early.code, early.stderr]).toEqual([5, expect.stringContaining("assets lock")]);
    await run("download", "m");
    const { code, stdout } = await run("audit", "--remote", "--json");
    const { urls } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(urls.map(({ path, status }: Record<string, string>) => [path, status])).toEqual(
      ["config.json", "README.md", "onnx/config.json", "onnx/model.onnx"].map((file) => [`models/m/${file}`, "alive"]),
    );
    const text = tree.read("assets.manifest.json").toString().split("\n")[urls[0].line - 1];
    expect(text?.slice(urls[0].column - 1)).toMatch(/^"hf:org\/name"/);
  });

  it("is told apart from nothing: what is not known yet is neither right nor here", async () => {
    const { run } = await project({ source: "hf:org/name" });
    const verify = await run("verify");
    expect([verify.code, verify.stderr]).toEqual([5, expect.stringContaining("assets download m")]);
    const list = await run("list");
    expect([list.code, list.stdout]).toEqual([0, expect.stringMatching(/m +model +\? +0 +missing/)]);
    expect(list.stdout).not.toContain("all of them here");
    expect((await run("download", "m", "--offline")).code).toBe(8);
    expect((await run("path", "m", "--no-download")).code).not.toBe(0);
  });

  it("leaves nothing behind in a dry run, and says what would come", async () => {
    const { tree, run } = await project({ source: "hf:org/name" });
    const { code, stdout } = await run("download", "m", "--dry-run");
    expect([code, stdout]).toEqual([0, expect.stringContaining("models/m/onnx/model.onnx")]);
    expect(tree.files()).toEqual(["assets.manifest.json"]);
  });

  it("is refused where everything has to be pinned", async () => {
    const { run } = await project({ source: `hf:org/name@${COMMIT}` });
    const { code, stderr } = await run("download", "m", "--require-pins");
    expect([code, stderr]).toEqual([5, expect.stringContaining("assets lock m")]);
  });

  it.each(["../evil", "/etc/passwd", "a/../../b", "C:/x", "a\\b", ".git/hooks/x", "con", "a\u001b[2Jb"])(
    "cannot put a file anywhere else: %j",
    async (path) => {
      const tree = [{ type: "file", path, size: 1, oid: gitBlob("x") }];
      const { run, tree: here } = await project({ source: "hf:org/name" }, { tree });
      const { code, stderr } = await run("download", "m");
      expect([code, stderr]).toEqual([6, expect.stringContaining("cannot be put here")]);
      expect(stderr).not.toContain("\u001b");
      expect(placed(here)).toEqual([]);
    },
  );

  it("cannot put two files in one place", async () => {
    const tree = ["A.txt", "a.txt"].map((path) => ({ type: "file", path, size: 1, oid: gitBlob("x") }));
    const { run } = await project({ source: "hf:org/name" }, { tree });
    const { code, stderr } = await run("download", "m");
    expect([code, stderr]).toEqual([6, expect.stringContaining("a.txt of m meets models/m/A.txt of m")]);
  });

  it("says which page to open when it is gated", async () => {
    const { run } = await project({ source: "hf:org/name" }, { ...REPO, gated: true });
    const { code, stdout } = await run("download", "m");
    expect([code, stdout]).toEqual([
      7,
      expect.stringContaining("accept its licence at https://huggingface.co/org/name"),
    ]);
  });

  it("is an error that says what to write, when it is none", async () => {
    const { run } = await project({ source: "https://huggingface.co/org/name" });
    const { code, stderr } = await run("list");
    expect([code, stderr]).toEqual([3, expect.stringContaining("no repository of the Hugging Face Hub")]);
  });

  it("may be out of order for a moment", async () => {
    let refusals = 2;
    const refuse = () => (refusals-- > 0 ? 503 : undefined);
    const { run } = await project({ source: "hf:org/name" }, REPO, { refuse });
    expect((await run("download", "m")).code).toBe(0);
  });

  it("is listed to its end although a page in the middle fails twice", async () => {
    let trees = 0;
    const refuse = (_: string, path: string) => {
      if (!path.includes("/tree/")) return undefined;
      trees++;
      return trees === 2 || trees === 4 ? 500 : undefined;
    };
    const { hub, tree, run } = await project({ source: "hf:org/name" }, REPO, { refuse, pageSize: 2 });
    tree.write("assets.manifest.json", '{ "version": 1, "assets": [] }');
    const done = await run("add", "hf:org/name", "--dry-run");
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("onnx/model.onnx") });
    const pages = hub.requests.filter((request) => request.includes("/tree/"));
    expect([pages.length, new Set(pages).size]).toEqual([5, 3]);
  });

  it("is given up at once when its pages never end, and the message names the mirror that was asked", async () => {
    const tree = Array.from({ length: 300 }, (_, n) => ({ type: "file", path: `${n}`, size: 1, oid: gitBlob(`${n}`) }));
    const { hub, run } = await project({ source: "hf:org/name" }, { tree }, { pageSize: 1 });
    const { code, stderr } = await run("remote", "ls", "hf:org/name");
    expect([code, stderr]).toEqual([4, expect.stringContaining(`${hub.url}/api/models/org/name/tree/`)]);
    expect(stderr).toContain("100 pages");
    expect(stderr).not.toContain("https://huggingface.co/api");
  });
});
