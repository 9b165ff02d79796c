/** Where files may stand. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isWindows } from "../../src/platform.js";
import { createTargets } from "../../src/store/target.js";
import { makeTree } from "../helpers/tree.js";

describe("the target of a file", () => {
  it("is the path below the root, though nothing of it exists yet", async () => {
    const tree = makeTree();
    const targets = createTargets(tree.path("not/yet"));
    expect(await targets.resolve("a/b.bin")).toBe(tree.path("not/yet/a/b.bin"));
  });

  it("may lie behind a link that stays inside the root", async () => {
    const tree = makeTree();
    mkdirSync(tree.path("real"));
    symlinkSync("real", tree.path("link"), "dir");
    await createTargets(tree.root).makeFolder("link/deep/a.bin");
    expect(tree.exists("real/deep")).toBe(true);
  });

  it("may lie below a root that is itself a link", async () => {
    const tree = makeTree();
    mkdirSync(tree.path("real"));
    symlinkSync("real", tree.path("root"), "dir");
    await createTargets(tree.path("root")).makeFolder("a/b.bin");
    expect(tree.exists("real/a")).toBe(true);
  });

  it("is refused behind a link that leads outside, and leaves no trace there", async () => {
    const tree = makeTree();
    const outside = makeTree();
    symlinkSync(outside.root, tree.path("models"), "dir");
    const targets = createTargets(tree.root);
    const refusal = { code: "UNSAFE_PATH", exitCode: 6 };
    await expect(targets.resolve("models/a.bin")).rejects.toMatchObject(refusal);
    await expect(targets.makeFolder("models/deep/a.bin")).rejects.toMatchObject(refusal);
    expect(outside.exists("deep")).toBe(false);
  });

  it("is refused when a folder on its way became a link outside after the first look", async () => {
    const tree = makeTree();
    const outside = makeTree();
    const targets = createTargets(tree.root);
    await targets.resolve("models/a.bin");
    symlinkSync(outside.root, tree.path("models"), "dir");
    await expect(targets.makeFolder("models/a.bin")).rejects.toMatchObject({ code: "UNSAFE_PATH" });
  });

  it("is refused when its folder was made for another file, and then replaced by a link outside", async () => {
    const tree = makeTree();
    const outside = makeTree();
    const targets = createTargets(tree.root);
    await targets.makeFolder("models/a.bin");
    await targets.makeFolder("models/b.bin");
    renameSync(tree.path("models"), tree.path("old"));
    symlinkSync(outside.root, tree.path("models"), "dir");
    await expect(targets.makeFolder("models/c.bin")).rejects.toMatchObject({ code: "UNSAFE_PATH" });
  });

  it("is made again when its folder was removed in the middle of a run", async () => {
    const tree = makeTree();
    const targets = createTargets(tree.root);
    await targets.makeFolder("models/a.bin");
    rmSync(tree.path("models"), { recursive: true });
    await targets.makeFolder("models/b.bin");
    expect(tree.exists("models")).toBe(true);
  });

  it("is refused outside even when the outside begins with the root's name", async () => {
    const tree = makeTree();
    mkdirSync(tree.path("root"));
    mkdirSync(tree.path("root-other"));
    symlinkSync(join("..", "root-other"), tree.path("root/link"), "dir");
    await expect(createTargets(tree.path("root")).resolve("link/a")).rejects.toMatchObject({ code: "UNSAFE_PATH" });
  });

  it("says so when a file stands where a folder is needed", async () => {
    const tree = makeTree();
    tree.write("models", "I am a file");
    await expect(createTargets(tree.root).makeFolder("models/a.bin")).rejects.toMatchObject({ code: "LOCAL_IO" });
    expect(tree.read("models").toString()).toBe("I am a file");
  });

  it.each([".git", ".git/hooks", ".GIT", ".assets"])(
    "is refused behind a link into %s, though that lies inside the root",
    async (place) => {
      const tree = makeTree();
      mkdirSync(tree.path(place), { recursive: true });
      symlinkSync(place, tree.path("models"), "dir");
      await expect(createTargets(tree.root).makeFolder("models/a.bin")).rejects.toMatchObject({ code: "UNSAFE_PATH" });
    },
  );
});

describe("a target that is found at once", () => {
  it.skipIf(isWindows)("is the one that is found at leisure, whether its folder is there or not", async () => {
    const tree = makeTree();
    tree.write("models/a.bin", "a");
    const targets = createTargets(tree.root);
    for (const path of ["a.bin", "models/b.bin", "models/deep/c.bin", "not/yet/d.bin"]) {
      expect(targets.resolveAtOnce(path)).toBe(await createTargets(tree.root).resolve(path));
    }
  });

  it("lies behind no link, wherever that leads", () => {
    const tree = makeTree();
    mkdirSync(tree.path("real/deep"), { recursive: true });
    symlinkSync("real", tree.path("inside"), "dir");
    symlinkSync(tmpdir(), tree.path("real/outside"), "dir");
    symlinkSync("nowhere", tree.path("broken"), "dir");
    const targets = createTargets(tree.root);
    for (const path of ["inside/a", "inside/deep/a", "real/outside/a", "real/outside/deep/a", "broken/a"]) {
      expect(targets.resolveAtOnce(path)).toBeUndefined();
    }
  });

  it("lies behind no file, and in no folder that is not for assets", () => {
    const tree = makeTree();
    tree.write("file", "");
    const targets = createTargets(tree.root);
    for (const path of ["file/a", ".git/a", "x/.git/hooks/a", ".assets/a"]) {
      expect(targets.resolveAtOnce(path)).toBeUndefined();
    }
  });
});
