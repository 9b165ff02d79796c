/** Two mirrors with a fixed rate each: whether both are used at once. */
import { curl } from "../peer.js";
import { createProject, downloading } from "../project.js";
import { compare, type Measured } from "../race.js";
import { MIB, type Scenario } from "../scenario.js";

const RATE = 40_000_000;

/** The better of two, round by round. */
function best(one: Measured, other: Measured): Measured {
  const samples = one.samples.map((sample, round) => {
    const rival = other.samples[round];
    return rival !== undefined && rival.seconds < sample.seconds ? rival : sample;
  });
  const trouble = one.trouble ?? other.trouble;
  return { name: "`assets` with the better mirror alone", samples, ...(trouble !== undefined && { trouble }) };
}

export const mirrors: Scenario = {
  about: "one file of 256 MiB from two mirrors that give 40 MB/s each, in all",
  async run(bench) {
    const { shop } = bench;
    const file = await bench.file("256m.bin", 256 * MIB);
    const servers = [await bench.serve({ inAll: RATE }), await bench.serve({ inAll: RATE })] as const;
    const [first, second] = [servers[0].origin, servers[1].origin];
    const both = await createProject(shop, "mirrors", [file], [first, second]);
    const onlyFirst = await createProject(shop, "mirror-1", [file], [first]);
    const onlySecond = await createProject(shop, "mirror-2", [file], [second]);
    const [ours, one, other, plain] = await bench.race([
      downloading(both),
      downloading(onlyFirst, "assets, first mirror alone"),
      downloading(onlySecond, "assets, second mirror alone"),
      curl(shop, file, first, "`curl -o`, first mirror (unverified)"),
    ]);
    for (const server of servers) await server.stop();
    for (const project of [both, onlyFirst, onlySecond]) await project.remove();
    const task = "one 256 MiB file, two mirrors of 40 MB/s each";
    const note = "built-in server: nginx cannot limit all connections together";
    return [compare(task, ours, best(one, other), { atMost: 0.6, note }), compare(task, ours, plain)];
  },
};
