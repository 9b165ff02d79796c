/** A long way with losses: whether several connections make up for what one loses. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type BadLink, makeBadLink, ownCongestionControl, whyNoBadLink } from "../bad-link.js";
import type { Content } from "../content.js";
import { curl } from "../peer.js";
import { assetsWords, createProject, downloading, partialBytes } from "../project.js";
import { type Contestant, compare, type Measured } from "../race.js";
import { type Bench, MIB, type Scenario } from "../scenario.js";
import { bytesText, type Row } from "../table.js";

/** When nobody waits any longer. */
const PATIENCE_SECONDS = 300;
const [DELAY_MS, LOSS_PERCENT] = [100, 1];

/** A contestant with one command, which is stopped when its time is over; what it left is then not checked. */
function patient(
  { shop }: Bench,
  contestant: Omit<Contestant, "run">,
  words: string[],
  cwd: string,
  arrived: () => number,
): Contestant {
  let stopped = false;
  return {
    ...contestant,
    async run() {
      const { code, seconds, timedOut, stderr } = await shop.run(words, { cwd, timeoutSeconds: PATIENCE_SECONDS });
      stopped = timedOut;
      if (timedOut) return { seconds: PATIENCE_SECONDS, arrived: arrived() };
      if (code !== 0) throw new Error(stderr.trim());
      return { seconds };
    },
    check: async () => stopped || ((await contestant.check?.()) ?? true),
  };
}

/** The row, with the truth about whoever was stopped. */
function judged(task: string, ours: Measured, theirs: Measured, by: string, atMost: number | undefined): Row {
  const stopped = [ours, theirs].flatMap(({ name, samples }) => {
    const arrived = samples[0]?.arrived;
    return arrived === undefined ? [] : `${name} was stopped after ${PATIENCE_SECONDS} s with ${bytesText(arrived)}`;
  });
  const lower = ours.samples[0]?.arrived === undefined && stopped.length > 0 ? ": the true ratio is lower" : "";
  const row = compare(task, ours, theirs, {
    note: `${[`one run; link by ${by}`, ...stopped].join("; ")}${lower}`,
    ...(atMost !== undefined && { atMost }),
  });
  if (ours.samples[0]?.arrived === undefined) return row;
  const { ratio: _, ...rest } = row;
  return rest;
}

async function overLink(bench: Bench, link: BadLink, file: Content): Promise<readonly [Measured, Measured]> {
  const server = await bench.serve({ host: link.host, namespace: link.namespace });
  const project = await createProject(bench.shop, "lossy", [file], [server.origin]);
  const dir = join(bench.shop.dir, "peer");
  const curlWords = ["curl", "-sSf", "-o", file.name, `${server.origin}/${file.name}`];
  const results = await bench.race(
    [
      patient(bench, downloading(project), assetsWords("download", "--all"), project.dir, () => partialBytes(project)),
      patient(bench, curl(bench.shop, file, server.origin), curlWords, dir, () => statSync(join(dir, file.name)).size),
    ],
    { warmUp: false, runs: 1 },
  );
  await server.stop();
  await project.remove();
  return results;
}

export const lossy: Scenario = {
  about: "64 MiB over a link with a round trip of 200 ms that loses 1% of its packets, each way",
  async run(bench) {
    const task = "64 MiB, round trip of 200 ms, 1% loss";
    const why = whyNoBadLink();
    if (why !== undefined) return [{ task, against: "`curl -o`", atMost: 0.35, note: why }];
    const file = await bench.file("64m.bin", 64 * MIB);
    const rows: Row[] = [];
    // BBR does not slow down for losses: where it is the machine's own choice, it is shown beside the usual one.
    for (const congestion of new Set(["cubic", ownCongestionControl()])) {
      bench.shop.say(`  congestion control: ${congestion}`);
      const link = await makeBadLink(bench.shop, { delayMs: DELAY_MS, lossPercent: LOSS_PERCENT, congestion });
      const [ours, theirs] = await overLink(bench, link, file);
      await link.remove();
      const atMost = congestion === "cubic" ? 0.35 : undefined;
      rows.push(judged(`${task} (server: ${congestion})`, ours, theirs, link.by, atMost));
    }
    return rows;
  },
};
