/** Runs the scenarios that the command line names, and prints what they showed. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createCleanup } from "./cleanup.js";
import { machineText } from "./machine.js";
import { HELP, type Options, readOptions } from "./options.js";
import { createBench } from "./scenario.js";
import { SCENARIOS } from "./scenarios/index.js";
import { type Row, table } from "./table.js";
import { createWorkshop } from "./workshop.js";

async function measure({ names, runs, keep, dir, server }: Options): Promise<string | undefined> {
  const cleanup = createCleanup();
  const work = mkdtempSync(join(dir, "assets-bench-"));
  if (!keep) cleanup.add(() => rm(work, { recursive: true, force: true, maxRetries: 3 }));
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      process.stderr.write("\nCleaning up.\n");
      void cleanup.all().then(() => process.exit(130));
    });
  }
  try {
    const shop = createWorkshop(work, cleanup);
    const bench = createBench(shop, server, runs);
    const rows: Row[] = [];
    for (const name of names) {
      shop.say(`${name}: ${SCENARIOS.get(name)?.about}`);
      try {
        rows.push(...((await SCENARIOS.get(name)?.run(bench)) ?? []));
      } catch (error) {
        if (interrupted) return undefined;
        // One scenario that cannot be set up must not cost what the others measure.
        rows.push({ task: name, against: "", note: `could not run: ${(error as Error).message}` });
      }
    }
    if (interrupted) return undefined;
    const command = `npm run bench -- ${process.argv.slice(2).join(" ")}`.replace(/ -- $/, "");
    return `${machineText(work, server, command)}\n\n${table(rows)}\n`;
  } finally {
    if (!interrupted) await cleanup.all();
  }
}

const options = readOptions(process.argv.slice(2));
if (options === "help") process.stdout.write(HELP);
else if ("wrong" in options) {
  process.stderr.write(`${options.wrong}\n`);
  process.exitCode = 2;
} else process.stdout.write((await measure(options)) ?? "");
