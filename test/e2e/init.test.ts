/** Where `assets init` puts a manifest, and what it leaves alone, with the real program. */
import { spawnSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runBin } from "../helpers/bin.js";
import { runInProcess } from "../helpers/in-process.js";
import { makeTree } from "../helpers/tree.js";

const hasGit = spawnSync("git", ["--version"]).status === 0;

describe("assets init", () => {
  it.skipIf(!hasGit)("fits the project, and not the folder, to a manifest in config/, which it makes", async () => {
    const tree = makeTree();
    spawnSync("git", ["init", "-q"], { cwd: tree.root });
    tree.write("package.json", '{ "name": "x" }');
    tree.write("node_modules/assets-manifest/assets.manifest.schema.json", "{}");
    const done = await runBin(["init", "--manifest", "config/assets.json"], { cwd: tree.root });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("Next: assets add URL") });
    expect(tree.read(".gitignore").toString()).toContain("/models/");
    expect(tree.exists("config/.gitignore")).toBe(false);
    expect(tree.read("package.json").toString()).toContain('"assets download --all"');
    const schema = '"$schema": "../node_modules/assets-manifest/assets.manifest.schema.json"';
    expect(tree.read("config/assets.json").toString()).toContain(schema);
    expect((await runBin(["list"], { cwd: tree.root })).code).toBe(0);
  });

  it("names the manifest as it is reached from here in what comes next, and in the scripts as from theirs", async () => {
    const tree = makeTree();
    tree.write("sub/package.json", "{}");
    const done = await runBin(["init", "--manifest", "sub/mine.json"], { cwd: tree.root });
    expect(done.stdout).toContain("Next: assets --manifest sub/mine.json add URL");
    expect(tree.read("sub/package.json").toString()).toContain('"assets --manifest mine.json verify"');
  });

  it.each([
    ['{ "scripts": null }', 'its "scripts" are null, and should be an object'],
    ['{ "scripts": ["a"] }', 'its "scripts" are a list, and should be an object'],
    ['{ "scripts": "a" }', 'its "scripts" are a string, and should be an object'],
    ["[]", "it is a list, and should be an object"],
    ["{", "it cannot be read as JSON"],
  ])("leaves the package.json %s alone, and says what is wrong with it", async (text, what) => {
    const tree = makeTree();
    tree.write("package.json", text);
    const done = await runInProcess(["init"], { cwd: tree.root });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`package.json  ${what}`) });
    expect(tree.read("package.json").toString()).toBe(text);
  });

  it("does not write into the first of two scripts, of which npm reads the last", async () => {
    const tree = makeTree();
    const text = '{ "scripts": { "a": "1" }, "scripts": { "b": "2" } }';
    tree.write("package.json", text);
    const done = await runBin(["init"], { cwd: tree.root });
    expect(done.stdout).toMatch(/skipped +package.json +it has "scripts" twice/);
    expect(tree.read("package.json").toString()).toBe(text);
  });

  it("says that it leaves a package.json alone that is a link", async () => {
    const tree = makeTree();
    tree.write("other.json", "{}");
    symlinkSync("other.json", tree.path("package.json"));
    const done = await runBin(["init"], { cwd: tree.root });
    expect(done.stdout).toMatch(/skipped +package.json +it is not a regular file/);
  });

  it("does not call a link to nothing a manifest, nor a folder", async () => {
    const tree = makeTree();
    symlinkSync("nowhere.json", tree.path("assets.manifest.json"));
    tree.write("folder.json/a", "");
    const link = await runBin(["init"], { cwd: tree.root });
    expect(link).toMatchObject({ code: 6, stderr: expect.stringContaining("a link to something that does not exist") });
    const folder = await runBin(["init", "--manifest", "folder.json"], { cwd: tree.root });
    expect(folder).toMatchObject({ code: 6, stderr: expect.stringContaining("is not a file") });
  });
});
