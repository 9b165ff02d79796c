/** Proving what is here: as fast as the cores can hash. */
import { link, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Content } from "../content.js";
import { createProject } from "../project.js";
import { type Contestant, compare } from "../race.js";
import { type Bench, GIB, MIB, type Scenario } from "../scenario.js";
import type { Row } from "../table.js";
import { missingOf } from "../tools.js";

/** `openssl dgst`, which hashes one file after another. The digests are left to the user's eye. */
function openssl({ shop, served }: Bench, files: readonly Content[]): Contestant {
  const words = ["openssl", "dgst", "-sha256", ...files.map(({ name }) => name)];
  return {
    name: "`openssl dgst -sha256`",
    missing: missingOf("openssl"),
    run: async () => ({ seconds: (await shop.must(words, { cwd: served })).seconds }),
  };
}

async function proving(bench: Bench, task: string, files: readonly Content[], atMost: number): Promise<Row> {
  // Nobody answers there, and nobody is asked.
  const project = await createProject(bench.shop, "verify", files, ["http://127.0.0.1:9"]);
  for (const { name } of files) {
    const place = join(project.dir, "data", name);
    await mkdir(dirname(place), { recursive: true });
    await link(join(bench.served, name), place);
  }
  const [ours, theirs] = await bench.race([
    { name: "assets", run: () => project.assets("verify") },
    openssl(bench, files),
  ]);
  await project.remove();
  return compare(task, ours, theirs, { atMost });
}

export const verify: Scenario = {
  about: "`verify` of 4 GiB in 8 files, and in one, against openssl",
  async run(bench) {
    return [
      await proving(bench, "`verify`, 8 files of 512 MiB", await bench.files("proven", 8, 512 * MIB), 0.6),
      await proving(bench, "`verify`, one file of 4 GiB", [await bench.file("4GiB.bin", 4 * GIB)], 1.15),
    ];
  },
};
