/** The command line of `assets hash`. */
import { type Command, Option } from "commander";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { inputChunks } from "./input.js";
import { refuseUrls } from "./words.js";

interface HashFlags extends FormatOptions, GlobalOptions {
  algorithm: string;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineHash(command: Command, start: Begin) {
  command
    .description(
      "Prints the digest of each file as sha256sum does, in lines that sha256sum -c and assets verify --sums read. A lone - is standard input. Needs no manifest. Says so when a file is a Git LFS pointer. Exit code 6: a file cannot be read.",
    )
    .argument("<files...>", "files, or - for standard input")
    .addOption(
      new Option("--algorithm <name>", "another digest")
        .choices(["sha256", "sha512", "sha1", "md5", "git-blob"])
        .default("sha256"),
    )
    .option("--json", "print one JSON document, with sizes")
    .addHelpText(
      "after",
      `
Examples:
  assets hash model.onnx                     what to write under "sha256"
  assets hash models/* > SHA256SUMS          a list to verify by
  assets hash --algorithm md5 table.csv      to compare with what Zenodo states
  assets hash --json model.onnx              with its size
  zcat table.csv.gz | assets hash -          what it unpacks to`,
    )
    .action((paths: string[], flags: HashFlags, self: Command) => start((run) => act(run, paths, flags), self));
}

async function act(run: Run, paths: readonly string[], { algorithm }: HashFlags): Promise<number> {
  refuseUrls(paths, "To pin what it has: assets add URL");
  const { hashFiles } = await import("../commands/hash.js");
  const { renderHashes } = await import("../report/hash.js");
  const reporter = await run.report();
  try {
    const { cwd, signal } = run;
    const report = await hashFiles({
      paths,
      cwd,
      input: inputChunks(run),
      algorithm,
      signal,
      onEvent: reporter.onEvent,
    });
    reporter.stop();
    run.print(report, () => renderHashes(report));
    for (const { path, error } of run.options.json ? [] : report.files) {
      if (error !== undefined) run.stderr.write(`assets: ${error.message || path}\n`);
    }
    return run.exitCode(report.exitCode);
  } finally {
    reporter.stop();
  }
}
