/** The command line of `assets list`. */
import { type Command, Option } from "commander";
import { list } from "../commands/list.js";
import { renderList } from "../report/list.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf, selectionWords } from "./options.js";

interface ListFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  sort?: "size" | "id";
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineList(command: Command, start: Begin) {
  command.description(
    "Lists the assets of the manifest with their size and their state on this machine. Hashes nothing.",
  );
  addSelection(command)
    .addOption(new Option("--sort <key>", "order of the rows").choices(["size", "id"]))
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets list                     everything
  assets list --models            the models
  assets list --tag onnx --json   for programs
  assets list --sort size         the largest first`,
    )
    .action((ids: string[], flags: ListFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: ListFlags): Promise<number> {
  const manifest = await run.loadManifest();
  const selection = selectionOf(ids, flags);
  const report = await list({ manifest, selection, signal: run.signal, ...(flags.sort && { sort: flags.sort }) });
  const words = selectionWords(ids, flags);
  run.print(report, () => renderList(report, { ...run.render, ...(words !== "" && { selection: words }) }));
  return 0;
}
