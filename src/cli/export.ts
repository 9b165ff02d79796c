/** The command line of `assets export`. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { WRITERS, type Writer } from "../interchange/index.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";

interface ExportFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  output?: string;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  sums: `
  assets export sums > SHA256SUMS && sha256sum --check SHA256SUMS
  assets export sums --models -o SHA256SUMS`,
  metalink: `
  assets export metalink -o assets.meta4 && aria2c -M assets.meta4`,
  aria2: `
  assets export aria2 | aria2c -i -`,
  pooch: `
  assets export pooch -o registry.txt`,
  dvc: `
  assets export dvc -o assets.dvc`,
  cyclonedx: `
  assets export cyclonedx -o bom.cdx.json`,
};

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineExport(command: Command, start: Begin) {
  command
    .description(
      "Writes the selected files (all of them when nothing is selected) as a list for another tool, on standard output or into a file. Files that a format cannot hold, and URLs with a login in them, are left out and named on standard error. Exit code 0: the list is complete. 1: something is left out.",
    )
    .addHelpText(
      "after",
      `
Examples:
  assets export sums > SHA256SUMS          for sha256sum --check
  assets export metalink -o assets.meta4   for aria2c -M
  assets export cyclonedx -o bom.cdx.json  for whoever audits`,
    );
  for (const writer of WRITERS) {
    addSelection(command.command(writer.format))
      .summary(writer.summary)
      .description(`Writes ${writer.summary}.`)
      .option("-o, --output <file>", "write into this file (default: standard output)")
      .option("--json", "print one JSON document about what was written, with its text")
      .addHelpText("after", `\nExamples:${EXAMPLES[writer.format] ?? ""}`)
      .action((ids: string[], flags: ExportFlags, self: Command) => start((run) => act(run, writer, ids, flags), self));
  }
}

async function act(run: Run, writer: Writer, ids: readonly string[], flags: ExportFlags): Promise<number> {
  const manifest = await run.loadManifest();
  const { exportList } = await import("../commands/export.js");
  const { renderExport } = await import("../report/import.js");
  const output = flags.output === undefined ? undefined : resolve(run.cwd, flags.output);
  const selection = selectionOf(ids, flags);
  const report = await exportList({ manifest, selection, writer, output, signal: run.signal });
  run.print(report, () => (output === undefined ? report.text : ""));
  const isTold = report.left.length + (report.notes?.length ?? 0) > 0;
  if (!run.options.json && (isTold || (output !== undefined && !run.options.quiet))) {
    run.stderr.write(renderExport(report));
  }
  return report.left.length === 0 ? 0 : 1;
}
