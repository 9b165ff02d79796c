/** The command line of `assets verify`. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { VerifyReport } from "../commands/reports.js";
import { verify } from "../commands/verify.js";
import { AssetsError } from "../errors.js";
import type { Manifest } from "../manifest/types.js";
import { renderVerify } from "../report/verify.js";
import { shellWord } from "../shell-word.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addFormats, type Output } from "./formats.js";
import { addSelection, collect, type SelectionOptions, selectionOf, timeSpan } from "./options.js";
import { type Answer, checkOutputs, createPlaces, give } from "./outputs.js";
import { repairNow } from "./repair.js";
import { transferDefaults } from "./transfer-options.js";
import { isFolder, isPath } from "./words.js";

interface VerifyFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  quick?: boolean;
  maxAge?: number;
  requirePins?: boolean;
  require?: string[];
  extra?: boolean;
  output?: Output[];
  repair?: boolean;
  backup?: boolean;
  sums?: string[];
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineVerify(command: Command, start: Begin) {
  command.description(
    "Hashes every selected file (all of them when nothing is selected) and names what is missing, damaged, changed or a Git LFS pointer. Needs no network and changes no asset, unless it is to repair. With folders in place of ids, it needs no manifest either: it looks for what is probably not what its name says (pointers, empty files, leftovers of downloads, web pages, other formats), and proves nothing. Exit code 0: all right. 1: something was found.",
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
    .option("--require-pins", "count files without a pinned SHA-256 as findings")
    .option("--repair", "bring back the pinned bytes of what is found, as assets repair does")
    .option("--backup", "with --repair: keep what was there as NAME.orig")
    .option("--sums <file>", "verify by a list such as SHA256SUMS, not by a manifest; - is standard input", collect);
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
  assets verify --repair                   and mend what is found
  assets verify --sums SHA256SUMS          what sha256sum, md5sum or shasum wrote, without a manifest
  assets verify ./models                   look for suspicious files in a folder, without a manifest
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
  if (flags.backup && !flags.repair) {
    throw new AssetsError("USAGE", "--backup goes with --repair: nothing is replaced without it.");
  }
  if (flags.sums !== undefined) {
    refuseBeside("--sums", run, flags, ids.length > 0 || flags.repair === true);
    return (await import("./verify-sums.js")).verifyBySums(run, flags.sums);
  }
  if (ids.some(isPath)) {
    refuseBeside("A folder", run, flags, !ids.every(isPath) || flags.repair === true);
    return (await import("./verify-folder.js")).verifyFolders(run, ids);
  }
  if (flags.repair) {
    refuseBeside("--repair", run, flags, false);
    return repairNow(run, ids, { ...transferDefaults(), ...flags });
  }
  const areFolders = ids.length > 0 && ids.every((id) => isFolder(id, run.cwd));
  const manifest = await run.loadManifest().catch((error) => {
    // Folders are looked through without a manifest, unless one was asked for by name.
    const named = run.options.manifest ?? run.env.ASSETS_MANIFEST;
    if (areFolders && error instanceof AssetsError && error.code === "MANIFEST_NOT_FOUND" && !named) return undefined;
    throw error;
  });
  if (manifest === undefined) {
    refuseBeside("A folder", run, flags, false);
    return (await import("./verify-folder.js")).verifyFolders(run, ids);
  }
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
  } catch (error) {
    throw areFolders && error instanceof AssetsError && error.code === "UNKNOWN_ID"
      ? withFolderHint(error, ids)
      : error;
  } finally {
    reporter.stop();
  }
}

/** Throws USAGE for what goes only with a verification by the manifest, and for formats that only that can answer in. */
function refuseBeside(what: string, run: Run, flags: VerifyFlags, others: boolean): void {
  const { quick, requirePins, require, extra, output, repair } = flags;
  const { format = "human", ndjson = false } = run.options;
  const selects = !repair && Object.keys(selectionOf([], flags)).length > 0;
  if (others || quick || requirePins || require || extra || selects) {
    const words = repair ? "hashes all that is selected, and pins nothing" : "asks no manifest";
    throw new AssetsError("USAGE", `${what} stands alone: it ${words}.`);
  }
  const isKnown = format === "human" || format === "json" || (repair && format === "ndjson");
  if (output !== undefined || !isKnown || (ndjson && !repair)) {
    throw new AssetsError("USAGE", `${what} is answered for people, or with --json${repair ? " or --ndjson" : ""}.`, {
      ...(repair && { hint: "Other formats are those of assets verify: run it afterwards, without --repair." }),
    });
  }
}

/** A misspelt id must never pass for a folder in which nothing suspicious was found. */
function withFolderHint({ message, hint }: AssetsError, ids: readonly string[]): AssetsError {
  const words = `To look for suspicious files in the folder: assets verify ${ids.map((id) => shellWord(`./${id}`)).join(" ")}`;
  return new AssetsError("UNKNOWN_ID", message, { hint: hint === undefined ? words : `${hint}\n${words}` });
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
