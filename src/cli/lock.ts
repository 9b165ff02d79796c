/** The command line of `assets lock`. */
import type { Command } from "commander";
import { AssetsError } from "../errors.js";
import { toNdjson } from "../report/json.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";
import { addTransferOptions, type TransferFlags, transferOf } from "./transfer-options.js";

interface LockFlags extends SelectionOptions, TransferFlags, FormatOptions, GlobalOptions {
  pieces?: boolean;
  check?: boolean;
  dryRun?: boolean;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineLock(command: Command, start: Begin) {
  command
    .description(
      "Writes into the manifest, of which comments, order and layout stay: size and SHA-256 of selected files (all when nothing is selected) that have none, as their publisher states them, else measured of the file that is here, else fetched once; the size beside a SHA-256, where it is stated together with that very digest or the file is here; in place of branches, tags and `latest` of the Hub and of GitHub's releases what they stand for now; and a SHA-256 in place of a weaker digest, once that was held against the bytes. What is pinned is never pinned anew. With --pieces: hashes the files that are here piece by piece, and writes assets.pieces.json beside the manifest and its digest into it; with that, assets repair fetches of a damaged file only what is damaged. Exit code 1: something is still open (of --pieces: files are not here as pinned).",
    )
    .option("--check", "write, fetch and ask nothing; exit code 1 if something is open (for CI)")
    .option("--pieces", "write down the digests of the pieces, and nothing else");
  addSelection(command)
    .option("--dry-run", "say what would be written; fetch and write nothing")
    .option("--offline", "ask nobody over the network");
  addTransferOptions(command)
    .option("--json", "print one JSON document at the end")
    .option("--ndjson", "print one JSON event a line, while it happens (not of --pieces)")
    .addHelpText(
      "after",
      `
Examples:
  assets lock                        every pin that is missing
  assets lock qwen2.5 --dry-run      what would be written for this asset
  assets lock --check                in CI: is everything pinned
  assets lock --pieces               the pieces of every file that is here
  assets lock --pieces qwen2.5       of this one; what is known of others stays`,
    )
    .action((ids: string[], flags: LockFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: LockFlags): Promise<number> {
  const { check = false, pieces = false, dryRun = false } = flags;
  if (pieces && (check || run.options.ndjson)) {
    throw new AssetsError("USAGE", `--pieces and --${check ? "check" : "ndjson"} exclude each other.`);
  }
  if (check && dryRun) throw new AssetsError("USAGE", "--check and --dry-run exclude each other: neither writes.");
  const manifest = await run.loadManifest();
  const selection = selectionOf(ids, flags);
  const reporter = await run.report();
  const { signal } = run;
  const { onEvent } = reporter;
  try {
    if (pieces) {
      const { lockPieces } = await import("../commands/lock-pieces.js");
      const { renderLock } = await import("../report/lock.js");
      const report = await lockPieces({ manifest, selection, dryRun, signal, onEvent });
      reporter.stop();
      run.print(report, () => (run.options.quiet && report.ok ? "" : renderLock(report, run.render)));
      return report.ok ? 0 : 1;
    }
    const { lockPins } = await import("../commands/lock-pins.js");
    const { renderPins } = await import("../report/pins.js");
    const { reuse: _, ...transfer } = transferOf(flags, run);
    const done = await lockPins({ manifest, selection, check, dryRun, ...transfer, signal, onEvent });
    const report = { ...done, exitCode: run.exitCode(done.exitCode) };
    for (const file of run.options.ndjson ? report.files : []) run.stdout.write(toNdjson({ type: "file", ...file }));
    reporter.stop({ exitCode: report.exitCode, totals: { files: report.files.length } });
    run.print(report, () => (run.options.quiet && report.ok ? "" : renderPins(report, run.render)));
    return report.exitCode;
  } finally {
    reporter.stop();
  }
}
