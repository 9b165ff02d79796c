/** The options that say in which formats a command answers, and where to. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { AssetsError } from "../errors.js";
import { FORMATS, type Format, type FormatOptions } from "./context.js";

/** A file that gets the answer as well. */
export interface Output {
  format: Format;
  /** As it was typed. */
  file: string;
}

/** Adds `--format`, `--output` and `--json`. */
export function addFormats(command: Command): Command {
  return command
    .addOption(new Option("--format <format>", "how to answer (default: human)").choices(FORMATS))
    .option("--output <format=file>", "write the answer to a file as well (repeatable)", collectOutput)
    .option("--json", "the same as --format json");
}

function collectOutput(text: string, before: Output[] = []): Output[] {
  const [, word, file = ""] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
  const format = FORMATS.find((each) => each === word);
  if (format === undefined || file === "-") {
    const advice = file === "-" ? " For standard output there is --format." : "";
    throw new InvalidArgumentError(`It takes FORMAT=FILE with one of ${FORMATS.join(", ")}.${advice}`);
  }
  return [...before, { format, file }];
}

/** Brings `--json`, `--ndjson` and `--format` together. Throws USAGE when they say different things. */
export function mergeFormats<T extends FormatOptions>(options: T): T {
  const { format } = options;
  if (format === undefined) return options;
  const other = (["json", "ndjson"] as const).find((name) => options[name] && name !== format);
  if (other !== undefined) throw new AssetsError("USAGE", `--${other} and --format ${format} exclude each other.`);
  return { ...options, ...(format === "json" && { json: true }), ...(format === "ndjson" && { ndjson: true }) };
}

/** The formats that a command line asks for, before anything else of it is understood. */
export function formatsIn(argv: readonly string[]): FormatOptions {
  const at = argv.findIndex((word) => word === "--format" || word.startsWith("--format="));
  const word = at === -1 ? undefined : (argv[at]?.split("=")[1] ?? argv[at + 1]);
  const format = FORMATS.find((each) => each === word);
  return {
    json: argv.includes("--json") || format === "json",
    ndjson: argv.includes("--ndjson") || format === "ndjson",
    ...(format !== undefined && { format }),
  };
}
