/** The command line of `assets remove`. */
import type { Command } from "commander";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";

interface RemoveFlags extends FormatOptions, GlobalOptions {
  files?: boolean;
  force?: boolean;
  dryRun?: boolean;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineRemove(command: Command, start: Begin) {
  command
    .description(
      "Takes assets out of the manifest, of which all else stays as it is, comments above an entry too. Their files stay where they are, unless --files is given: then those are deleted that are proven to be the pinned ones, with folders that are empty without them. If one of them is not, nothing is changed at all (exit code 6).",
    )
    .argument("<ids...>", "assets, by id or pattern (qwen*)")
    .option("--files", "delete their files as well")
    .option("--force", "with --files: whatever stands in their places")
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets remove qwen2.5                the entry only
  assets remove qwen2.5 --files        and its files
  assets remove 'test-*' --dry-run     what that would be`,
    )
    .action((ids: string[], flags: RemoveFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: RemoveFlags): Promise<number> {
  const { files = false, force = false, dryRun = false } = flags;
  const manifest = await run.loadManifest();
  const reporter = await run.report();
  try {
    const { removeAssets } = await import("../commands/remove.js");
    const { renderRemove } = await import("../report/author.js");
    const { signal } = run;
    const report = await removeAssets({ manifest, ids, files, force, dryRun, signal, onEvent: reporter.onEvent });
    reporter.stop();
    run.print(report, () => (run.options.quiet && report.ok ? "" : renderRemove(report, run.render)));
    return run.exitCode(report.exitCode);
  } finally {
    reporter.stop();
  }
}
