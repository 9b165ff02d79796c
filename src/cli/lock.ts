/** The command line of `assets lock`. */
import type { Command } from "commander";
import { AssetsError } from "../errors.js";
import type { FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";

interface LockFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  pieces?: boolean;
  dryRun?: boolean;
}

/** Adds the command; `start` makes its run and takes its exit code. */
export function addLock(
  program: Command,
  start: (act: (run: Run) => Promise<number>, command: Command) => Promise<void>,
) {
  const command = program
    .command("lock")
    .summary("write down the digests of the pieces of each file, for repair")
    .description(
      "With --pieces: hashes the selected files (all of them when nothing is selected) piece by piece, writes assets.pieces.json beside the manifest, and its digest into the manifest, of which comments and layout stay. With it, assets repair fetches of a damaged file only what is damaged. Exit code 1: some files are not here as pinned, and nothing is known of their pieces.",
    )
    .option("--pieces", "the digests of the pieces");
  addSelection(command)
    .option("--dry-run", "say what would be written, and write nothing")
    .option("--json", "print one JSON document at the end")
    .addHelpText(
      "after",
      `
Examples:
  assets lock --pieces               every file that is here
  assets lock --pieces qwen2.5       this one; what is known of others stays
  assets lock --pieces --dry-run     what it would come to`,
    )
    .action((ids: string[], flags: LockFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: LockFlags): Promise<number> {
  if (!flags.pieces) {
    throw new AssetsError("USAGE", "Nothing is said to be locked.", {
      hint: "The digests of pieces: assets lock --pieces",
    });
  }
  const manifest = await run.loadManifest();
  const reporter = await run.report();
  try {
    const { lockPieces } = await import("../commands/lock.js");
    const { renderLock } = await import("../report/lock.js");
    const report = await lockPieces({
      manifest,
      selection: selectionOf(ids, flags),
      dryRun: flags.dryRun ?? false,
      signal: run.signal,
      onEvent: reporter.onEvent,
    });
    reporter.stop();
    run.print(report, () => (run.options.quiet && report.ok ? "" : renderLock(report, run.render)));
    return report.ok ? 0 : 1;
  } finally {
    reporter.stop();
  }
}
