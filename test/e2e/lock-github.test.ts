/** Filling in pins of what GitHub has with the real program, against a GitHub on the loopback. */
import { describe, expect, it } from "vitest";
import { project } from "../helpers/authoring.js";
import { sha256Of } from "../helpers/content.js";
import { startGitHub } from "../helpers/forges.js";
import { COMMIT } from "../helpers/hub.js";

const MODEL = { size: 200_000, seed: 6 };

describe("assets lock", () => {
  it("pins the latest release of GitHub by its tag", async () => {
    const github = await startGitHub({ tag: "v2.1", assets: { "a.bin": MODEL } });
    const asset = { id: "a", type: "model", url: "github:o/r@latest/a.bin", localPath: "a.bin" };
    const { tree, run } = project(JSON.stringify({ version: 1, assets: [asset] }, null, 2));
    const env = { GITHUB_API_URL: github.url, GITHUB_SERVER_URL: github.url };
    expect(await run(["lock"], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("github:o/r@v2.1/a.bin"),
    });
    const [locked] = JSON.parse(tree.read("assets.manifest.json").toString()).assets;
    expect(locked).toMatchObject({ url: "github:o/r@v2.1/a.bin", sha256: sha256Of(MODEL), pinnedAs: "declared" });
  });

  it("writes GitHub's commit in the place of a branch, and of what Git LFS keeps the size and address of the content", async () => {
    const { url } = await startGitHub({ files: { "a.csv": "a,b" }, large: { "m.onnx": MODEL } });
    const { run, text } = project(
      JSON.stringify({
        version: 1,
        assets: [
          {
            id: "m",
            type: "model",
            url: "https://raw.githubusercontent.com/o/r/main/m.onnx",
            localPath: "m.onnx",
            sha256: sha256Of(MODEL),
          },
          {
            id: "a",
            type: "dataset",
            url: "https://github.com/o/r/raw/main/a.csv",
            localPath: "a.csv",
            sha256: sha256Of("a,b"),
          },
        ],
      }),
    );
    expect(await run(["lock", "m"], { GITHUB_API_URL: url })).toMatchObject({ code: 0 });
    const [model] = JSON.parse(text()).assets;
    expect(model).toMatchObject({ size: 200_000, sha256: sha256Of(MODEL) });
    expect(model.url).toBe(`https://media.githubusercontent.com/media/o/r/${COMMIT}/m.onnx`);
    expect(JSON.parse((await run(["lock", "--check", "--json"])).stdout).files).toMatchObject([
      { status: "locked" },
      { path: "a.csv", needs: ["moving", "size"] },
    ]);
  });
});
