/** The shortest command: what starting the program costs. */
import { bareNode } from "../peer.js";
import { createProject } from "../project.js";
import { compare } from "../race.js";
import { MIB, type Scenario } from "../scenario.js";

export const list: Scenario = {
  about: "`assets list` with 50 assets",
  async run(bench) {
    const files = await bench.files("listed", 50, MIB);
    const server = await bench.serve();
    const project = await createProject(bench.shop, "list", files, [server.origin], { assets: 50 });
    await project.assets("download", "--all");
    await server.stop();
    const [ours, node] = await bench.race(
      [{ name: "assets", run: () => project.assets("list") }, bareNode(bench.shop)],
      { runs: bench.runs * 4 },
    );
    await project.remove();
    return [compare("`assets list`, 50 assets, all present", ours, node, { atMost: 2 })];
  },
};
