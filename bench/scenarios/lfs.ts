/** A clone with its large files, by Git LFS and by a manifest: time, and room on disk. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Content } from "../content.js";
import { startLfsServer } from "../lfs-server.js";
import { areRight, assetsWords, manifestText } from "../project.js";
import { type Contestant, compare, type Quantity } from "../race.js";
import { bareRepository, diskUsage, lfsTree } from "../repository.js";
import { type Bench, GIB, MIB, type Scenario } from "../scenario.js";
import { missingOf } from "../tools.js";

const COUNT = 20;
/** What `git lfs install` writes into the configuration of a user. */
const FILTER = {
  "filter.lfs.process": "git-lfs filter-process",
  "filter.lfs.smudge": "git-lfs smudge -- %f",
  "filter.lfs.clean": "git-lfs clean -- %f",
  "filter.lfs.required": "true",
};
const DISK: Quantity = {
  of: ({ disk = Number.NaN }) => disk,
  text: (bytes) => `${(bytes / MIB).toFixed(2)} MiB`,
};

/** A way to a clone with all its files. */
interface Way {
  name: string;
  /** The repository. */
  from: string;
  /** Of git. */
  settings?: Record<string, string>;
  /** Commands that run in the clone. */
  commands?: string[][];
}

/** Clones a repository into an empty place, and runs more commands in the clone. */
function cloning(
  { shop }: Bench,
  files: readonly Content[],
  { name, from, settings = {}, commands = [] }: Way,
): Contestant {
  const clone = join(shop.dir, "clone");
  const config = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  return {
    name,
    missing: missingOf("git", "git-lfs"),
    prepare: () => rm(clone, { recursive: true, force: true }),
    async run() {
      let { seconds } = await shop.must(["git", ...config, "clone", "-q", from, clone]);
      for (const words of commands) seconds += (await shop.must(words, { cwd: clone })).seconds;
      return { seconds, disk: diskUsage(clone) };
    },
    check: () => areRight(join(clone, "data"), files),
  };
}

export const lfs: Scenario = {
  about: "a clone with 20 files, 1 GiB in all, against git-lfs",
  async run(bench) {
    const files = await bench.files("lfs", COUNT, Math.floor(GIB / COUNT));
    const server = await bench.serve();
    const batch = await startLfsServer(files, server.origin);
    const stop = bench.shop.cleanup.add(batch.stop);
    const manifest = { "assets.manifest.json": manifestText(files, [server.origin]), ".gitignore": "/data/\n" };
    const ours = await bareRepository(bench.shop, "manifest", manifest);
    const theirs = await bareRepository(bench.shop, "lfs", lfsTree(files, batch.url));
    const [mine, other] = await bench.race([
      cloning(bench, files, { name: "assets", from: ours, commands: [assetsWords("download", "--all")] }),
      cloning(bench, files, { name: "`git clone` with git-lfs", from: theirs, settings: FILTER }),
    ]);
    await stop();
    await server.stop();
    await rm(join(bench.shop.dir, "clone"), { recursive: true, force: true });
    const note = "ours: `git clone` of a repository with a manifest, then `assets download --all`";
    return [
      compare("a repository of 20 files, 1 GiB: time", mine, other, { atMost: 0.5, note }),
      compare("the same: disk, with `.git`", mine, other, { atMost: 0.5, quantity: DISK }),
    ];
  },
};
