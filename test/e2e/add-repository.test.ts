/** Adding whole repositories of the Hub, and parts of them, with the real program. */
import { describe, expect, it } from "vitest";
import { entries, MANIFEST, project } from "../helpers/authoring.js";
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

  it.each([
    ["several files", ["*.safetensors"], "models/o-m"],
    ["a single file", ["model.safetensors"], "models/o-m"],
    ["a single file in a folder", ["deep/er/*.safetensors"], "models/o-m"],
    ["files of a folder of the user's", ["*.safetensors", "--path", "mine/m/"], "mine/m"],
  ])(
    "makes one asset of a commit whose files are added bit by bit, first %s, in their folders",
    async (_, first, at) => {
      const { tree, run } = project();
      const large = { "model.safetensors": "w", "deep/er/part.safetensors": "p" };
      const hub = await startHub({
        repos: { "o/m": { large, files: { "config.json": "{}", "deep/more.json": "[]" } } },
      });
      const add = (...include: string[]) => run(["add", "hf:o/m", "--include", ...include], { HF_ENDPOINT: hub.url });
      expect(await add(...first)).toMatchObject({ code: 0 });
      const [{ files: before } = { files: [] }] = entries(tree) as { files: { path: string }[] }[];
      expect(await add("*.json")).toMatchObject({ code: 0 });
      const url = (path: string) => `hf:o/m@${COMMIT}/${path}`;
      expect(entries(tree)).toMatchObject([
        {
          id: "o/m",
          path: at,
          files: [
            ...before,
            ...["config.json", "deep/more.json"].map((path) => ({ path, url: url(path), pinnedAs: "measured" })),
          ],
        },
      ]);
      for (const { path } of before) expect(large).toHaveProperty([path]);
      expect(await run(["download", "--all"], { HF_ENDPOINT: hub.url })).toMatchObject({ code: 0 });
      for (const { path } of before) expect(tree.exists(`${at}/${path}`)).toBe(true);
      expect(tree.read(`${at}/deep/more.json`).toString()).toBe("[]");
      expect(await run(["verify"])).toMatchObject({ code: 0 });
    },
  );

  it("begins another asset at a later commit, to which further files of that one come", async () => {
    const { tree, run } = project();
    const commits = ["a", "b"].map((digit) => digit.repeat(40));
    const pattern = (...globs: string[]) => ["add", "hf:o/m", ...globs.flatMap((glob) => ["--include", glob])];
    for (const commit of commits) {
      const repo = { commit, large: { "m.onnx": `${commit} weights` }, files: { "c.json": commit, "d.txt": commit } };
      const hub = await startHub({ repos: { "o/m": repo } });
      for (const args of [pattern("*.onnx"), pattern("*.json"), pattern("*.txt", "*.json")]) {
        const done = await run(args, { HF_ENDPOINT: hub.url });
        expect(done).toMatchObject({ code: 0 });
        const isNew = commit === commits[1] && args.includes("*.onnx");
        const told = "o/m is at commit aaaaaaaaaaaa; this is bbbbbbbbbbbb: a new asset o/m-2";
        expect(done.stderr.split(told)).toHaveLength(isNew ? 2 : 1);
      }
    }
    expect(entries(tree)).toMatchObject(
      commits.map((commit, index) => ({
        id: ["o/m", "o/m-2"][index],
        path: ["models/o-m", "models/o-m-2"][index],
        files: ["m.onnx", "c.json", "d.txt"].map((path) => ({ path, url: `hf:o/m@${commit}/${path}` })),
      })),
    );
    expect(entries(tree)).toHaveLength(2);
    expect(tree.read("models/o-m-2/c.json").toString()).toBe(commits[1]);
  });

  it("gives the asset of a repository every file of it, whatever other asset has one, which is copied from there", async () => {
    const { tree, run } = project();
    const large = { "w0.bin": { size: 4_000, seed: 1 }, "w1.bin": { size: 4_000, seed: 2 } };
    const hub = await startHub({ repos: { "o/m": { large, files: { "c.json": "{}" } } } });
    const env = { HF_ENDPOINT: hub.url };
    expect(await run(["add", "hf:o/m/w0.bin"], env)).toMatchObject({ code: 0 });
    expect(await run(["download", "--all"], env)).toMatchObject({ code: 0 });
    const asked = hub.requests.length;
    expect(await run(["add", "hf:o/m"], env)).toMatchObject({ code: 0 });
    expect(entries(tree)).toMatchObject([
      { id: "w0" },
      { id: "o/m", path: "models/o-m", files: [{ path: "c.json" }, { path: "w0.bin" }, { path: "w1.bin" }] },
    ]);
    expect(await run(["download", "--all"], env)).toMatchObject({ code: 0 });
    expect(tree.read("models/o-m/w0.bin")).toEqual(tree.read("models/w0/w0.bin"));
    expect(hub.requests.slice(asked).filter((line) => line.endsWith("/w0.bin"))).toEqual([]);
    const text = tree.read(MANIFEST).toString();
    expect(await run(["add", "hf:o/m"], env)).toMatchObject({ code: 0 });
    expect(tree.read(MANIFEST).toString()).toBe(text);
  });

  it.each([
    ["another id", ["--id", "mine"]],
    ["another folder", ["--path", "mine/"]],
  ])("knows a repository that is there as a whole under %s", async (_, as) => {
    const { tree, run } = project();
    const hub = await startHub({ repos: { "o/m": { large: { "w0.bin": "0", "deep/w1.bin": "1" } } } });
    const env = { HF_ENDPOINT: hub.url };
    expect(await run(["add", "hf:o/m", ...as], env)).toMatchObject({ code: 0 });
    const text = tree.read(MANIFEST).toString();
    for (const again of [[], as]) {
      expect(await run(["add", "hf:o/m", ...again], env)).toMatchObject({ code: 0 });
      expect(tree.read(MANIFEST).toString()).toBe(text);
    }
  });
});
