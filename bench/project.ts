/** A folder with a manifest, in which the program that is measured runs. */
import { readdirSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Content, isRight } from "./content.js";
import { BIN } from "./machine.js";
import type { Contestant, Sample } from "./race.js";
import type { Running, Workshop } from "./workshop.js";

export interface Project {
  dir: string;
  files: readonly Content[];
  /** Puts the folder back to nothing but its manifest. */
  clear(): Promise<void>;
  /** Runs the program here. */
  assets(...words: string[]): Promise<Sample>;
  /** The same, without waiting for its end. */
  start(...words: string[]): Running;
  remove(): Promise<void>;
  /** Whether every file is in its place, byte for byte. */
  isComplete(): Promise<boolean>;
}

/** The words that start the program. */
export function assetsWords(...words: string[]): string[] {
  return [process.execPath, BIN, ...words];
}

/** A manifest of files that the given origins serve: the first one the URL, the others fallbacks. */
export function manifestText(files: readonly Content[], origins: readonly string[], assets = 1): string {
  const each = Math.ceil(files.length / assets);
  const entries = Array.from({ length: assets }, (_, index) => ({
    id: `bench-${index}`,
    type: "dataset",
    path: "data",
    files: files.slice(index * each, (index + 1) * each).map(({ name, size, sha256 }) => {
      const [url, ...fallbackUrls] = origins.map((origin) => `${origin}/${name}`);
      return { path: name, size, sha256, url, ...(fallbackUrls.length > 0 && { fallbackUrls }) };
    }),
  }));
  return `${JSON.stringify({ version: 1, assets: entries }, null, 2)}\n`;
}

/** Whether all of the files lie under a folder, byte for byte. */
export async function areRight(folder: string, files: readonly Content[]): Promise<boolean> {
  for (const file of files) if (!(await isRight(join(folder, file.name), file))) return false;
  return true;
}

export async function createProject(
  shop: Workshop,
  name: string,
  files: readonly Content[],
  origins: readonly string[],
  { assets = 1 }: { assets?: number } = {},
): Promise<Project> {
  const dir = join(shop.dir, name);
  const manifest = manifestText(files, origins, assets);
  const project: Project = {
    dir,
    files,
    async clear() {
      await shop.empty(dir);
      await writeFile(join(dir, "assets.manifest.json"), manifest);
    },
    async assets(...words) {
      const { seconds } = await shop.must(assetsWords(...words), { cwd: dir });
      return { seconds };
    },
    remove: () => shop.empty(dir),
    start: (...words) => shop.start(assetsWords(...words), { cwd: dir }),
    isComplete: () => areRight(join(dir, "data"), files),
  };
  await project.clear();
  return project;
}

/** `assets download --all` in an empty project, checked. */
export function downloading(project: Project, name = "assets"): Contestant {
  return {
    name,
    prepare: project.clear,
    run: () => project.assets("download", "--all"),
    check: project.isComplete,
  };
}

/** The bytes that unfinished downloads occupy on disk: holes do not count, so the order of arrival does not matter. */
export function partialBytes({ dir }: Project): number {
  try {
    const folder = join(dir, "data");
    const partials = readdirSync(folder).filter((name) => name.endsWith(".part"));
    return partials.reduce((sum, name) => sum + statSync(join(folder, name)).blocks * 512, 0);
  } catch {
    // Not there yet, or no longer.
    return 0;
  }
}
