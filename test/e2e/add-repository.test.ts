/** Adding whole repositories of the Hub, and parts of them, with the real program. */
import { describe, expect, it } from "vitest";
import { entries, project } from "../helpers/authoring.js";
import { sha256Of } from "../helpers/content.js";
import { COMMIT, startHub } from "../helpers/hub.js";

const MODEL = { size: 300_000, seed: 5 };

describe("assets add", () => {
  it("writes a whole repository down file by file, and fetches only what has no SHA-256 stated", async () => {
    const { tree, run } = project();
    const repo = { large: { "onnx/model.onnx": MODEL, "model.pt": "pickle" }, files: { "config.json": "{}" } };
    const hub = await startHub({ repos: { "org/Whole": repo } });
    const done = await run(["add", "hf:org/Whole", "--exclude", "*.pt"], { HF_ENDPOINT: hub.url });
    expect(done).toMatchObject({ code: 0 });
    const [asset] = entries(tree) as { id: string; path: string; files: Record<string, string>[] }[];
    expect(asset).toMatchObject({ id: "org/Whole", type: "model", path: "models/org-Whole" });
    const files = [...(asset?.files ?? [])].sort((a, b) => `${a.path}`.localeCompare(`${b.path}`));
    expect(files).toMatchObject([
      { path: "config.json", sha256: sha256Of("{}"), pinnedAs: "measured" },
      {
        path: "onnx/model.onnx",
        sha256: sha256Of(MODEL),
        pinnedAs: "declared",
        url: `hf:org/Whole@${COMMIT}/onnx/model.onnx`,
      },
    ]);
    expect(tree.exists("models/org-Whole/config.json")).toBe(true);
    expect(tree.exists("models/org-Whole/onnx/model.onnx")).toBe(false);
    expect(await run(["download", "--all"], { HF_ENDPOINT: hub.url })).toMatchObject({ code: 0 });
  });
});
