/** Git repositories to be cloned: the same files once by Git LFS, once by a manifest. */
import { lstatSync, readdirSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Content } from "./content.js";
import type { Workshop } from "./workshop.js";

/** Texts to be committed, by path. */
export type Tree = Record<string, string>;

/** What a repository holds whose files are in Git LFS. */
export function lfsTree(files: readonly Content[], lfsUrl: string): Tree {
  const pointers = files.map(({ name, size, sha256 }) => [
    `data/${name}`,
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`,
  ]);
  return {
    ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
    ".lfsconfig": `[lfs]\n\turl = ${lfsUrl}\n`,
    ...Object.fromEntries(pointers),
  };
}

/** Makes a bare repository with one commit; answers its URL. */
export async function bareRepository(shop: Workshop, name: string, tree: Tree): Promise<string> {
  const [work, bare] = [join(shop.dir, `${name}-work`), join(shop.dir, `${name}.git`)];
  for (const [path, text] of Object.entries(tree)) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    await writeFile(join(work, path), text);
  }
  const author = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
  await shop.must(["git", "init", "-q", "-b", "main", work]);
  await shop.must(["git", "-C", work, "add", "-A"]);
  await shop.must(["git", "-C", work, ...author, "commit", "-q", "-m", "Files"]);
  await shop.must(["git", "clone", "-q", "--bare", work, bare]);
  await rm(work, { recursive: true });
  return pathToFileURL(bare).href;
}

/** The bytes that a folder occupies, as `du -s` counts them: blocks, each hard-linked file once. */
export function diskUsage(folder: string, seen = new Set<number>()): number {
  const own = lstatSync(folder);
  if (seen.has(own.ino)) return 0;
  seen.add(own.ino);
  const inside = own.isDirectory() ? readdirSync(folder) : [];
  return inside.reduce((sum, name) => sum + diskUsage(join(folder, name), seen), own.blocks * 512);
}
