/** The reporters, by the mode that asks for one. */
import { gathered } from "./gathered.js";
import { createNdjson } from "./json.js";
import { createLines } from "./lines.js";
import type { OutputStream, Reporter } from "./reporter.js";

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
  if (mode === "bars") {
    const { createBars } = await import("./bars.js");
    return createBars({ stream, now, color, verbose });
  }
  const write = (text: string) => stream.write(text);
  // Programs read events beside answers, in the order in which they came about.
  if (mode === "ndjson") return createNdjson({ write, now, command });
  const lines = gathered(write);
  return {
    onEvent: createLines({ write: lines.write, now, color, verbose, quiet: mode === "quiet" }),
    stop: lines.flush,
  };
}
