/** Nothing to do: how soon that is found out. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { bareNode } from "../peer.js";
import { createProject } from "../project.js";
import { compare } from "../race.js";
import type { Scenario } from "../scenario.js";

export const present: Scenario = {
  about: "`download --all` where all 10,000 files are present",
  async run(bench) {
    const files = await bench.files("present", 10_000, 4_096);
    // Nobody answers there, and nobody is asked.
    const project = await createProject(bench.shop, "present", files, ["http://127.0.0.1:9"]);
    await cp(join(bench.served, "present"), join(project.dir, "data", "present"), { recursive: true });
    // The first run proves the files, as the download that brought them would have done.
    await project.assets("download", "--all");
    const [ours, node] = await bench.race(
      [{ name: "assets", run: () => project.assets("download", "--all") }, bareNode(bench.shop)],
      { runs: bench.runs * 2 },
    );
    const complete = await project.isComplete();
    await project.remove();
    if (!complete) ours.trouble = "WRONG";
    return [compare("10,000 files of 4 KiB, all present, `download --all`", ours, node, { atMost: 5 })];
  },
};
