/** The command line of `assets verify`. */
import type { Command } from "commander";
import { verify } from "../commands/verify.js";
import { AssetsError } from "../errors.js";
import { renderVerify } from "../report/index.js";
import { shellWord } from "../shell-word.js";
import type { FormatOptions, GlobalOptions, Run } from "./context.js";
import { addSelection, collect, type SelectionOptions, selectionOf } from "./options.js";
import { repairNow } from "./repair.js";
import { transferDefaults } from "./transfer-options.js";
import { isFolder, isPath } from "./words.js";

interface VerifyFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  requirePins?: boolean;
  repair?: boolean;
  backup?: boolean;
  sums?: string[];
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
      "Hashes every selected file (all of them when nothing is selected) and names what is missing, damaged, changed or a Git LFS pointer. Needs no network and changes no asset, unless it is to repair. With folders in place of ids, it needs no manifest either: it looks for what is probably not what its name says (pointers, empty files, leftovers of downloads, web pages, other formats), and proves nothing. Exit code 0: all right. 1: something was found.",
    );
  addSelection(command)
    .option("--require-pins", "count files without a pinned SHA-256 as findings")
    .option("--repair", "bring back the pinned bytes of what is found, as assets repair does")
    .option("--backup", "with --repair: keep what was there as NAME.orig")
    .option("--sums <file>", "verify by a list such as SHA256SUMS, not by a manifest; - is standard input", collect)
    .option("--json", "print one JSON document at the end")
    .addHelpText(
      "after",
      `
Examples:
  assets verify                   everything
  assets verify --required        what a minimal installation needs
  assets verify 'whisper-*'       by id or pattern
  assets verify --repair          and mend what is found
  assets verify --sums SHA256SUMS what sha256sum, md5sum or shasum wrote, without a manifest
  assets verify ./models          look for suspicious files in a folder, without a manifest
  assets verify --json            for programs`,
    )
    .action((ids: string[], flags: VerifyFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: VerifyFlags): Promise<number> {
  if (flags.sums !== undefined) {
    if (isNarrowed(flags) || ids.length > 0) {
      throw new AssetsError("USAGE", "--sums stands alone: what is verified is what the list names.");
    }
    return (await import("./verify-sums.js")).verifyBySums(run, flags.sums);
  }
  if (ids.some(isPath)) {
    if (isNarrowed(flags) || !ids.every(isPath)) {
      throw new AssetsError("USAGE", "Folders stand alone: nothing in them can be selected, pinned or repaired.");
    }
    return (await import("./verify-folder.js")).verifyFolders(run, ids);
  }
  if (flags.repair) {
    if (flags.requirePins) throw new AssetsError("USAGE", "--repair cannot pin files, as --require-pins wants.");
    return repairNow(run, ids, { ...transferDefaults(), ...flags });
  }
  if (flags.backup) throw new AssetsError("USAGE", "--backup goes with --repair: nothing is replaced without it.");
  const areFolders = ids.length > 0 && ids.every((id) => isFolder(id, run.cwd)) && !isNarrowed(flags);
  const manifest = await run.loadManifest().catch((error) => {
    // Folders are looked through without a manifest, unless one was asked for by name.
    const named = run.options.manifest ?? run.env.ASSETS_MANIFEST;
    if (areFolders && error instanceof AssetsError && error.code === "MANIFEST_NOT_FOUND" && !named) return undefined;
    throw error;
  });
  if (manifest === undefined) return (await import("./verify-folder.js")).verifyFolders(run, ids);
  const reporter = await run.report();
  try {
    const report = await verify({
      manifest,
      selection: selectionOf(ids, flags),
      requirePins: flags.requirePins ?? false,
      signal: run.signal,
      onEvent: reporter.onEvent,
    });
    reporter.stop();
    run.print(report, () => (run.options.quiet && report.ok ? "" : renderVerify(report, run.render)));
    return report.ok ? 0 : 1;
  } catch (error) {
    throw areFolders && error instanceof AssetsError && error.code === "UNKNOWN_ID"
      ? withFolderHint(error, ids)
      : error;
  } finally {
    reporter.stop();
  }
}

/** Whether anything is said that only a manifest gives sense to. */
function isNarrowed(flags: VerifyFlags): boolean {
  return flags.repair === true || flags.requirePins === true || Object.keys(selectionOf([], flags)).length > 0;
}

/** A misspelt id must never pass for a folder in which nothing suspicious was found. */
function withFolderHint({ message, hint }: AssetsError, ids: readonly string[]): AssetsError {
  const words = `To look for suspicious files in the folder: assets verify ${ids.map((id) => shellWord(`./${id}`)).join(" ")}`;
  return new AssetsError("UNKNOWN_ID", message, { hint: hint === undefined ? words : `${hint}\n${words}` });
}
