/** Two thousand small files: what each file costs beyond its bytes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../peer.js";
import { createProject, downloading } from "../project.js";
import { compare } from "../race.js";
import type { Scenario } from "../scenario.js";

const COUNT = 2_000;
const SIZE = 20_000;

export const many: Scenario = {
  about: "2,000 files of 20 KB",
  async run(bench) {
    const { shop } = bench;
    const files = await bench.files("small", COUNT, SIZE);
    const server = await bench.serve();
    const project = await createProject(shop, "many", files, [server.origin]);
    const list = join(shop.dir, "aria2.txt");
    const config = join(shop.dir, "curl.txt");
    const url = (name: string) => `${server.origin}/${name}`;
    const forAria2 = files.map(({ name, sha256 }) => `${url(name)}\n  out=${name}\n  checksum=sha-256=${sha256}\n`);
    writeFileSync(list, forAria2.join(""));
    writeFileSync(config, files.map(({ name }) => `url = "${url(name)}"\noutput = "${name}"\n`).join(""));
    const [ours, aria, plain] = await bench.race([
      downloading(project),
      peer(shop, {
        name: "`aria2c -j16 -i`, with checksums",
        needs: ["aria2c"],
        commands: () => [["aria2c", "--no-conf", "-q", "-j16", "-i", list]],
        files,
      }),
      peer(shop, {
        name: "`curl -Z --parallel-max 16 -K` (unverified, no rename)",
        needs: ["curl"],
        commands: () => [["curl", "-sSf", "-Z", "--parallel-max", "16", "--create-dirs", "-K", config]],
        files,
      }),
    ]);
    await server.stop();
    await project.remove();
    const task = "2,000 files of 20 KB";
    return [compare(task, ours, aria, { atMost: 0.5 }), compare(task, ours, plain, { atMost: 2.5 })];
  },
};
