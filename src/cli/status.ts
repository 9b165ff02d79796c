/** The command line of `assets status`. */
import type { Command } from "commander";
import { status } from "../commands/status.js";
import { renderStatus } from "../report/status.js";
import { shellWord } from "../shell-word.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";

interface StatusFlags extends SelectionOptions, FormatOptions, GlobalOptions {}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineStatus(command: Command, start: Begin) {
  command.description(
    "Says in one line whether every selected file is here and known to be right. Hashes nothing: it goes by what was proven before, and a file that changed since, or was never proven, is not well. Exit code 0: all well. 1: not.",
  );
  addSelection(command)
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets status                                    everything
  assets status --required                         what a minimal installation needs
  assets status --quiet || assets download --all   in a script
  assets status --json                             for programs`,
    )
    .action((ids: string[], flags: StatusFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: StatusFlags): Promise<number> {
  const manifest = await run.loadManifest();
  const report = await status({ manifest, selection: selectionOf(ids, flags), signal: run.signal });
  run.print(report, () => (run.options.quiet ? "" : renderStatus(report, run.render)));
  if (!report.ok && !run.options.quiet && !run.options.json) {
    const words = [run.render.program, "verify --quick", ...ids.map(shellWord)].join(" ");
    run.stderr.write(`Which files, and what to do about each: ${words}\n`);
  }
  return report.ok ? 0 : 1;
}
