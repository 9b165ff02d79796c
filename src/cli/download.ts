/** The command line of `assets download`. */
import { type Command, Option } from "commander";
import { download } from "../commands/download.js";
import { recallAllPresent, rememberAllPresent } from "../commands/nothing-to-do.js";
import { AssetsError } from "../errors.js";
import { renderAllPresent, renderDownload } from "../report/download.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, type SelectionOptions, selectionOf } from "./options.js";
import { addAnswers, addTransferOptions, type TransferFlags, transferOf } from "./transfer-options.js";

interface DownloadFlags extends SelectionOptions, TransferFlags, FormatOptions, GlobalOptions {
  force?: boolean;
  dryRun?: boolean;
  requirePins?: boolean;
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineDownload(command: Command, start: Begin) {
  command
    .description(
      "Fetches the selected assets, resumes what an earlier run began, and puts each file in its place only once its SHA-256 is proven. Files that are here already are not fetched again.",
    )
    .option("--all", "every asset of the manifest");
  addSelection(command)
    .option("--force", "replace local files that differ from their pin; fetch unpinned files anew")
    .option("--dry-run", "say what would be done, and change no asset")
    .option("--offline", "use no network: only what is on this machine")
    .option("--require-pins", "refuse to begin when a selected file has no SHA-256 pinned")
    .addOption(
      new Option(
        "--strategy <how>",
        "files of the Hugging Face Hub: over http, by git (a clone without smudge, then its LFS), or git after http has failed",
      )
        .choices(["auto", "http", "git"])
        .default("auto"),
    );
  addAnswers(addTransferOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  assets download --all                      everything the manifest names
  assets download --required                 only what the manifest calls required
  assets download qwen2.5 'whisper-*'        by id, or by pattern
  assets download --models --tag onnx        every model that has a tag
  assets download mnist --include '*labels*' some files of an asset
  assets download --all --dry-run            what would be fetched, and from where
  assets download --all --limit-rate 2M      leave the rest of the line to others
  assets download bert --strategy git        from a clone, where the Hub's web interface is out of reach`,
    )
    .action((ids: string[], flags: DownloadFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: DownloadFlags): Promise<number> {
  const selection = selectionOf(ids, flags);
  const { include: _, exclude: __, ...picked } = selection;
  if (flags.all && Object.keys(picked).length > 0) {
    throw new AssetsError("USAGE", "--all means every asset, and others are picked beside it: leave one of them out.");
  }
  if (!flags.all && Object.keys(selection).length === 0) {
    throw new AssetsError("NOTHING_SELECTED", "Nothing is selected.", {
      hint: "Everything: assets download --all      By id: assets download ID...      What there is: assets list",
    });
  }
  const transfer = transferOf(flags, run);
  const isBrief = flags.all === true && isIndifferent(flags, run);
  const present = isBrief ? await recallAllPresent(run.readSource(), run.signal) : undefined;
  if (present !== undefined) {
    if (!run.options.quiet) run.stdout.write(renderAllPresent(present, run.render));
    return 0;
  }
  const manifest = await run.loadManifest();
  const reporter = await run.report();
  try {
    const done = await download({
      manifest,
      selection,
      force: flags.force ?? false,
      dryRun: flags.dryRun ?? false,
      requirePins: flags.requirePins ?? false,
      ...transfer,
      signal: run.signal,
      onEvent: reporter.onEvent,
    });
    const report = { ...done, exitCode: run.exitCode(done.exitCode) };
    reporter.stop({ exitCode: report.exitCode, totals: report.totals });
    run.print(report, () => {
      return run.options.quiet && report.ok && !report.dryRun
        ? ""
        : renderDownload(report, { ...run.render, interrupted: run.signal.aborted });
    });
    const { files, present: here } = report.totals;
    if (isBrief && here === files) await rememberAllPresent(run.readSource(), manifest, run.signal);
    return report.exitCode;
  } finally {
    reporter.stop();
  }
}

/** Options that change nothing where everything is present and verified. */
const INDIFFERENT: ReadonlySet<string> = new Set<keyof DownloadFlags>([
  "all",
  "color",
  "connections",
  "force",
  "jobs",
  "limitRate",
  "lockTimeout",
  "manifest",
  "minSpeed",
  "offline",
  "progress",
  "quiet",
  "requirePins",
  "retries",
  "reuse",
  "strategy",
]);

/** Whether all that was asked for is of that kind. */
function isIndifferent(flags: DownloadFlags, { env, options }: Run): boolean {
  const given = Object.entries({ ...flags, ...options }).filter(([, value]) => value !== undefined);
  // A strategy that needs git says so where there is none.
  const isPlain = flags.strategy !== "git" && !env.ASSETS_LOG_FILE && !env.ASSETS_ROOT;
  return isPlain && given.every(([name]) => INDIFFERENT.has(name));
}
