/** The options that several commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Selection } from "../manifest/select.js";
import { shellWord } from "../shell-word.js";

/** Values of the selection options as commander gives them. */
export interface SelectionOptions {
  all?: boolean;
  models?: boolean;
  datasets?: boolean;
  type?: string[];
  model?: string[];
  dataset?: string[];
  assetId?: string[];
  tag?: string[];
  required?: boolean;
  minimal?: boolean;
  include?: string[];
  exclude?: string[];
}

/** Adds the options that pick assets and files; the same in every command. */
export function addSelection(command: Command): Command {
  return command
    .argument("[ids...]", "assets to pick, by id or pattern (qwen*)")
    .option("--models", "assets of type model")
    .option("--datasets", "assets of type dataset")
    .option("--type <type>", "assets of this type (repeatable)", collect)
    .option("--model <id>", "this model (repeatable)", collect)
    .option("--dataset <id>", "this dataset (repeatable)", collect)
    .addOption(new Option("--asset-id <id>", "the same as an id without a flag").argParser(collect).hideHelp())
    .option("--tag <tag>", "assets with this tag (repeatable)", collect)
    .option("--required", "assets that the manifest calls required (also --minimal)")
    .addOption(new Option("--minimal", "the same as --required").hideHelp())
    .option("--include <glob>", "only files whose path or name matches (repeatable)", collect)
    .option("--exclude <glob>", "no files whose path or name matches (repeatable)", collect);
}

/** What the options pick. Kinds narrow each other down; values of one kind add up. */
export function selectionOf(ids: readonly string[], options: SelectionOptions): Selection {
  const named = [...ids, ...(options.assetId ?? [])];
  const types = [
    ...(options.type ?? []),
    ...(options.models ? ["model"] : []),
    ...(options.datasets ? ["dataset"] : []),
  ];
  return {
    ...(named.length > 0 && { ids: named }),
    ...(options.model && { models: options.model }),
    ...(options.dataset && { datasets: options.dataset }),
    ...(types.length > 0 && { types }),
    ...(options.tag && { tags: options.tag }),
    ...((options.required || options.minimal) && { required: true }),
    ...(options.include && { include: options.include }),
    ...(options.exclude && { exclude: options.exclude }),
  };
}

/** The selection as it was typed, for a command that picks the same. */
export function selectionWords(ids: readonly string[], options: SelectionOptions): string {
  const flag = (name: string, values: readonly string[] = []) => values.map((value) => `--${name} ${shellWord(value)}`);
  return [
    ...[...ids, ...(options.assetId ?? [])].map(shellWord),
    ...(options.models ? ["--models"] : []),
    ...(options.datasets ? ["--datasets"] : []),
    ...flag("type", options.type),
    ...flag("model", options.model),
    ...flag("dataset", options.dataset),
    ...flag("tag", options.tag),
    ...(options.required || options.minimal ? ["--required"] : []),
    ...flag("include", options.include),
    ...flag("exclude", options.exclude),
  ].join(" ");
}

/** Gathers the values of an option that may be given several times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Reads a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${least} to ${most}.`);
  };
}

/** Powers of 1024, as curl and wget count. */
const UNITS = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;

/** Reads a number of bytes a second, such as `500K`, `2M` or `1.5G`. */
export function byteRate(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?(?:\/s)?$/i.exec(text.trim()) ?? [];
  const rate = Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS];
  if (number !== "" && rate >= 1) return rate;
  throw new InvalidArgumentError("It takes bytes a second, such as 500K, 2M or 1.5G.");
}

/** Units of {@link timeSpan} in milliseconds. */
const SPANS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** Reads a time span such as `90s`, `12h` or `30d` into milliseconds. */
export function timeSpan(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,6}(?:\.\d{1,3})?)([smhdw])$/i.exec(text.trim()) ?? [];
  if (number !== "") return Number(number) * SPANS[unit.toLowerCase() as keyof typeof SPANS];
  throw new InvalidArgumentError("It takes a number with s, m, h, d or w, such as 12h or 30d.");
}
