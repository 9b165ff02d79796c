/** The command line of `assets verify`. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { VerifyReport } from "../commands/reports.js";
import { verify } from "../commands/verify.js";
import { AssetsError } from "../errors.js";
import type { Manifest } from "../manifest/types.js";
import { renderVerify } from "../report/index.js";
import type { FormatOptions, GlobalOptions, Run } from "./context.js";
import { addFormats, type Output } from "./formats.js";
import { addSelection, collect, type SelectionOptions, selectionOf, timeSpan } from "./options.js";
import { type Answer, checkOutputs, createPlaces, give } from "./outputs.js";

interface VerifyFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  quick?: boolean;
  maxAge?: number;
  requirePins?: boolean;
  require?: string[];
  extra?: boolean;
  output?: Output[];
}

/** Adds the command; `start` makes its run and takes its exit code. */
export function addVerify(
  program: Command,
  start: (act: (run: Run) => Promise<number>, command: Command) => Promise<void>,
) {
  const command = program
    .command("verify")
    .summary("prove by SHA-256 that the files here are the pinned ones")
    .description(
      "Hashes every selected file (all of them when nothing is selected) and names what is missing, damaged, changed or a Git LFS pointer. Needs no network and changes no asset. Exit code 0: all right. 1: something was found.",
    );
  addSelection(command)
    .option("--quick", "hash only what is not known to stand as it stood when it was proven")
    .addOption(
      new Option("--max-age <span>", "with --quick: hash what was proven longer ago, such as 12h, 30d, 4w").argParser(
        timeSpan,
      ),
    )
    .option("--require <glob>", "these files must be named, here and right, whatever is selected (repeatable)", collect)
    .option("--extra", "find files in the folders of the selected ones that no asset names")
    .option("--require-pins", "count files without a pinned SHA-256 as findings");
  addFormats(command)
    .addHelpText(
      "after",
      `
Examples:
  assets verify                            everything, byte by byte
  assets verify --quick --max-age 30d      only what changed, or was not proven for 30 days
  assets verify --required                 what a minimal installation needs
  assets verify 'whisper-*'                by id or pattern
  assets verify --require '**/*.onnx'      and all of these must be right
  assets verify --extra                    and nothing else may lie beside them
  assets verify --json                     for programs
  assets verify --format github            annotations in GitHub Actions
  assets verify --output sarif=a.sarif --output junit=a.xml     and reports for others`,
    )
    .action((ids: string[], flags: VerifyFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: VerifyFlags): Promise<number> {
  if (flags.maxAge !== undefined && !flags.quick) {
    throw new AssetsError("USAGE", "--max-age goes with --quick: without it every file is hashed anyway.");
  }
  const manifest = await run.loadManifest();
  const { output: outputs = [] } = flags;
  checkOutputs(run, manifest, outputs);
  const startedAt = new Date();
  const reporter = await run.report();
  try {
    const report = await verify({
      manifest,
      selection: selectionOf(ids, flags),
      quick: flags.quick ?? false,
      maxAgeMs: flags.maxAge,
      requirePins: flags.requirePins ?? false,
      require: flags.require ?? [],
      extra: flags.extra ?? false,
      signal: run.signal,
      onEvent: reporter.onEvent,
    });
    return await give(run, reporter, answerOf(run, manifest, report, startedAt), outputs);
  } finally {
    reporter.stop();
  }
}

function answerOf(run: Run, manifest: Manifest, report: VerifyReport, startedAt: Date): Answer {
  return {
    report,
    lines: () => [
      ...report.files.map((file) => ({ type: "file", ...file })),
      ...(report.unmatched ?? []).map((pattern) => ({ type: "unmatched", pattern })),
      ...(report.extra ?? []).map((extra) => ({ type: "extra", ...extra })),
      ...(report.leftovers ?? []).map((leftover) => ({ type: "leftover", ...leftover })),
    ],
    text: (render) => renderVerify(report, render),
    async findings() {
      const [{ verifyFindings }, { loadPlaces }] = await Promise.all([
        import("../report/formats.js"),
        import("../manifest/places.js"),
      ]);
      const lineOf = loadPlaces(manifest);
      const placeOf = createPlaces(run);
      const whole = placeOf(manifest.file);
      const places = {
        inManifest: (path?: string) => ({ ...whole, ...(path === undefined ? { line: 1 } : lineOf(path)) }),
        onDisk: (path: string) => placeOf(join(manifest.root, path)),
      };
      return verifyFindings(report, { places, startedAt, program: run.render.program });
    },
    exitCode: run.exitCode(report.ok ? 0 : 1),
    totals: report.totals,
  };
}
