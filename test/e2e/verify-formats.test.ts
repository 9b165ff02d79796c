/** `assets verify` as pipelines call it: formats, files, annotations on the right line, the summary of a step. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { isWindows } from "../../src/platform.js";
import { eventsOf } from "../helpers/bin.js";
import { type InProcessOptions, runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const MANIFEST = `{
  // Comments are fine.
  "version": 1,
  "assets": [
    {
      "id": "one",
      "type": "model",
      "url": "https://127.0.0.1/one.bin",
      "localPath": "models/one.bin",
      "size": 3
    },
    {
      "type": "dataset",
      "id": "two",
      "destination": "data/two/",
      "files": {
        "a.csv": { "url": "https://127.0.0.1/a.csv" },
        "b.csv": { "url": "https://127.0.0.1/b.csv" },
      },
    },
  ],
}
`;

/** A project in a folder of a checkout, with two files missing and one there. */
function project() {
  const tree = makeTree();
  tree.write("ml/assets.manifest.json", MANIFEST);
  tree.write("ml/data/two/a.csv", "a");
  const run = (args: string[], options: Partial<InProcessOptions> = {}) => {
    return runInProcess(["verify", "--no-progress", ...args], { cwd: tree.path("ml"), ...options });
  };
  return { tree, run };
}

describe("assets verify", () => {
  it("puts GitHub's annotations on the line of the asset, relative to the checkout, and appends a step summary", async () => {
    const { tree, run } = project();
    tree.write("summary.md", "of another command\n");
    const env = { GITHUB_WORKSPACE: tree.root, GITHUB_STEP_SUMMARY: tree.path("summary.md") };
    const { code, stdout } = await run(["--format", "github"], { env });
    expect(code).toBe(1);
    const places = stdout.split("\n").map((line) => /^::(\w+) (file=[^,]+,line=\d+,col=\d+),/.exec(line)?.slice(1));
    expect(places.slice(0, 3)).toEqual([
      ["error", "file=ml/assets.manifest.json,line=6,col=13"],
      ["warning", "file=ml/assets.manifest.json,line=17,col=9"],
      ["error", "file=ml/assets.manifest.json,line=18,col=9"],
    ]);
    expect(tree.read("summary.md").toString()).toMatch(
      /^of another command\n### ❌ assets verify\n[\s\S]*<code>two<\/code>/,
    );
  });

  it("writes the summary in any format on GitHub, and nowhere else", async () => {
    const { tree, run } = project();
    const env = { GITHUB_STEP_SUMMARY: tree.path("summary.md") };
    await run([], { env });
    expect(tree.exists("summary.md")).toBe(false);
    await run(["--json"], { env: { ...env, GITHUB_ACTIONS: "true" } });
    expect(tree.exists("summary.md")).toBe(true);
  });

  it("writes several formats to files at once, and the one that was asked for to standard output", async () => {
    const { tree, run } = project();
    const formats = ["human", "json", "ndjson", "github", "sarif", "junit", "tap"];
    const outputs = formats.flatMap((format) => ["--output", `${format}=out/deep/${format}.txt`]);
    const { code, stdout, stderr } = await run(["--format", "tap", ...outputs]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const read = (format: string) => tree.read(`ml/out/deep/${format}.txt`).toString();
    expect(read("tap")).toBe(stdout);
    expect(read("human")).toContain("2 of 3 files fail: 2 missing.");
    expect(JSON.parse(read("json"))).toMatchObject({ schemaVersion: 1, command: "verify", totals: { findings: 2 } });
    expect(JSON.parse(read("sarif")).runs[0].results).toHaveLength(3);
    expect(read("junit")).toContain('failures="2"');
    expect(read("github")).toContain("::error ");
    const types = read("ndjson").trim().split("\n");
    expect(types.map((line) => JSON.parse(line).type)).toEqual(["start", "file", "file", "file", "end"]);
  });

  it("answers the same to --json and --format json, and events to --format ndjson", async () => {
    const { run } = project();
    const [json, format] = [await run(["--json"]), await run(["--format", "json"])];
    const parsed = (text: string) => ({ ...JSON.parse(text), durationMs: 0 });
    expect(parsed(format.stdout)).toEqual(parsed(json.stdout));
    const events = eventsOf(await run(["--format=ndjson", "--extra"]));
    expect(events[0]).toMatchObject({ type: "start", command: "verify" });
    expect(events.filter(({ type }) => type === "file")).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: "end", exitCode: 1, totals: { findings: 2 } });
  });

  it("says in the format that was asked for why there is no answer", async () => {
    const { run } = project();
    const bad = ["nope"];
    expect((await run([...bad, "--format", "github"])).stdout).toMatch(/^::error title=assets verify::No asset has/);
    expect((await run([...bad, "--format", "tap"])).stdout).toMatch(/^TAP version 14\nBail out! No asset has/);
    expect(JSON.parse((await run([...bad, "--format", "json"])).stdout)).toMatchObject({ ok: false, exitCode: 2 });
    expect((await run([...bad, "--format", "sarif"])).stdout).toBe("");
  });

  it.each([
    [["--format", "yaml"], "sarif"],
    [["--output", "sarif"], "FORMAT=FILE"],
    [["--output", "yaml=x"], "FORMAT=FILE"],
    [["--output", "sarif=-"], "--format"],
    [["--json", "--format", "tap"], "exclude each other"],
    [["--output", "json=assets.manifest.json"], "which the manifest names"],
    [["--output", "json=./data/two/a.csv"], "which the manifest names"],
    [["--output", "json=x", "--output", "tap=./x"], "Two --output"],
    [["--max-age", "30d"], "--quick"],
    [["--quick", "--max-age", "soon"], "30d"],
    [["--quick", "--max-age", "-1d"], "30d"],
  ])("refuses %j with exit code 2, and overwrites nothing", async (args, says) => {
    const { tree, run } = project();
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
    expect(readFileSync(tree.path("ml/assets.manifest.json"), "utf8")).toBe(MANIFEST);
    expect(tree.read("ml/data/two/a.csv").toString()).toBe("a");
  });

  it.each([
    ["the pieces beside the manifest", "assets.pieces.json", []],
    ["what is remembered of files", ".assets/ledger.ndjson", []],
    ["what is remembered, through a link to its folder", "link/ledger.ndjson", []],
    ["git's own files", "../.git/index", []],
    ["the log of the run", "run.log", ["--log-file", "run.log"]],
  ])("writes no report over %s", async (_, file, more) => {
    const { tree, run } = project();
    mkdirSync(tree.path("ml/.assets"));
    symlinkSync(".assets", tree.path("ml/link"));
    tree.write(`ml/${file}`, "precious");
    const { code, stderr } = await run(["--output", `tap=${file}`, ...more]);
    expect(code).toBe(2);
    expect(stderr).toContain(`--output would overwrite ${file}`);
    expect(tree.read(`ml/${file}`).toString()).toMatch(/^precious/);
  });

  it("writes no report where the manifest's pieces will be", async () => {
    const { tree, run } = project();
    expect((await run(["--output", "tap=assets.pieces.json"])).code).toBe(2);
    expect(tree.exists("ml/assets.pieces.json")).toBe(false);
  });

  it("writes no report over an asset through a link that lies in the repository", async () => {
    const { tree, run } = project();
    symlinkSync("data/two/a.csv", tree.path("ml/report.json"));
    expect((await run(["--output", "json=report.json"])).code).toBe(2);
    expect(tree.read("ml/data/two/a.csv").toString()).toBe("a");
  });

  it("names a manifest outside of the checkout by its whole path", async () => {
    const { tree, run } = project();
    const env = { GITHUB_WORKSPACE: tree.path("elsewhere") };
    const manifest = tree.path("ml/assets.manifest.json");
    const { stdout } = await run(["one", "--format", "github", "--manifest", manifest], { cwd: makeTree().root, env });
    expect(stdout).toContain(`::error file=${manifest},line=6,`);
  });

  it("tells when a file cannot be written, with the answer not lost and exit code 6 in place of 0", async () => {
    const { tree, run } = project();
    tree.write("ml/blocker", "");
    const args = ["--include", "a.csv", "--output", "json=blocker/out.json"];
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(6);
    expect(stdout).toContain("1 file, 1 B: none of them pinned");
    expect(stderr).toContain("cannot be written");
    expect((await run(args.slice(2))).code).toBe(1);
    expect(eventsOf(await run([...args, "--format", "ndjson"])).at(-1)).toMatchObject({ type: "end", exitCode: 6 });
  });

  it("remembers with --quick, proves again after --max-age, and says how many of each", async () => {
    const tree = makeTree();
    tree.manifestFor({ "m/a.bin": { url: "a", body: "abc" }, "m/b.bin": { url: "b", body: "abd" } });
    tree.write("m/a.bin", "abc");
    tree.write("m/b.bin", "abd");
    const run = (...args: string[]) => runInProcess(["verify", ...args], { cwd: tree.root });
    expect((await run()).stdout).toMatch(/^2 files, 6 B verified in/);
    // Within the tick of the clock in which the files were written nothing was remembered.
    await run();
    expect((await run("--quick", "--max-age", "4w")).stdout).toContain("(0 proven now, 2 remembered)");
    tree.write("m/a.bin", "abx");
    const { code, stdout } = await run("--quick");
    expect(code).toBe(1);
    expect(stdout).toContain(
      "1 of 2 files fails: 1 with another SHA-256. Of those that are right 0 proven now, 1 remembered.",
    );
    expect((await run("--quick", "--max-age", "0s", "b*")).code).toBe(2);
    expect((await run("--quick", "--max-age", "0s", "--include", "b.bin")).stdout).toContain(
      "(1 proven now, 0 remembered)",
    );
  });
});

it.skipIf(isWindows)(
  "a report for a pipe that nobody reads holds nothing up, and one that is read arrives whole",
  async () => {
    const { tree, run } = project();
    for (const pipe of ["ml/unread", "ml/read"]) expect(spawnSync("mkfifo", [tree.path(pipe)]).status).toBe(0);
    const unread = await run(["--output", "json=unread"], { env: { GITHUB_STEP_SUMMARY: tree.path("ml/unread") } });
    expect(unread.stderr).toContain("cannot be written (nobody reads from it)");
    const reading = readFile(tree.path("ml/read"), "utf8");
    expect((await run(["--output", "json=read"])).code).toBe(1);
    expect(JSON.parse(await reading)).toMatchObject({ command: "verify", ok: false });
  },
);
