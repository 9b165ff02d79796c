/** The most memory that the program holds, for a large file and a small one. */
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createProject } from "../project.js";
import { type Contestant, compare, type Quantity, type Sample } from "../race.js";
import { type Bench, GIB, MIB, type Scenario } from "../scenario.js";
import { bytesText } from "../table.js";

const CONNECTIONS = 16;
const PEAK: Quantity = { of: ({ peak = Number.NaN }) => peak, text: bytesText };

/** The high-water mark of a process that runs, in bytes, as the kernel keeps it. */
async function highWater(pid: number | undefined): Promise<number> {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    // It has just ended.
    return 0;
  }
}

/** A download over a server that is slow enough for each connection that all of them are wanted. */
function watched(bench: Bench, label: string, size: number, perConnection: number): Contestant {
  return {
    name: label,
    missing: process.platform === "linux" ? undefined : "/proc",
    async run() {
      const file = await bench.file(`${label.replaceAll(" ", "")}.bin`, size);
      const server = await bench.serve({ perConnection }, "built-in");
      const project = await createProject(bench.shop, "memory", [file], [server.origin]);
      const { child, done } = project.start("download", "--all", "--connections", String(CONNECTIONS));
      let [peak, running] = [0, true];
      const end = done.finally(() => {
        running = false;
      });
      while (running) {
        peak = Math.max(peak, await highWater(child.pid));
        await Promise.race([end, wait(20)]);
      }
      const { code, seconds, stderr } = await end;
      if (code !== 0) throw new Error(stderr.trim());
      const sample: Sample = { seconds, peak, requests: (await server.peak()) ?? 0 };
      const complete = await project.isComplete();
      await server.stop();
      await project.remove();
      if (!complete) throw new Error("WRONG");
      return sample;
    },
  };
}

export const memory: Scenario = {
  about: "peak memory over 16 connections, 4 GiB against 64 MiB",
  async run(bench) {
    const [large, small] = await bench.race(
      [watched(bench, "4 GiB", 4 * GIB, 20_000_000), watched(bench, "64 MiB", 64 * MIB, 1_000_000)],
      { warmUp: false, runs: Math.min(bench.runs, 3) },
    );
    const requests = [large, small].map(({ samples }) => samples.map(({ requests = 0 }) => requests).join(" "));
    const note = `built-in server; requests at once: ${requests.join("; ")}`;
    const limit: typeof small = {
      name: "a limit of 160 MiB",
      samples: large.samples.map(() => ({ seconds: Number.NaN, peak: 160 * MIB })),
    };
    return [
      compare("peak memory, 4 GiB", large, { ...small, name: "64 MiB" }, { atMost: 1.15, quantity: PEAK, note }),
      compare("the same", large, limit, { atMost: 1, quantity: PEAK }),
    ];
  },
};
