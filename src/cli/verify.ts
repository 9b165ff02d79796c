/** The command line of `assets verify`. */
import { type Command, Option } from "commander";
import { verify } from "../commands/verify.js";
import { AssetsError } from "../errors.js";
import { renderVerify } from "../report/index.js";
import type { FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, collect, type SelectionOptions, selectionOf, timeSpan } from "./options.js";

interface VerifyFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  quick?: boolean;
  maxAge?: number;
  requirePins?: boolean;
  require?: string[];
  extra?: boolean;
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
    .option("--quick", "hash only what is not known to stand as it stood when it was proven")
    .addOption(
      new Option("--max-age <span>", "with --quick: hash what was proven longer ago, such as 12h, 30d, 4w").argParser(
        timeSpan,
      ),
    )
    .option("--require <glob>", "these files must be named, here and right, whatever is selected (repeatable)", collect)
    .option("--extra", "find files in the folders of the selected ones that no asset names")
    .option("--require-pins", "count files without a pinned SHA-256 as findings")
    .option("--json", "print one JSON document at the end")
    .addHelpText(
      "after",
      `
Examples:
  assets verify                            everything, byte by byte
  assets verify --quick --max-age 30d      only what changed, or was not proven for 30 days
  assets verify --required                 what a minimal installation needs
  assets verify 'whisper-*'                by id or pattern
  assets verify --require '**/*.onnx'      and all of these must be right
  assets verify --extra                    and nothing else may lie beside them
  assets verify --json                     for programs`,
    )
    .action((ids: string[], flags: VerifyFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: VerifyFlags): Promise<number> {
  if (flags.maxAge !== undefined && !flags.quick) {
    throw new AssetsError("USAGE", "--max-age goes with --quick: without it every file is hashed anyway.");
  }
  const manifest = await run.loadManifest();
  const reporter = await run.report();
  try {
    const report = await verify({
      manifest,
      selection: selectionOf(ids, flags),
      quick: flags.quick ?? false,
      maxAgeMs: flags.maxAge,
      requirePins: flags.requirePins ?? false,
      require: flags.require ?? [],
      extra: flags.extra ?? false,
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
