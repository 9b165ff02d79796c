/** The command line of `assets verify`. */
import type { Command } from "commander";
import { verify } from "../commands/verify.js";
import { renderVerify } from "../report/index.js";
import type { FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";

interface VerifyFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  requirePins?: boolean;
}

/** Adds the command; `start` makes its run and takes its exit code. */
export function addVerify(
  program: Command,
  start: (act: (run: Run) => Promise<number>, command: Command) => Promise<void>,
) {
  const command = program
    .command("verify")
    .summary("prove by SHA-256 that the files here are the pinned ones")
    .description(
      "Hashes every selected file (all of them when nothing is selected) and names what is missing, damaged, changed or a Git LFS pointer. Needs no network and changes no asset. Exit code 0: all right. 1: something was found.",
    );
  addSelection(command)
    .option("--require-pins", "count files without a pinned SHA-256 as findings")
    .option("--json", "print one JSON document at the end")
    .addHelpText(
      "after",
      `
Examples:
  assets verify                   everything
  assets verify --required        what a minimal installation needs
  assets verify 'whisper-*'       by id or pattern
  assets verify --json            for programs`,
    )
    .action((ids: string[], flags: VerifyFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: VerifyFlags): Promise<number> {
  const manifest = await run.loadManifest();
  const reporter = await run.report();
  try {
    const report = await verify({
      manifest,
      selection: selectionOf(ids, flags),
      requirePins: flags.requirePins ?? false,
      signal: run.signal,
      onEvent: reporter.onEvent,
    });
    reporter.stop();
    run.print(report, () => (run.options.quiet && report.ok ? "" : renderVerify(report, run.render)));
    return report.ok ? 0 : 1;
  } finally {
    reporter.stop();
  }
}
