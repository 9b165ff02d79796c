/** A download that was killed without warning, begun again: how much is done twice. */
import { setTimeout as wait } from "node:timers/promises";
import { createProject, downloading, type Project, partialBytes } from "../project.js";
import { type Contestant, compare, type Measured, type Quantity } from "../race.js";
import { type Bench, GIB, type Scenario } from "../scenario.js";
import type { FileServer } from "../server.js";
import { bytesText } from "../table.js";

const SENT: Quantity = { of: ({ sent = Number.NaN }) => sent, text: bytesText };

/** Kills a download as soon as so many bytes are on disk. */
async function killAt(project: Project, bytes: number): Promise<number> {
  const { child, done } = project.start("download", "--all");
  let [ended, seen] = [false, 0];
  const end = done.then(() => {
    ended = true;
  });
  while (!ended && seen < bytes) {
    await wait(1);
    seen = partialBytes(project);
  }
  child.kill("SIGKILL");
  await end;
  if (seen < bytes) throw new Error("The download was over before it could be killed");
  return seen;
}

function resumed({ shop }: Bench, project: Project, server: FileServer, killedAt: number[]): Contestant {
  return {
    name: "assets, killed at 90% and run again",
    async prepare() {
      await project.clear();
      const size = project.files[0]?.size ?? 0;
      killedAt.push((await killAt(project, 0.9 * size)) / size);
      // The server must have noticed before its bytes are counted.
      await server.sent();
      await shop.run(["sync"]);
    },
    async run() {
      const before = await server.sent();
      const { seconds } = await project.assets("download", "--all");
      return { seconds, sent: (await server.sent()) - before };
    },
    check: project.isComplete,
  };
}

/** What a gigabit network brings, in bytes a second. */
const GIGABIT = 125_000_000;

/** Begun again, against begun anew. */
async function race(bench: Bench, server: FileServer): Promise<[again: Measured, full: Measured, note: string]> {
  const file = await bench.file("1g.bin", GIB);
  const project = await createProject(bench.shop, "resume", [file], [server.origin]);
  const killedAt: number[] = [];
  const [again, full] = await bench.race([
    resumed(bench, project, server, killedAt),
    downloading(project, "`assets`, a full download"),
  ]);
  await server.stop();
  await project.remove();
  for (const sample of full.samples) sample.sent = file.size;
  const percent = killedAt.map((part) => `${(part * 100).toFixed(1)}%`);
  return [again, full, `killed when this much was on disk: ${percent.join(", ")}`];
}

export const resume: Scenario = {
  about: "1 GiB, killed (SIGKILL) at 90% and run again",
  async run(bench) {
    const [again, full, note] = await race(bench, await bench.serve());
    const [againFar, fullFar, noteFar] = await race(bench, await bench.serve({ inAll: GIGABIT }));
    const pace = "built-in server: nginx cannot limit all connections together";
    return [
      compare("1 GiB, killed at 90% and run again: time", again, full, { atMost: 0.3, note }),
      compare("the same: bytes sent by the server", again, full, { atMost: 0.11, quantity: SENT }),
      compare("the same at 1 Gbit/s: time", againFar, fullFar, { atMost: 0.3, note: `${noteFar}; ${pace}` }),
      compare("the same at 1 Gbit/s: bytes", againFar, fullFar, { atMost: 0.11, quantity: SENT }),
    ];
  },
};
