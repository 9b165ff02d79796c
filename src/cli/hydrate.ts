/** The command line of `assets lfs hydrate`. */
import type { Command } from "commander";
import { AssetsError } from "../errors.js";
import type { Manifest } from "../manifest/types.js";
import { renderHydrate } from "../report/hydrate.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addAnswers, addTransferOptions, type TransferFlags, transferOf } from "./transfer-options.js";
import { pathsOf } from "./words.js";

interface HydrateFlags extends TransferFlags, FormatOptions, GlobalOptions {
  dryRun?: boolean;
}

/** Adds the command below `assets lfs`; `start` makes its run and takes its exit code. */
export function addHydrate(lfs: Command, start: Begin) {
  const command = lfs
    .command("hydrate")
    .summary("put the content in the place of Git LFS pointers")
    .description(
      "Replaces each Git LFS pointer by the file that it stands for, proven by its SHA-256. Looks on this machine first (the stores of git-lfs, Hugging Face and Ollama, other checkouts), then at the URLs of a manifest that pins the same bytes, then asks the repository's Git LFS server. Needs no git-lfs, and git only to read its settings and credentials. Exit codes are those of assets download.",
    )
    .argument("[paths...]", "folders or files to search (default: the root of the manifest, else this folder)")
    .option("--dry-run", "say what would be done, and do nothing")
    .option("--offline", "use no network: only what is on this machine");
  addAnswers(addTransferOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  assets lfs hydrate                                    the whole tree
  assets lfs hydrate models/bert                        one folder
  assets lfs hydrate --dry-run                          what would be fetched
  ASSETS_REFERENCE=../main assets lfs hydrate --offline  only what another checkout has`,
    )
    .action((paths: string[], flags: HydrateFlags, self: Command) => start((run) => act(run, paths, flags), self));
}

async function act(run: Run, paths: readonly string[], flags: HydrateFlags): Promise<number> {
  const manifest = await manifestIfAny(run);
  const { hydrate } = await import("../commands/hydrate.js");
  const reporter = await run.report();
  try {
    const done = await hydrate({
      paths: pathsOf(paths, run.cwd, manifest?.root ?? run.cwd),
      cwd: run.cwd,
      dryRun: flags.dryRun ?? false,
      ...transferOf(flags, run),
      signal: run.signal,
      onEvent: reporter.onEvent,
      ...(manifest && { manifest }),
    });
    const report = { ...done, exitCode: run.exitCode(done.exitCode) };
    reporter.stop({ exitCode: report.exitCode, totals: report.totals });
    run.print(report, () => {
      return run.options.quiet && report.ok && !report.dryRun
        ? ""
        : renderHydrate(report, { ...run.render, interrupted: run.signal.aborted });
    });
    return report.exitCode;
  } finally {
    reporter.stop();
  }
}

/** The manifest; none is no fault, unless one was asked for by name. */
export async function manifestIfAny(run: Run): Promise<Manifest | undefined> {
  return run.loadManifest().catch((error) => {
    const named = run.options.manifest ?? run.env.ASSETS_MANIFEST;
    if (error instanceof AssetsError && error.code === "MANIFEST_NOT_FOUND" && !named) return undefined;
    throw error;
  });
}
