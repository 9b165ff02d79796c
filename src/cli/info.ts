/** The command line of `assets info`. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";

interface InfoFlags extends FormatOptions, GlobalOptions {
  remote?: boolean;
  caFile?: string;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineInfo(command: Command, start: Begin) {
  command
    .description(
      "Prints what the manifest says of an asset, how each of its files stands here, where it would come from, and how much is left to fetch; nothing is hashed, and no network used. With --remote it asks the hosts of its files what they state of them now, and the Hugging Face Hub for revision, date, licence, tags, access and files.",
    )
    .argument("<id>", "the asset")
    .option("--remote", "ask the hosts")
    .addOption(
      new Option("--ca-file <file>", "certificate authorities in PEM to trust besides the usual ones").env(
        "ASSETS_CA_FILE",
      ),
    )
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets info qwen2.5                what it is and what is here of it
  assets info qwen2.5 --remote       and whether there is a newer one
  assets info qwen2.5 --json         for programs`,
    )
    .action((id: string, flags: InfoFlags, self: Command) => start((run) => act(run, id, flags), self));
}

async function act(run: Run, id: string, { remote = false, caFile }: InfoFlags): Promise<number> {
  const manifest = await run.loadManifest();
  const { info } = await import("../commands/info.js");
  const { renderInfo } = await import("../report/info.js");
  const network = caFile === undefined ? {} : { caFile: resolve(run.cwd, caFile) };
  const reporter = await run.report();
  try {
    const report = await info({ manifest, id, remote, network, signal: run.signal, onEvent: reporter.onEvent });
    reporter.stop();
    run.print(report, () => renderInfo(report, run.render));
    return 0;
  } finally {
    reporter.stop();
  }
}
