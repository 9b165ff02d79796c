/** The command line of `assets verify`. */
import { type Command, Option } from "commander";
import { verify } from "../commands/verify.js";
import { AssetsError } from "../errors.js";
import { renderVerify } from "../report/index.js";
import type { FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, collect, type SelectionOptions, selectionOf } from "./options.js";
import { repairNow } from "./repair.js";
import { addTransferOptions, type TransferOptions } from "./transfer-options.js";

interface VerifyFlags extends SelectionOptions, TransferOptions, FormatOptions, GlobalOptions {
  requirePins?: boolean;
  repair?: boolean;
  backup?: boolean;
  sums?: string[];
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
      "Hashes every selected file (all of them when nothing is selected) and names what is missing, damaged, changed or a Git LFS pointer. Needs no network and changes no asset, unless it is to repair. Exit code 0: all right. 1: something was found.",
    );
  addSelection(command)
    .option("--require-pins", "count files without a pinned SHA-256 as findings")
    .option("--repair", "bring back the pinned bytes of what is found, as assets repair does")
    .addOption(new Option("--backup", "with --repair: keep what was there as NAME.orig").hideHelp())
    .option("--sums <file>", "verify by a list such as SHA256SUMS, not by a manifest; - is standard input", collect)
    .option("--json", "print one JSON document at the end");
  addTransferOptions(command, { hidden: true })
    .addHelpText(
      "after",
      `
Examples:
  assets verify                   everything
  assets verify --required        what a minimal installation needs
  assets verify 'whisper-*'       by id or pattern
  assets verify --repair          and mend what is found
  assets verify --sums SHA256SUMS what sha256sum, md5sum or shasum wrote, without a manifest
  assets verify --json            for programs`,
    )
    .action((ids: string[], flags: VerifyFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: VerifyFlags): Promise<number> {
  if (flags.sums !== undefined) {
    if (flags.repair || flags.requirePins || Object.keys(selectionOf(ids, flags)).length > 0) {
      throw new AssetsError("USAGE", "--sums stands alone: what is verified is what the list names.");
    }
    return (await import("./verify-sums.js")).verifyBySums(run, flags.sums);
  }
  if (flags.repair) {
    if (flags.requirePins) throw new AssetsError("USAGE", "--repair cannot pin files, as --require-pins wants.");
    return repairNow(run, ids, flags);
  }
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
