/** What the tool keeps in its own folder is never read or written through a link, which may have come with the repository. */
import { lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { noteAdding, recallAdding } from "../../src/store/adding-memory.js";
import { auditKey, readAuditMemory, writeAuditMemory } from "../../src/store/audit-memory.js";
import { recallRepository, rememberRepository } from "../../src/store/repository-memory.js";
import { makeTree, type Tree } from "../helpers/tree.js";

const URL = "https://x.example/a";
const repository = { url: "hf:org/name@main", commit: "a".repeat(40), files: [] };

/** How each is written; whether it is known then. */
const MEMORIES: Record<string, { write: (tree: Tree) => Promise<void>; knows: (tree: Tree) => Promise<boolean> }> = {
  "adding.json": {
    write: ({ root }) => noteAdding(root, [{ path: "a", url: URL }]),
    knows: async ({ root }) => (await recallAdding(root))("a", URL),
  },
  "audit.json": {
    write: ({ root }) => writeAuditMemory(root, new Map([[auditKey(URL), { at: 1, status: "alive" }]])),
    knows: async ({ root }) => (await readAuditMemory(root)).has(auditKey(URL)),
  },
  "repositories/": {
    write: ({ root }) => rememberRepository(root, repository),
    knows: async ({ root }) => (await recallRepository(root, repository.url)) !== undefined,
  },
};

describe.each(Object.entries(MEMORIES))("a link in the place of .assets/%s", (name, { write, knows }) => {
  it("is replaced, and what it leads to is left alone", async () => {
    const first = makeTree();
    await write(first);
    const file = first.files().find((path) => path.startsWith(`.assets/${name}`)) ?? "";
    const tree = makeTree();
    tree.write("elsewhere", first.read(file));
    mkdirSync(dirname(tree.path(file)), { recursive: true });
    symlinkSync(tree.path("elsewhere"), tree.path(file));
    expect(await knows(tree)).toBe(false);
    tree.write("elsewhere", "of the user");
    await write(tree);
    expect([tree.read("elsewhere").toString(), await knows(tree)]).toEqual(["of the user", true]);
    expect(lstatSync(tree.path(file)).isSymbolicLink()).toBe(false);
  });
});
