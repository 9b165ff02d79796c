/** The command line of `assets verify --sums`. */
import process from "node:process";
import { readSumsList, type SumsList, verifySums } from "../commands/verify-sums.js";
import { AssetsError } from "../errors.js";
import { renderSums } from "../report/sums.js";
import type { Run } from "./context.js";

/** No list on standard input is longer, in bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Verifies by lists of checksums; `-` is standard input. Answers the exit code. Throws USAGE, LOCAL_IO, ABORTED. */
export async function verifyBySums(run: Run, lists: readonly string[]): Promise<number> {
  if (lists.filter((name) => name === "-").length > 1) {
    throw new AssetsError("USAGE", "Standard input can be read only once.");
  }
  const read = await Promise.all(lists.map((name) => (name === "-" ? readInput(run) : readSumsList(name, run.cwd))));
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

async function readInput({ cwd, signal }: Run): Promise<SumsList> {
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = () => process.stdin.destroy();
  signal.addEventListener("abort", stop);
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MOST_BYTES) throw new AssetsError("USAGE", "Standard input is longer than any list of checksums.");
  }
  signal.removeEventListener("abort", stop);
  return { name: "standard input", folder: cwd, bytes: Buffer.concat(chunks) };
}
