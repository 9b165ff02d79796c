/** The command line of `assets lfs`. */
import type { Command } from "commander";
import { exitCodeOf } from "../errors.js";
import { renderLfs } from "../report/lfs.js";
import type { Begin, Run } from "./context.js";
import { addHydrate, manifestIfAny } from "./hydrate.js";
import { pathsOf } from "./words.js";

/** Says what the command takes; `start` makes its run and takes its exit code. */
export function defineLfs(command: Command, start: Begin) {
  command
    .description(
      "Finds Git LFS pointer files, in ignored places too, and says for each what it stands for and which command puts the content there. Needs neither git nor git-lfs. Exit code 0: none. 1: some were found. 6: some places could not be read.",
    )
    .argument("[paths...]", "folders or files to search (default: the root of the manifest, else this folder)")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Examples:
  assets lfs                      the whole tree
  assets lfs models data/x.bin    some folders and files
  assets lfs hydrate              put the content in the place of each`,
    )
    .action((paths: string[], _flags: object, self: Command) => start((run) => act(run, paths), self));
  addHydrate(command, start);
}

async function act(run: Run, paths: readonly string[]): Promise<number> {
  const manifest = await manifestIfAny(run);
  const { findPointers } = await import("../commands/lfs.js");
  const report = await findPointers({
    paths: pathsOf(paths, run.cwd, manifest?.root ?? run.cwd),
    cwd: run.cwd,
    signal: run.signal,
    program: run.render.program,
    ...(manifest && { manifest }),
  });
  run.print(report, () => renderLfs(report, run.render));
  if (report.pointers.length > 0) return 1;
  // Where something could not be read, nobody can say that there is no pointer.
  return report.unreadable.length > 0 ? exitCodeOf("LOCAL_IO") : 0;
}
