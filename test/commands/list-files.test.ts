/** Picking files of what a service lists, and what is said when none is left. */
import { describe, expect, it } from "vitest";
import { listFiles, pickFiles } from "../../src/commands/list-files.js";
import { createSources } from "../../src/source/index.js";
import { createAgain } from "../../src/transfer/ask-again.js";
import { DEFAULT_POLICY } from "../../src/transfer/default-policy.js";
import { runBin } from "../helpers/bin.js";
import { COMMIT, startHub } from "../helpers/hub.js";
import { makeTree } from "../helpers/tree.js";

const files = ["a.bin", "b/c.txt"].map((path) => ({ path }));

describe("picking files of a repository", () => {
  it.each([
    [{}, ["a.bin", "b/c.txt"]],
    [{ include: ["*.bin"] }, ["a.bin"]],
    [{ exclude: ["*.bin"] }, ["b/c.txt"]],
  ])("takes by %j", (choice, paths) => {
    expect(pickFiles(files, choice, "hf:org/m").map(({ path }) => path)).toEqual(paths);
  });

  it("says whether there is nothing at all, or the patterns leave nothing, and shows no control characters", () => {
    const pick = (of: typeof files) => () => pickFiles(of, { include: ["*.none"] }, "hf:org/m\u001b[2J");
    expect(pick([])).toThrow("hf:org/m\\u{1b}[2J has no files.");
    expect(pick(files)).toThrow(/has 2 files, and include and exclude leave none/);
    expect(pick(files.slice(1))).toThrow(
      expect.objectContaining({ code: "NOTHING_SELECTED", hint: expect.stringContaining("remote ls") }),
    );
  });

  it("has the same words in every command that lists", async () => {
    const hub = await startHub({ repos: { "org/m": { files: { "a.txt": "a" } } } });
    const tree = makeTree();
    const asset = { id: "m", type: "model", path: "m", source: "hf:org/m@main", include: ["*.none"] };
    tree.write("assets.manifest.json", JSON.stringify({ version: 1, assets: [asset] }));
    const none = ["--include", "*.none"];
    for (const args of [
      ["add", "hf:org/m", ...none],
      ["import", "hf", "org/m", ...none],
      ["remote", "ls", "hf:org/m", ...none],
      ["download", "m"],
    ]) {
      const { stdout, stderr, code } = await runBin(args, { cwd: tree.root, env: { HF_ENDPOINT: hub.url } });
      expect([code, stdout + stderr]).toEqual([
        2,
        expect.stringMatching(/has 1 file, and include and exclude leave none\./),
      ]);
    }
  });
});

describe("listing a commit", () => {
  it("works on a mirror that knows the files of a repository and nothing else of it", async () => {
    const refuse = (_: string, path: string) => (path.includes("/revision/") ? 404 : undefined);
    const hub = await startHub({ repos: { "org/m": { files: { "a.txt": "a" } } }, refuse });
    const run = (url: string) => runBin(["remote", "ls", url], { cwd: makeTree().root, env: { HF_ENDPOINT: hub.url } });
    expect(await run(`hf:org/m@${COMMIT}`)).toMatchObject({ code: 0, stdout: expect.stringContaining("a.txt") });
    expect((await run("hf:org/m")).code).not.toBe(0);
  });

  it("ends when it is told to", async () => {
    const again = createAgain({ policy: DEFAULT_POLICY, emit: () => {} });
    const sources = createSources({ network: {}, projectFolder: "/", again });
    const why = new Error("told to");
    await expect(listFiles("hf:org/m", {}, { sources, signal: AbortSignal.abort(why) })).rejects.toBe(why);
    await sources.close();
  });
});
