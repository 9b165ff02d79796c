/** Decides how output is shown, from streams, environment and options: pure. */
import type { Environment, FormatOptions, GlobalOptions, Stream } from "./context.js";

/**
 * Whether a stream gets colour. The flag outranks the variables; NO_COLOR (no-color.org) outranks FORCE_COLOR
 * (force-color.org); without any of them a terminal gets it.
 */
export function wantsColor(stream: Stream, env: Environment, color: GlobalOptions["color"]): boolean {
  if (color !== "auto") return color === "always";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** Columns that text for a stream may take; undefined when it is not a terminal, and nothing is to be cut. */
export function widthOf(stream: Stream): number | undefined {
  return stream.isTTY && stream.columns ? stream.columns : undefined;
}

/** Which reporter shows the progress of a run. */
export function reporterMode(
  stderr: Stream,
  env: Environment,
  options: GlobalOptions & FormatOptions,
): "bars" | "lines" | "quiet" | "ndjson" {
  if (options.ndjson) return "ndjson";
  if (options.quiet) return "quiet";
  const ci = env.CI !== undefined && env.CI !== "" && env.CI !== "0" && env.CI !== "false";
  const terminal = stderr.isTTY === true && env.TERM !== "dumb" && !ci;
  return terminal && options.progress ? "bars" : "lines";
}
