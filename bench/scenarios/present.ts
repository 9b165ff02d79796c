/** Nothing to do: how soon that is found out. */
import { bareNode } from "../peer.js";
import { createProject } from "../project.js";
import { compare } from "../race.js";
import type { Scenario } from "../scenario.js";

export const present: Scenario = {
  about: "`download --all` where all 10,000 files are present",
  async run(bench) {
    const files = await bench.files("present", 10_000, 4_096);
    const server = await bench.serve();
    const project = await createProject(bench.shop, "present", files, [server.origin]);
    bench.shop.say("  downloading 10,000 files, not timed");
    await project.assets("download", "--all");
    await server.stop();
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
