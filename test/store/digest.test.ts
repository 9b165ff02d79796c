/** Hashing off the main thread. */
import { describe, expect, it } from "vitest";
import { createHasher } from "../../src/store/digest.js";
import { contentOf, sha256Of } from "../helpers/content.js";
import { makeTree } from "../helpers/tree.js";

const { signal } = new AbortController();

describe("the hasher", () => {
  it.each([
    ["on the spot", 1_000],
    ["by threads, once there is much to hash", 200_000],
  ])("gives every file its own digest, however many are asked for at once: %s", async (_, times) => {
    const tree = makeTree();
    const hasher = createHasher(2);
    const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
    for (const name of names) tree.write(name, name.repeat(times));
    const digests = await Promise.all(names.map((name) => hasher.hash(tree.path(name), { signal })));
    await hasher.close();
    expect(digests.map(({ hex }) => hex)).toEqual(names.map((name) => sha256Of(name.repeat(times))));
  });

  it("leaves the main thread free while it reads a large file, and tells how far it is", async () => {
    const tree = makeTree();
    const body = { size: 80_000_000, seed: 1 };
    tree.write("large", body);
    const hasher = createHasher(1);
    const told: number[] = [];
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    const digest = await hasher.hash(tree.path("large"), { signal, onProgress: (bytes) => told.push(bytes) });
    clearInterval(count);
    await hasher.close();
    expect(digest.size).toBe(80_000_000);
    expect(digest.hex).toBe(sha256Of(contentOf(body)));
    expect(told.length).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(2);
  });

  it("fails for one file without failing for the others", async () => {
    const tree = makeTree();
    tree.write("there", "x");
    tree.write("large", { size: 5_000_000, seed: 3 });
    const hasher = createHasher(1);
    const statuses = async (...names: string[]) => {
      const results = await Promise.allSettled(names.map((name) => hasher.hash(tree.path(name), { signal })));
      return results.map(({ status }) => status);
    };
    expect(await statuses("gone", "there")).toEqual(["rejected", "fulfilled"]);
    // Now there is a thread.
    expect(await statuses("large")).toEqual(["fulfilled"]);
    expect(await statuses("gone", "there")).toEqual(["rejected", "fulfilled"]);
    await hasher.close();
  });

  it("stops in the middle of a file when it is told to, and still serves the next one", async () => {
    const tree = makeTree();
    tree.write("large", { size: 120_000_000, seed: 2 });
    tree.write("small", "x");
    const hasher = createHasher(1);
    const abort = new AbortController();
    const large = hasher.hash(tree.path("large"), { signal: abort.signal, onProgress: () => abort.abort("enough") });
    const small = hasher.hash(tree.path("small"), { signal });
    await expect(large).rejects.toBe("enough");
    expect((await small).hex).toBe(sha256Of("x"));
    await hasher.close();
  });
});
