/** The command line of `assets add`. */
import { type Command, InvalidArgumentError } from "commander";
import { digestOf } from "../manifest/fields.js";
import { toNdjson } from "../report/json.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { collect, wholeNumber } from "./options.js";
import { addAnswers, addTransferOptions, type TransferFlags, transferOf } from "./transfer-options.js";

interface AddFlags extends TransferFlags, FormatOptions, GlobalOptions {
  id?: string;
  type?: string;
  name?: string;
  path?: string;
  license?: string;
  tag?: string[];
  required?: boolean;
  url?: string;
  fallback?: string[];
  include?: string[];
  exclude?: string[];
  sha256?: string;
  size?: number;
  dryRun?: boolean;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineAdd(command: Command, start: Begin) {
  command
    .description(
      "Writes an asset for each source into the manifest, of which comments, order and layout stay. Size and SHA-256 are taken from whoever publishes the file where they are stated (the Hugging Face Hub, GitHub releases, Git LFS pointers, digests in headers): declared. Else the file is fetched once, kept in its place and measured. A branch, a tag or `latest` becomes what it stands for now, where the host tells. What fails keeps nothing else out.",
    )
    .argument("<sources...>", "URLs, hf:org/name/path, github:owner/repo@tag/file, zenodo:record/file, npm:…, or files")
    .option("--id <id>", "id of the asset; of several sources it makes one asset (default: told by the name)")
    .option("--type <type>", "model, dataset or another word (default: told by the name)")
    .option(
      "--path <path>",
      "where it goes, relative to the root; a folder when it ends with / (default: told by the id)",
    )
    .option("--name <text>", "name for people")
    .option("--license <text>", "SPDX expression or a few words (default: what is stated)")
    .option("--tag <tag>", "word to select by (repeatable)", collect)
    .option("--required", "a minimal installation needs it")
    .option("--include <glob>", "of a whole repository: only these files (repeatable)", collect)
    .option("--exclude <glob>", "of a whole repository: not these files (repeatable)", collect)
    .option("--url <url>", "where the file that lies in its place already comes from")
    .option("--fallback <url>", "another place with the same bytes (repeatable)", collect)
    .option("--sha256 <hex>", "the SHA-256 that you know of it", sha256)
    .option("--size <bytes>", "the size that you know of it", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option("--dry-run", "say what would be written; fetch and write nothing")
    .option("--offline", "ask nobody over the network");
  addAnswers(addTransferOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  assets add hf:org/name/model.onnx                           the model of a Hub repository, at today's commit
  assets add hf:org/name --include '*.safetensors'            a whole repository as one asset, or some of its files
  assets add https://host/data.csv --path datasets/data.csv   fetched once and measured
  assets add URL1 URL2 --id my-model --path models/mine/      one asset of two files
  assets add URL --id my-model                                another file of an asset that has a list of files
  assets add models/a.onnx --url https://host/a.onnx          a file that is here already
  assets add https://host/a.bin --sha256 HEX --size N         what its publisher states, without fetching it
  assets add hf:org/name/model.onnx --dry-run                 what would be written`,
    )
    .action((sources: string[], flags: AddFlags, self: Command) => start((run) => act(run, sources, flags), self));
}

function sha256(text: string): string {
  const hex = digestOf(text);
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new InvalidArgumentError("It takes the 64 hexadecimal digits of a SHA-256.");
}

async function act(run: Run, sources: readonly string[], flags: AddFlags): Promise<number> {
  const { id, type, name, path, license, required, url, size } = flags;
  const manifest = await run.loadManifest();
  const reporter = await run.report();
  try {
    const { addAssets } = await import("../commands/add.js");
    const { renderAdd } = await import("../report/author.js");
    const { reuse: _, ...transfer } = transferOf(flags, run);
    const done = await addAssets({
      manifest,
      sources,
      cwd: run.cwd,
      ...defined({ id, type, name, path, license, required, url, size, sha256: flags.sha256 }),
      ...defined({ include: flags.include, exclude: flags.exclude }),
      ...(flags.tag && { tags: flags.tag }),
      ...(flags.fallback && { fallbackUrls: flags.fallback }),
      dryRun: flags.dryRun ?? false,
      ...transfer,
      signal: run.signal,
      onEvent: reporter.onEvent,
    });
    const report = { ...done, exitCode: run.exitCode(done.exitCode) };
    for (const file of run.options.ndjson ? report.files : []) run.stdout.write(toNdjson({ type: "file", ...file }));
    reporter.stop({ exitCode: report.exitCode, totals: { files: report.files.length } });
    run.print(report, () => (run.options.quiet && report.ok ? "" : renderAdd(report, run.render)));
    return report.exitCode;
  } finally {
    reporter.stop();
  }
}

/** An object without the keys that have no value. */
function defined<T extends object>(options: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
