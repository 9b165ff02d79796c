/** The command line of `assets cache-key`. */
import type { Command } from "commander";
import { cacheKey } from "../commands/cache-key.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";

interface CacheKeyFlags extends SelectionOptions, FormatOptions, GlobalOptions {}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineCacheKey(command: Command, start: Begin) {
  command.description(
    "Prints one key over the paths, sizes and SHA-256 of the selected files (all when nothing is selected). It changes when one of these does, and with nothing else: not with URLs, tags, names, comments, the order in the manifest, or the machine.",
  );
  addSelection(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets cache-key                                          of everything
  assets cache-key --required                               of what a job downloads
  echo "key=$(assets cache-key)" >> "$GITHUB_OUTPUT"        for actions/cache`,
    )
    .action((ids: string[], flags: CacheKeyFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: CacheKeyFlags): Promise<number> {
  const report = cacheKey(await run.loadManifest(), selectionOf(ids, flags));
  run.print(report, () => `${report.key}\n`);
  return 0;
}
