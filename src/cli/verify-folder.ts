/** The command line of `assets verify FOLDER`. */
import { resolve } from "node:path";
import { verifyFolder } from "../commands/verify-folder.js";
import { exitCodeOf } from "../errors.js";
import { renderSuspects } from "../report/suspects.js";
import type { Run } from "./context.js";

/** Looks for suspicious files in folders. Answers the exit code. Throws USAGE, ABORTED. */
export async function verifyFolders(run: Run, paths: readonly string[]): Promise<number> {
  const report = await verifyFolder({
    paths: paths.map((path) => resolve(run.cwd, path)),
    cwd: run.cwd,
    signal: run.signal,
  });
  const silent = run.options.quiet && report.ok && report.unreadable.length === 0;
  run.print(report, () => (silent ? "" : renderSuspects(report, run.render)));
  if (!report.ok) return 1;
  // Where something could not be read, nobody can say that there is nothing.
  return report.unreadable.length > 0 ? exitCodeOf("LOCAL_IO") : 0;
}
