/** The command line of `assets path`. */
import type { Command } from "commander";
import { locateAsset } from "../commands/asset-path.js";
import { download } from "../commands/download.js";
import { verify } from "../commands/verify.js";
import { AssetsError } from "../errors.js";
import { shellWord } from "../shell-word.js";
import type { Begin, GlobalOptions, Run } from "./context.js";
import { addTransferOptions, type TransferFlags, transferOf } from "./transfer-options.js";

interface PathFlags extends TransferFlags, GlobalOptions {
  file?: string;
  download: boolean;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function definePath(command: Command, start: Begin) {
  command
    .description(
      "Prints the absolute path of an asset once it is here and right: of its file, or of the folder that holds its several files. What is missing is fetched first. Standard output has the path and nothing else; progress and errors go to standard error.",
    )
    .argument("<id>", "the asset, by its id")
    .option("--file <name>", "one file of the asset, by its path or the end of it; no other is fetched")
    .option("--no-download", "fail if it is not here and right (exit code 8 or 6)")
    .option("--offline", "use no network: only what is on this machine");
  addTransferOptions(command)
    .addHelpText(
      "after",
      `
Examples:
  assets path silero-vad                           /your/repository/models/silero_vad.onnx
  python run.py --model "$(assets path silero-vad)"
  assets path gpt2-tokenizer --file merges.txt     one file of several
  assets path silero-vad --no-download             only if it is here`,
    )
    .action((id: string, flags: PathFlags, self: Command) => start((run) => act(run, id, flags), self));
}

async function act(run: Run, id: string, flags: PathFlags): Promise<number> {
  const { manifest, path } = locateAsset(await run.loadManifest(), id, flags.file);
  const reporter = await run.report();
  try {
    const common = { manifest, signal: run.signal, onEvent: reporter.onEvent };
    if (flags.download) {
      const { outcomes, stopped } = await download({ ...common, ...transferOf(flags, run) });
      const failure = stopped ?? outcomes.find(({ error }) => error !== undefined)?.error;
      if (failure !== undefined) {
        const { code, message } = failure;
        const hint = code === "CONFLICT" ? toMend(id, run) : failure.hint;
        throw new AssetsError(code, message, { hint });
      }
    } else {
      const { files, ok } = await verify({ ...common, quick: true });
      if (!ok) throw notHere(id, files.find(({ finding }) => finding) ?? { path, status: "missing" }, run);
    }
  } finally {
    reporter.stop();
  }
  run.print({ path }, () => `${path}\n`);
  return 0;
}

function notHere(id: string, { path, status }: { path: string; status: string }, run: Run): AssetsError {
  const again = `${run.render.program} download ${shellWord(id)}`;
  if (status === "missing") {
    return new AssetsError("OFFLINE", `${path} is not here, and --no-download forbids to fetch it.`, {
      hint: `Fetch it: ${again}`,
    });
  }
  return new AssetsError("CONFLICT", `${path} is here, and is not the pinned file (${status}).`, {
    hint: toMend(id, run),
  });
}

/** What stands there may be somebody's own: this command never replaces it. */
function toMend(id: string, { render: { program } }: Run): string {
  const word = shellWord(id);
  return `See what is wrong: ${program} verify ${word}\nTo put the pinned file there: ${program} repair ${word}`;
}
