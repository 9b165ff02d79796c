/** Where the pointers of a repository go, that is not where the manifest is. */
import { describe, expect, it } from "vitest";
import { listLfs } from "../../src/commands/import-lfs.js";
import { git, hasGit } from "../helpers/git.js";
import { makeTree } from "../helpers/tree.js";

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12345\n`;
const signal = new AbortController().signal;

async function repository() {
  const tree = makeTree();
  tree.write("repo/top.bin", POINTER);
  tree.write("repo/sub/m/x.bin", POINTER.replace("aaaa", "bbbb"));
  tree.write("repo/sub/broken.bin", POINTER.replace("sha256:", "sha256:x"));
  tree.write("repo/.gitattributes", "*.bin filter=lfs\n");
  tree.write("repo/docs/example.txt", POINTER);
  tree.write("repo/.lfsconfig", "[lfs]\n\turl = https://lfs.example/store\n");
  await git(tree.path("repo"), ["init", "-q", "-b", "main"]);
  await git(tree.path("repo"), ["add", "-A"]);
  await git(tree.path("repo"), ["commit", "-qm", "x"]);
  return tree;
}

describe.skipIf(!hasGit)("the pointers of a repository", () => {
  const brief = ({ files }: Awaited<ReturnType<typeof listLfs>>) => files.map(({ path, asset }) => [path, asset]);

  it("lie where they do in it, when its top is the root or it is no part of it", async () => {
    const tree = await repository();
    const other = makeTree();
    for (const root of [tree.path("repo"), other.root]) {
      const listing = await listLfs({ folder: tree.path("repo"), root, signal });
      expect(brief(listing)).toEqual([
        ["sub/m/x.bin", "sub/m"],
        ["top.bin", "top.bin"],
      ]);
      expect(listing.files[0]?.urls).toEqual(["lfs:https://lfs.example/store"]);
    }
  });

  it("lie below the folder of a repository that the root holds", async () => {
    const tree = await repository();
    const listing = await listLfs({ folder: tree.path("repo/sub"), root: tree.root, signal });
    expect(brief(listing)).toEqual([["repo/sub/m/x.bin", "repo/sub/m"]]);
  });

  it("are refused where they lie outside of a root within it", async () => {
    const tree = await repository();
    const listing = await listLfs({ folder: tree.path("repo"), root: tree.path("repo/sub"), signal });
    expect(brief(listing)).toEqual([["m/x.bin", "m"]]);
    expect(listing.refused).toEqual([
      { place: "sub/broken.bin", message: expect.stringMatching(/looks like a Git LFS pointer: the oid is/) },
      { place: "top.bin", message: "it lies outside the root of the manifest" },
    ]);
  });

  it("that .gitattributes does not know are left out by name, and are no success where there are no others", async () => {
    const tree = await repository();
    const message = expect.stringMatching(/\.gitattributes does not give it/);
    const whole = await listLfs({ folder: tree.path("repo"), root: tree.path("repo"), signal });
    expect(whole.notes).toEqual([{ place: "docs/example.txt", message, left: true }]);
    const docs = await listLfs({ folder: tree.path("repo/docs"), root: tree.path("repo"), signal });
    expect(docs).toMatchObject({ files: [], refused: [{ place: "docs/example.txt", message }] });
  });

  it("are told by the attributes of their commit, whatever the working tree has today", async () => {
    const tree = await repository();
    tree.write("repo/.gitattributes", "*.txt filter=lfs\n");
    await git(tree.path("repo"), ["commit", "-qam", "y"]);
    tree.remove("repo/.gitattributes");
    tree.write("repo/sub/.gitattributes", "*.bin -filter\n");
    await git(tree.path("repo"), ["add", "-A"]);
    const staged = await git(tree.path("repo"), ["status", "--porcelain"]);
    const at = (rev?: string) => listLfs({ folder: tree.path("repo"), root: tree.path("repo"), rev, signal });
    expect(brief(await at("HEAD~1")).map(([path]) => path)).toEqual(["sub/m/x.bin", "top.bin"]);
    expect(brief(await at()).map(([path]) => path)).toEqual(["docs/example.txt"]);
    expect(await git(tree.path("repo"), ["status", "--porcelain"])).toBe(staged);
  });

  it("that the manifest has from their server and that are gone are named in one remark, within what was searched", async () => {
    const tree = await repository();
    const from = (asset: string, path: string, url = "lfs:https://lfs.example/store") => ({ asset, path, urls: [url] });
    const known = [
      from("a", "sub/m/x.bin"),
      from("a", "sub/old.bin"),
      from("b", "gone.bin"),
      from("c", "other.bin", "https://x.example/o"),
    ];
    const gone = async (more: Partial<Parameters<typeof listLfs>[0]>) => {
      const { notes } = await listLfs({ folder: tree.path("repo"), root: tree.path("repo"), known, signal, ...more });
      return notes.filter(({ left }) => !left);
    };
    const notes = await gone({});
    expect(notes.map(({ place }) => place)).toEqual(["sub/old.bin, gone.bin"]);
    expect(notes[0]?.message).toMatch(/left Git LFS, there is nothing to do/);
    // What has another file is not given up for one that is gone.
    expect(notes[0]?.message).toMatch(/assets remove b(?! a)/);
    expect(notes[0]?.message).not.toMatch(/assets remove a|remove b a/);
    expect((await gone({ folder: tree.path("repo/sub") })).map(({ place }) => place)).toEqual(["sub/old.bin"]);
    const below = { below: "data", known: [from("a", "data/top.bin"), from("a", "data/x"), from("a", "y")] };
    expect((await gone(below)).map(({ place }) => place)).toEqual(["data/x"]);
    const many = Array.from({ length: 8 }, (_, index) => from(`m${index}`, `gone${index}.bin`));
    expect((await gone({ known: many })).map(({ place }) => place)).toEqual([expect.stringMatching(/ and 3 more$/)]);
  });
});
