/** How files are found. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatPointer } from "../../src/lfs-pointer.js";
import { createHasher } from "../../src/store/digest.js";
import { glance, inspect, type Pin } from "../../src/store/inspect.js";
import { sha256Of } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

const { signal } = new AbortController();
const isRoot = process.getuid?.() === 0;

/** Looks at a file, hashing it. */
async function deep(target: string, pin: Pin) {
  const hasher = createHasher(1);
  try {
    return await inspect(target, pin, { hash: async () => (await hasher.hash(target, { signal })).hex });
  } finally {
    await hasher.close();
  }
}

describe("a file", () => {
  const sha256 = sha256Of("hello");

  it("that has the pinned bytes is valid", async () => {
    const tree = makeTree();
    const found = await deep(tree.write("a", "hello"), { size: 5, sha256 });
    expect(found).toMatchObject({ kind: "valid", size: 5, proof: "hashed" });
  });

  it("that is not there is missing, also when a file stands in its folder's place", async () => {
    const tree = makeTree();
    tree.write("folder", "a file");
    expect(await deep(tree.path("a"), { sha256 })).toEqual({ kind: "missing" });
    expect(await deep(tree.path("folder/a"), { sha256 })).toEqual({ kind: "missing" });
  });

  it("of the right size is not called valid before it was hashed", async () => {
    const tree = makeTree();
    expect(await inspect(tree.write("a", "hellO"), { size: 5, sha256 }, {})).toMatchObject({ kind: "unverified" });
  });

  it("of the right size but other bytes differs", async () => {
    const tree = makeTree();
    const found = await deep(tree.write("a", "hellO"), { size: 5, sha256 });
    expect(found).toMatchObject({ kind: "digest-mismatch", sha256: sha256Of("hellO") });
  });

  it("of another size differs without being read", async () => {
    const tree = makeTree();
    const read = () => Promise.reject(new Error("it was read"));
    const found = await inspect(tree.write("a", "hello!"), { size: 5, sha256 }, { hash: read });
    expect(found).toMatchObject({ kind: "size-mismatch", size: 6 });
  });

  it("without a pinned digest is unpinned, not valid", async () => {
    const tree = makeTree();
    expect(await deep(tree.write("a", "hello"), { size: 5 })).toMatchObject({ kind: "unpinned" });
  });

  it("that is a Git LFS pointer is named so, with what it stands for", async () => {
    const tree = makeTree();
    const pointer = formatPointer({ oid: sha256, size: 5_000 });
    const found = await deep(tree.write("a", pointer), { size: 5_000, sha256 });
    expect(found).toMatchObject({ kind: "lfs-pointer", oid: sha256, pointerSize: 5_000 });
    expect(await deep(tree.path("a"), {})).toMatchObject({ kind: "lfs-pointer" });
  });

  it("that is empty and pinned as empty is valid", async () => {
    const tree = makeTree();
    expect(await deep(tree.write("a", ""), { size: 0, sha256: sha256Of("") })).toMatchObject({ kind: "valid" });
  });

  it("behind a link is looked at itself", async () => {
    const tree = makeTree();
    tree.write("real", "hello");
    symlinkSync("real", tree.path("a"));
    expect(await deep(tree.path("a"), { size: 5, sha256 })).toMatchObject({ kind: "valid" });
  });

  it("that is a link to nothing, a folder or a pipe cannot be read, and nothing waits for it", async () => {
    const tree = makeTree();
    symlinkSync("nowhere", tree.path("link"));
    mkdirSync(tree.path("folder"));
    expect(await deep(tree.path("link"), {})).toEqual({ kind: "unreadable", reason: "it is a link to nothing" });
    expect(await deep(tree.path("folder"), {})).toMatchObject({ kind: "unreadable", folder: true });
    if (spawnSync("mkfifo", [tree.path("pipe")]).status === 0) {
      expect(await deep(tree.path("pipe"), {})).toEqual({ kind: "unreadable", reason: "it is not a regular file" });
    }
  });

  it.skipIf(isRoot || process.platform === "win32")(
    "that may not be read is unreadable (root reads everything)",
    async () => {
      const tree = makeTree();
      chmodSync(tree.write("a", "hello"), 0);
      expect(await deep(tree.path("a"), { size: 5, sha256 })).toMatchObject({ kind: "unreadable" });
    },
  );

  it("recalled from the ledger is not read", async () => {
    const tree = makeTree();
    const target = tree.write("a", "hello");
    expect(await inspect(target, { size: 5, sha256 }, { recall: () => sha256 })).toMatchObject({ proof: "remembered" });
    const other = await inspect(target, { size: 5, sha256: "b".repeat(64) }, { recall: () => sha256 });
    expect(other).toMatchObject({ kind: "digest-mismatch", sha256 });
  });
});

describe("a glance", () => {
  const sha256 = sha256Of("hello");
  const pin = { size: 5, sha256 };

  it("tells of a pinned file what a look tells that hashes nothing", async () => {
    const tree = makeTree();
    const target = tree.write("a", "hello");
    for (const recall of [() => undefined, () => sha256, () => sha256Of("other")]) {
      expect(glance(target, pin, recall)).toEqual(await inspect(target, pin, { recall }));
    }
    expect(glance(tree.path("b"), pin, undefined)).toEqual({ kind: "missing" });
  });

  it("leaves to a closer look whatever is not plainly the file or nothing", () => {
    const tree = makeTree();
    const target = tree.write("a", "hello");
    mkdirSync(tree.path("folder"));
    symlinkSync("a", tree.path("link"));
    const pointer = tree.write("pointer", formatPointer({ oid: sha256, size: 5 }));
    expect(glance(target, { size: 5 }, undefined)).toBeUndefined();
    expect(glance(target, { size: 6, sha256 }, undefined)).toBeUndefined();
    expect(glance(pointer, { sha256 }, undefined)).toBeUndefined();
    expect(glance(tree.path("folder"), { sha256 }, undefined)).toBeUndefined();
    expect(glance(tree.path("link"), pin, undefined)).toBeUndefined();
    expect(glance(tree.path("a/b"), pin, undefined)).toBeUndefined();
  });
});
