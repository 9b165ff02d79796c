/** The command line of `assets init`. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";

interface InitFlags extends FormatOptions, GlobalOptions {
  gitignore: boolean;
  scripts: boolean;
  dryRun?: boolean;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineInit(command: Command, start: Begin) {
  command
    .description(
      "Writes assets.manifest.json with comments that say how to go on; in a git repository, lines in .gitignore for the folders that assets go to, unless git has files in them; in an npm project, the scripts assets:download and assets:verify. Asks nothing, overwrites nothing, and says all that it does. To run it again does no harm.",
    )
    .option("--no-gitignore", "leave .gitignore alone")
    .option("--no-scripts", "leave package.json alone")
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets init                                     in the folder of the project
  assets init --dry-run                           what it would do
  assets init --manifest config/assets.json       the other place that is looked in`,
    )
    .action((flags: InitFlags, self: Command) => start((run) => act(run, flags), self));
}

async function act(run: Run, flags: InitFlags): Promise<number> {
  const { init } = await import("../commands/init.js");
  const { renderInit } = await import("../report/author.js");
  const report = await init({
    file: resolve(run.cwd, run.options.manifest ?? (run.env.ASSETS_MANIFEST || "assets.manifest.json")),
    cwd: run.cwd,
    dryRun: flags.dryRun ?? false,
    skipIgnore: !flags.gitignore,
    skipScripts: !flags.scripts,
    signal: run.signal,
  });
  run.print(report, () => (run.options.quiet ? "" : renderInit(report, { ...run.render, cwd: run.cwd })));
  return 0;
}
