/** A server that gives each connection a fixed rate: whether more connections are used where they pay. */
import { aria2, curl } from "../peer.js";
import { createProject, downloading } from "../project.js";
import { compare } from "../race.js";
import { MIB, type Scenario } from "../scenario.js";

const RATE = 20_000_000;

export const throttled: Scenario = {
  about: "one file of 256 MiB from a server that gives each connection 20 MB/s",
  async run(bench) {
    const { shop } = bench;
    const file = await bench.file("256m.bin", 256 * MIB);
    const server = await bench.serve({ perConnection: RATE });
    const project = await createProject(shop, "throttled", [file], [server.origin]);
    const [ours, plain, aria, eager] = await bench.race([
      downloading(project),
      curl(shop, file, server.origin),
      aria2(shop, file, server.origin, ["-x16", "-s16"]),
      aria2(shop, file, server.origin, ["-x16", "-s16", "-k1M"]),
    ]);
    await server.stop();
    await project.remove();
    const task = "one 256 MiB file, 20 MB/s for each connection";
    return [
      compare(task, ours, plain, { atMost: 0.2 }),
      compare(task, ours, aria, { atMost: 1, note: "aria2 opens one connection for each 20 MiB: 13 here" }),
      compare(task, ours, eager),
    ];
  },
};
