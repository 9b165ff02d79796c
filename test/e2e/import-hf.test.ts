/** Importing repositories of the Hugging Face Hub through the real program. */
import { describe, expect, it } from "vitest";
import { assets, MANIFEST, manifestOf } from "../helpers/authoring.js";
import { sha256Of } from "../helpers/content.js";
import { COMMIT, gitBlob, startHub } from "../helpers/hub.js";
import { makeTree } from "../helpers/tree.js";

describe("assets import hf", () => {
  const repos = {
    "org/name": {
      files: { "config.json": "{}", "README.md": "# Words" },
      large: { "onnx/model.onnx": "weights" },
      tags: ["license:mit"],
    },
  };

  it("takes a repository as one asset at its commit, whose files then come, and says so only once", async () => {
    const { url } = await startHub({ repos });
    const tree = makeTree();
    const env = { HF_ENDPOINT: url };
    const first = await assets(tree, ["import", "hf", "org/name", "--exclude", "*.md"], { env });
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(manifestOf(tree).assets).toMatchObject([
      {
        id: "org/name",
        type: "model",
        license: "mit",
        path: "models/org-name",
        files: [
          { path: "config.json", size: 2, gitBlob: gitBlob("{}"), url: `hf:org/name@${COMMIT}/config.json` },
          { path: "onnx/model.onnx", size: 7, sha256: sha256Of("weights") },
        ],
      },
    ]);
    const text = tree.read(MANIFEST).toString();
    expect((await assets(tree, ["import", "hf", "hf:org/name", "--exclude", "*.md"], { env })).code).toBe(0);
    expect(tree.read(MANIFEST).toString()).toBe(text);
    expect(await assets(tree, ["download", "--all"], { env })).toMatchObject({ code: 0 });
    expect(tree.read("models/org-name/onnx/model.onnx").toString()).toBe("weights");
  });

  it("finds the asset that add made of the repository, its small files being measured by now", async () => {
    const { url } = await startHub({ repos });
    const tree = makeTree();
    tree.write(MANIFEST, '{ "version": 1, "assets": [] }');
    const env = { HF_ENDPOINT: url };
    expect(await assets(tree, ["add", "hf:org/name"], { env })).toMatchObject({ code: 0 });
    const text = tree.read(MANIFEST).toString();
    expect(await assets(tree, ["import", "hf", "org/name"], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("3 there already"),
    });
    expect(tree.read(MANIFEST).toString()).toBe(text);
  });

  it("mixes no two commits in an asset or its folder, and says how to have the rest of the one or all of the other", async () => {
    const [old, now] = ["a".repeat(40), "b".repeat(40)];
    const hubs = [old, now].map((commit) =>
      startHub({ repos: { "o/m": { commit, large: { "w1.bin": "same", "deep/w2.bin": commit, "w3.bin": commit } } } }),
    );
    const [before, after] = (await Promise.all(hubs)).map(({ url }) => ({ env: { HF_ENDPOINT: url } }));
    const tree = makeTree();
    expect(
      await assets(tree, ["import", "hf", "o/m", "--include", "w1*", "--include", "deep/*"], before),
    ).toMatchObject({ code: 0 });
    const text = tree.read(MANIFEST).toString();
    for (const id of [[], ["--id", "later"]]) {
      const moved = await assets(tree, ["import", "hf", "o/m", "--exclude", "deep/*", ...id], after);
      expect(moved).toMatchObject({ code: 1 });
      expect(moved.stdout).toMatch(/w3\.bin.*is at commit aaaaaaaaaaaa.*bbbbbbbbbbbb/);
      expect(moved.stdout).toContain(`o/m@${old}`);
      expect(tree.read(MANIFEST).toString()).toBe(text);
    }
    const rest = await assets(tree, ["import", "hf", `o/m@${old}`], before);
    expect(rest).toMatchObject({ code: 0, stdout: expect.stringContaining("1 file in 1 asset") });
    const other = await assets(tree, ["import", "hf", "o/m", "--id", "later", "--path", "later"], after);
    expect(other).toMatchObject({ code: 0, stdout: expect.stringContaining("3 files in 1 asset") });
  });

  it.each([
    [["org/name", "--include", "*.nothing"], 2, "include and exclude leave none"],
    [["not a repository"], 2, "hf:not a repository"],
    [["org/missing"], 7, "org/missing"],
  ])("answers %j with exit code %i and why", async (args, code, says) => {
    const { url } = await startHub({ repos });
    const result = await assets(makeTree(), ["import", "hf", ...args], { env: { HF_ENDPOINT: url } });
    expect(result.stderr).toContain(says);
    expect(result.code).toBe(code);
  });
});
