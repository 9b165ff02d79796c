/** The reporters and the renderers of everyday commands, by hand; those of others are loaded with their commands. */
import { createNdjson } from "./json.js";
import { createLines } from "./lines.js";
import type { OutputStream, Reporter } from "./reporter.js";

export { renderDownload } from "./download.js";
export { renderHydrate } from "./hydrate.js";
export { startOf, toJson, toNdjson } from "./json.js";
export { renderLfs } from "./lfs.js";
export { renderList } from "./list.js";
export type { EndOfRun, OutputStream, Reporter } from "./reporter.js";
export { renderStatus } from "./status.js";
export { renderVerify } from "./verify.js";

/** What {@link createReporter} needs of the world. */
export interface ReporterOptions {
  /**
   * `bars`: for a terminal. `lines`: for a log. `quiet`: a log of nothing but warnings and failures. `ndjson`: for a
   * program.
   */
  mode: "bars" | "lines" | "quiet" | "ndjson";
  /** Where it writes: standard error, or for `ndjson` standard output. */
  stream: OutputStream;
  /** Milliseconds. */
  now: () => number;
  color: boolean;
  verbose?: boolean;
  /** Name of the command, for `ndjson`. */
  command: string;
}

/** A reporter in the mode asked for. The bars' library is loaded only for bars. */
export async function createReporter(options: ReporterOptions): Promise<Reporter> {
  const { mode, stream, now, color, verbose, command } = options;
  const write = (text: string) => stream.write(text);
  switch (mode) {
    case "bars": {
      const { createBars } = await import("./bars.js");
      return createBars({ stream, now, color, verbose });
    }
    case "ndjson":
      return createNdjson({ write, now, command });
    case "lines":
    case "quiet":
      return { onEvent: createLines({ write, now, color, verbose, quiet: mode === "quiet" }), stop: () => {} };
  }
}
