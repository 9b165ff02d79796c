/** `assets download --all` again and again, where thousands of files are in their places already. */
import { appendFileSync, renameSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isWindows } from "../../src/platform.js";
import { runInProcess } from "../helpers/in-process.js";
import { type FileSpec, makeTree } from "../helpers/tree.js";

const COUNT = 300;
const ALL = ["download", "--all"];
const DONE = `${COUNT} files, all present and verified. Nothing to fetch.\n`;

/** A project of which all files are here, which a run has seen. */
async function project() {
  const tree = makeTree();
  const files: Record<string, FileSpec> = {};
  for (let i = 0; i < COUNT; i++) {
    const body = `content ${i}`;
    tree.write(`from/${i}`, body);
    files[`data/${i}.bin`] = { url: `from/${i}`, body, id: "many" };
  }
  tree.manifestFor(files);
  /** What is remembered; each time that it is written it is another file. */
  const memory = () => {
    const [name = ""] = tree.files().filter((file) => file.startsWith(".assets/present/"));
    return statSync(tree.path(name)).ino;
  };
  const run = (args: string[], env: Record<string, string> = {}) => runInProcess(args, { cwd: tree.root, env });
  expect((await run(ALL)).stdout).toContain(`${COUNT} downloaded and verified`);
  expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE });
  return { tree, files, run, memory };
}

describe.skipIf(isWindows)("a download of everything that is here already", () => {
  it("says the same each time, from memory or anew", async () => {
    const { tree, run, memory } = await project();
    // What is found out anew is remembered anew.
    const first = memory();
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE, stderr: "" });
    expect(await run([...ALL, "--quiet", "--offline", "--jobs", "3"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "",
    });
    expect(memory()).toBe(first);
    utimesSync(tree.path("data/3.bin"), 1, 1);
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE, stderr: "" });
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE, stderr: "" });
    expect(memory()).not.toBe(first);
  });

  it("still tells of each file where that is asked for", async () => {
    const { tree, run } = await project();
    const { outcomes } = JSON.parse((await run([...ALL, "--json"])).stdout);
    expect(outcomes).toHaveLength(COUNT);
    expect((await run([...ALL, "--ndjson"])).stdout.match(/"type":"outcome"/g)).toHaveLength(COUNT);
    expect((await run([...ALL, "--verbose"])).stdout).toContain("data/299.bin");
    await run([...ALL, "--log-file", "log"]);
    expect(
      tree
        .read("log")
        .toString()
        .match(/"type":"outcome"/g),
    ).toHaveLength(COUNT);
    expect((await run([...ALL, "--dry-run"])).stdout).toBe(
      `${COUNT} files: nothing to fetch. Dry run: no asset was changed.\n`,
    );
    expect((await run([...ALL, "--exclude", "data/1*"])).stdout).not.toContain(`${COUNT} files`);
  });

  it("still refuses what cannot be carried out, and goes to another root", async () => {
    const { run } = await project();
    expect(await run([...ALL, "--ca-file", "nowhere.pem"])).toMatchObject({ code: 2 });
    const noGit = { PATH: "" };
    expect(await run([...ALL, "--strategy", "git"], noGit)).not.toMatchObject({ code: 0 });
    expect((await run([...ALL, "--root", "other"])).stdout).toContain(`${COUNT} downloaded`);
    expect((await run(ALL, { ASSETS_ROOT: "another" })).stdout).toContain(`${COUNT} downloaded`);
    const logged = await run(ALL, { ASSETS_LOG_FILE: "log" });
    expect(logged).toMatchObject({ code: 0, stdout: DONE });
  });

  it("notices a file that was lost, damaged or linked to elsewhere, and a manifest with another pin", async () => {
    const { tree, files, run } = await project();
    tree.remove("data/7.bin");
    expect((await run(ALL)).stdout).toContain("1 downloaded and verified");
    tree.write("data/8.bin", "CONTENT 8");
    utimesSync(tree.path("data/8.bin"), 1, 1);
    const damaged = await run(ALL);
    expect(damaged.stdout).toContain("data/8.bin");
    expect(damaged.code).not.toBe(0);
    expect((await run([...ALL, "--force"])).stdout).toContain("1 downloaded and verified");
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE });
    tree.write("from/9", "another 9");
    tree.manifestFor({ ...files, "data/9.bin": { url: "from/9", body: "another 9", id: "many" } });
    expect((await run(ALL)).stdout).toContain("1 downloaded and verified");
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE });
    appendFileSync(tree.manifest, " ");
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE });
    renameSync(tree.path("data"), tree.path(".git"));
    symlinkSync(tree.path(".git"), tree.path("data"));
    expect(await run(ALL)).not.toMatchObject({ code: 0 });
  });

  it("notices a damage that another run has found though the file shows no change", async () => {
    const { tree, run, memory } = await project();
    const ledger = ".assets/ledger.ndjson";
    const { unsynced: _, ...entry } = JSON.parse(
      tree
        .read(ledger)
        .toString()
        .split("\n")
        .find((line) => line.includes('"data/5.bin"')) ?? "",
    );
    // As a disk leaves it that has lost what was proven: other bytes under the same times.
    tree.write("data/5.bin", "CONTENT 5");
    const { mtimeNs, ctimeNs, ino } = statSync(tree.path("data/5.bin"), { bigint: true });
    const times = { mtime: `${mtimeNs}`, ctime: `${ctimeNs}`, ino: `${ino}` };
    const note = (at: string) => appendFileSync(tree.path(ledger), `\n${JSON.stringify({ ...entry, ...times, at })}\n`);
    note(`${ctimeNs + 1_000_000_000n}`);
    const first = memory();
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE });
    expect(memory()).not.toBe(first);
    expect(await run(ALL)).toMatchObject({ code: 0, stdout: DONE });
    note("0");
    const doubted = await run(ALL);
    expect(doubted.code).not.toBe(0);
    expect(doubted.stdout).toContain("data/5.bin");
  });
});
