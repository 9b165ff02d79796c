/** Importing repositories of Git LFS with the real program. */
import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assets, MANIFEST, manifestOf } from "../helpers/authoring.js";
import { runBin } from "../helpers/bin.js";
import { bytesOf, sha256Of } from "../helpers/content.js";
import { git, hasGit, hasLfs } from "../helpers/git.js";
import { lfsRepository } from "../helpers/lfs-repository.js";
import { startLfsServer } from "../helpers/lfs-server.js";
import { makeTree } from "../helpers/tree.js";

const SMALL = { size: 3_000, seed: 1 };
const LARGE = { size: 300_000, seed: 2 };

describe("assets import lfs", () => {
  it.skipIf(!hasLfs)(
    "takes a repository of git-lfs over, whose files then come from its server, and are proven",
    async () => {
      const server = await startLfsServer();
      const bodies = { "models/a/x.bin": SMALL, "models/a/y.bin": LARGE, "z ü.bin": "short" };
      const tree = makeTree();
      await git(tree.root, ["init", "-q", "-b", "main"]);
      await git(tree.root, ["lfs", "install", "--local"]);
      await git(tree.root, ["lfs", "track", "*.bin"]);
      for (const [path, body] of Object.entries(bodies)) {
        tree.write(path, bytesOf(body));
        server.add(body);
      }
      tree.write("notes.txt", "no pointer, but of the size of one: ".repeat(4));
      await git(tree.root, ["add", "-A"]);
      await git(tree.root, ["commit", "-qm", "x"]);
      await git(tree.root, ["remote", "add", "origin", `${server.origin}/o/r`]);

      const imported = await assets(tree, ["import", "lfs"]);
      expect(imported).toMatchObject({ code: 0, stderr: "" });
      expect(imported.stdout).toMatch(/3 files in 2 assets/);
      expect(manifestOf(tree).assets).toMatchObject([
        {
          id: "models/a",
          type: "model",
          path: "models/a",
          files: [
            { path: "x.bin", size: SMALL.size, sha256: sha256Of(SMALL), url: `lfs:${server.endpoint}` },
            { path: "y.bin", size: LARGE.size, sha256: sha256Of(LARGE) },
          ],
        },
        { id: "z-ü.bin", files: [{ path: "z ü.bin", sha256: sha256Of("short") }] },
      ]);
      // The way out that is told is one to type.
      const way =
        /The pointers are still in git\. To leave Git LFS: git rm --cached -- models\/a\/x\.bin .*'z ü\.bin';/;
      expect(imported.stdout).toMatch(way);
      expect((await assets(tree, ["verify"])).code).toBe(0);

      for (const path of Object.keys(bodies)) tree.remove(path);
      tree.remove(".git/lfs");
      expect(await assets(tree, ["download", "--all"])).toMatchObject({ code: 0 });
      for (const [path, body] of Object.entries(bodies)) expect(tree.sha256(path)).toBe(sha256Of(body));
      expect(server.batches).toHaveLength(1);
      expect((await assets(tree, ["import", "lfs"])).stdout).toMatch(
        /0 files added, 3 there already\. Nothing has changed/,
      );
    },
  );

  it.skipIf(!hasGit)(
    "reads the commit that is asked for, one folder of it, and pins the plain address on GitHub",
    async () => {
      const { tree, oids } = await lfsRepository({ "m/a.bin": SMALL, "n/b.bin": LARGE });
      tree.write(".gitattributes", "*.bin filter=lfs\n");
      tree.remove(".git");
      await git(tree.root, ["init", "-q", "-b", "main"]);
      await git(tree.root, ["remote", "add", "origin", "git@github.com:o/r.git"]);
      await git(tree.root, ["add", "-A"]);
      await git(tree.root, ["commit", "-qm", "x"]);
      await git(tree.root, ["tag", "v1"]);
      await git(tree.root, ["rm", "-qr", "m"]);
      await git(tree.root, ["commit", "-qm", "gone"]);
      const commit = (await git(tree.root, ["rev-parse", "v1"])).trim();
      mkdirSync(tree.path("m"));
      const { code } = await assets(tree, ["import", "lfs", "m", "--rev", "v1", "--tag", "llm"]);
      expect(code).toBe(0);
      expect(manifestOf(tree).assets).toEqual([
        {
          id: "m",
          type: "model",
          tags: ["llm"],
          path: "m",
          files: [
            {
              path: "a.bin",
              size: SMALL.size,
              sha256: oids["m/a.bin"],
              url: `https://media.githubusercontent.com/media/o/r/${commit}/m/a.bin`,
              fallbackUrls: ["lfs:https://github.com/o/r.git/info/lfs"],
            },
          ],
        },
      ]);
      const unknown = await assets(tree, ["import", "lfs", "--rev", "--output=/tmp/x"]);
      expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/no commit --output/) });
    },
  );

  it.skipIf(!hasGit)(
    "says after the way out of Git LFS that there is nothing to do, and gives no entry up",
    async () => {
      const { tree } = await lfsRepository({ "m/a.bin": SMALL, "m/b.bin": LARGE, "n/c.bin": "other" });
      tree.write(".gitattributes", "*.bin filter=lfs\n");
      tree.remove(".git");
      await git(tree.root, ["init", "-q", "-b", "main"]);
      await git(tree.root, ["remote", "add", "origin", "https://lfs.example/o/r"]);
      await git(tree.root, ["add", "-A"]);
      await git(tree.root, ["commit", "-qm", "x"]);
      expect(await assets(tree, ["import", "lfs"])).toMatchObject({ code: 0 });
      const before = tree.read(MANIFEST).toString();
      await git(tree.root, ["rm", "--cached", "-qr", "m"]);
      await git(tree.root, ["commit", "-qm", "half out"]);
      const half = await assets(tree, ["import", "lfs"]);
      expect(half).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/m\/a\.bin, m\/b\.bin: .*there is nothing to do/),
      });
      expect(half.stdout.match(/assets remove/g)).toHaveLength(1);
      await git(tree.root, ["rm", "--cached", "-qr", "n"]);
      await git(tree.root, ["commit", "-qm", "out"]);
      const out = await assets(tree, ["import", "lfs"]);
      expect(out).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/nothing in it to import[\s\S]*there is nothing to do/),
      });
      expect(tree.read(MANIFEST).toString()).toBe(before);
    },
  );

  it("reads the pointers of the working tree where git is not installed, and never writes a login down", async () => {
    const { tree, server } = await lfsRepository({ "a.bin": SMALL });
    tree.write(".git/config", `[remote "origin"]\n\turl = ${server.origin.replace("//", "//me:secret-word@")}/o/r\n`);
    expect(await runBin(["import", "lfs"], { cwd: tree.root, env: { PATH: "" } })).toMatchObject({ code: 0 });
    expect(tree.read(MANIFEST).toString()).toContain(`"lfs:${server.endpoint}"`);
    expect(tree.read(MANIFEST).toString()).not.toContain("secret-word");
  });

  it("outside of a repository says so", async () => {
    expect(await assets(makeTree(), ["import", "lfs"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no git repository/),
    });
  });
});
