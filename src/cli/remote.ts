/** The command line of `assets remote`. */
import type { Command } from "commander";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { collect } from "./options.js";
import { transferDefaults, transferOf } from "./transfer-options.js";

interface RemoteFlags extends FormatOptions, GlobalOptions {
  include?: string[];
  exclude?: string[];
  caFile?: string;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineRemote(command: Command, start: Begin) {
  command
    .description("Asks a service what it has, without fetching it.")
    .command("ls")
    .summary("list the files of a repository, with sizes and digests")
    .description(
      "Lists the files of a repository of the Hugging Face Hub, of a release of GitHub, or of a record of Zenodo, with sizes and digests as the service states them, and the name that always means the same. Fetches none of them, and needs no manifest.",
    )
    .argument("<url>", "hf:[datasets/|spaces/]ORG/NAME[@REVISION][/FOLDER], github:OWNER/REPO[@TAG] or zenodo:RECORD")
    .option("--include <glob>", "only files whose path or name matches (repeatable)", collect)
    .option("--exclude <glob>", "no files whose path or name matches (repeatable)", collect)
    .option("--ca-file <file>", "certificate authorities in PEM to trust besides the usual ones")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets remote ls hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF
  assets remote ls hf:Xenova/all-MiniLM-L6-v2/onnx --include '*quantized*'
  assets remote ls hf:datasets/openai/gsm8k@main --json
  assets remote ls github:snakers4/silero-vad@v6.2
  assets remote ls zenodo:3987831`,
    )
    .action((url: string, flags: RemoteFlags, self: Command) => start((run) => act(run, url, flags), self));
}

async function act(run: Run, url: string, flags: RemoteFlags): Promise<number> {
  const { listRemote } = await import("../commands/remote.js");
  const { renderRemote } = await import("../report/remote.js");
  const { network, policy } = transferOf({ ...transferDefaults(), ...flags }, run);
  const { include, exclude } = flags;
  const picks = { ...(include && { include }), ...(exclude && { exclude }) };
  const reporter = await run.report();
  const { onEvent } = reporter;
  try {
    const report = await listRemote({ url, ...picks, network, policy, signal: run.signal, cwd: run.cwd, onEvent });
    reporter.stop();
    run.print(report, () => renderRemote(report, run.render));
    return 0;
  } finally {
    reporter.stop();
  }
}
