/** The command line of `assets audit`. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { AssetsError } from "../errors.js";
import type { Begin, FormatOptions, GlobalOptions, Run } from "./context.js";
import { addFormats, type Output } from "./formats.js";
import { addSelection, type SelectionOptions, selectionOf, timeSpan } from "./options.js";
import { checkOutputs, createPlaces, give } from "./outputs.js";

interface AuditFlags extends SelectionOptions, FormatOptions, GlobalOptions {
  remote?: boolean;
  maxAge?: number;
  caFile?: string;
  output?: Output[];
}

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineAudit(command: Command, start: Begin) {
  command.description(
    "With --remote: asks every URL of the selected files (all when nothing is selected) for a single byte, which tells whether it is alive, has the pinned size and gives parts of files; the Hub and GitHub also for their digests, and a Git LFS server for whether it has them. Each host gets one question at a time. Answers are remembered in .assets/audit.json, and that a URL is alive or dead is not asked again for a day. Without it: tells what they answered last, and asks nobody. Exit code 1: a file has no URL left that is known to be right.",
  );
  addSelection(command)
    .option("--remote", "ask the hosts")
    .addOption(
      new Option(
        "--max-age <span>",
        "with --remote: how old an answer may be, such as 12h, 7d; 0s asks all again",
      ).argParser(timeSpan),
    )
    .addOption(
      new Option("--ca-file <file>", "certificate authorities in PEM to trust besides the usual ones").env(
        "ASSETS_CA_FILE",
      ),
    );
  addFormats(command)
    .addHelpText(
      "after",
      `
Examples:
  assets audit --remote                        ask every URL
  assets audit --remote --max-age 0s qwen2.5   ask again, whatever is remembered
  assets audit                                 what was answered last
  assets audit --remote --format github        annotations in GitHub Actions`,
    )
    .action((ids: string[], flags: AuditFlags, self: Command) => start((run) => act(run, ids, flags), self));
}

async function act(run: Run, ids: readonly string[], flags: AuditFlags): Promise<number> {
  const { remote = false, maxAge, caFile, output: outputs = [] } = flags;
  if (maxAge !== undefined && !remote) throw new AssetsError("USAGE", "--max-age goes with --remote.");
  const manifest = await run.loadManifest();
  checkOutputs(run, manifest, outputs);
  const startedAt = new Date();
  const reporter = await run.report();
  try {
    const { audit } = await import("../commands/audit.js");
    const { auditFindings, renderAudit } = await import("../report/audit.js");
    const report = await audit({
      manifest,
      selection: selectionOf(ids, flags),
      remote,
      ...(maxAge !== undefined && { maxAgeMs: maxAge }),
      network: caFile === undefined ? {} : { caFile: resolve(run.cwd, caFile) },
      signal: run.signal,
    });
    const answer = {
      report,
      lines: () => report.urls.map((each) => ({ type: "url", ...each })),
      text: (render: Run["render"]) => renderAudit(report, render),
      findings: async () => auditFindings(report, { place: createPlaces(run)(manifest.file), startedAt }),
      exitCode: run.exitCode(report.exitCode),
      totals: report.totals,
    };
    return await give(run, reporter, answer, outputs);
  } finally {
    reporter.stop();
  }
}
