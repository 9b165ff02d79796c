/** The command line of `assets verify --sums`. */
import { readSumsList, type SumsList, verifySums } from "../commands/verify-sums.js";
import { AssetsError } from "../errors.js";
import { renderSums } from "../report/sums.js";
import type { Run } from "./context.js";
import { readInput } from "./input.js";

/** No list on standard input is longer, in bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Verifies by lists of checksums; `-` is standard input. Answers the exit code. Throws USAGE, LOCAL_IO, ABORTED. */
export async function verifyBySums(run: Run, lists: readonly string[]): Promise<number> {
  if (lists.filter((name) => name === "-").length > 1) {
    throw new AssetsError("USAGE", "Standard input can be read only once.");
  }
  const read = await Promise.all(lists.map((name) => (name === "-" ? sumsInput(run) : readSumsList(name, run.cwd))));
  const reporter = await run.report();
  try {
    const report = await verifySums({ lists: read, signal: run.signal, onEvent: reporter.onEvent });
    reporter.stop();
    run.print(report, () => (run.options.quiet && report.ok ? "" : renderSums(report, run.render)));
    return report.ok ? 0 : 1;
  } finally {
    reporter.stop();
  }
}

async function sumsInput(run: Run): Promise<SumsList> {
  return { name: "standard input", folder: run.cwd, bytes: await readInput(run, MOST_BYTES) };
}
