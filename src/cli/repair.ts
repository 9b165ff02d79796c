/** The command line of `assets repair`. */
import type { Command } from "commander";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";
import { addAnswers, addTransferOptions, type TransferFlags, transferOf } from "./transfer-options.js";

interface RepairFlags extends SelectionOptions, TransferFlags, FormatOptions, GlobalOptions {
  backup?: boolean;
  dryRun?: boolean;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineRepair(command: Command, start: Begin) {
  command.description(
    "Hashes every selected file (all of them when nothing is selected), and brings back the pinned bytes of those that are missing, damaged, changed or a Git LFS pointer. Where their pieces are known (assets lock --pieces), only damaged pieces are fetched. What stands there stays until its replacement is proven; then it is gone, unless --backup is given. Exit code 0: all is right now.",
  );
  addSelection(command)
    .option("--backup", "keep what was there as NAME.orig")
    .option("--dry-run", "say what is damaged and what it would cost, and change no asset; exit code 1 if there is any")
    .option("--offline", "use no network: only what is on this machine");
  addAnswers(addTransferOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  assets repair                    everything
  assets repair qwen2.5 --dry-run  what is damaged, and what it would cost
  assets repair --backup           keep what was there
  assets lock --pieces             so that repairs cost little: run it while all is right`,
    )
    .action((ids: string[], flags: RepairFlags, self: Command) => start((run) => repairNow(run, ids, flags), self));
}

/** Repairs what is selected, and prints it. Answers the exit code. */
export async function repairNow(run: Run, ids: readonly string[], flags: Omit<RepairFlags, keyof GlobalOptions>) {
  const manifest = await run.loadManifest();
  const reporter = await run.report();
  try {
    const { repair } = await import("../commands/repair.js");
    const { renderRepair } = await import("../report/repair.js");
    const done = await repair({
      manifest,
      selection: selectionOf(ids, flags),
      backup: flags.backup ?? false,
      dryRun: flags.dryRun ?? false,
      ...transferOf(flags, run),
      signal: run.signal,
      onEvent: reporter.onEvent,
    });
    const report = { ...done, exitCode: run.exitCode(done.exitCode) };
    reporter.stop({ exitCode: report.exitCode, totals: report.totals });
    run.print(report, () => {
      const silent = run.options.quiet && report.ok;
      return silent ? "" : renderRepair(report, { ...run.render, interrupted: run.signal.aborted });
    });
    return report.exitCode;
  } finally {
    reporter.stop();
  }
}
