/** The options that every command has that fetches, and how their values are read. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { NetworkSettings } from "../source/network-settings.js";
import type { TransferPolicy } from "../transfer/fetch-file.js";
import { byteRate, wholeNumber } from "./options.js";

/** Values of the options of {@link addTransferOptions} as commander gives them. */
export interface TransferOptions {
  jobs?: number;
  connections?: number;
  retries?: number;
  limitRate?: number;
  minSpeed?: number;
  lockTimeout?: number;
  caFile?: string;
}

/** Adds what says how fast, how stubbornly and by which authorities is fetched. */
export function addTransferOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--jobs <n>", "files fetched side by side (default: 4 large ones, or 16 small ones)")
        .argParser(wholeNumber(1, 64))
        .env("ASSETS_JOBS"),
    )
    .addOption(
      new Option("--connections <n>", "most connections to one host, opened only while they pay; 1: one for each file")
        .argParser(wholeNumber(1, 64))
        .env("ASSETS_CONNECTIONS")
        .default(16),
    )
    .addOption(
      new Option("--limit-rate <rate>", "most bytes a second in all, such as 500K, 2M, 1.5G")
        .argParser(byteRate)
        .env("ASSETS_LIMIT_RATE"),
    )
    .addOption(
      new Option(
        "--min-speed <rate>",
        "leave a source that gives less than this for 15 seconds, such as 100K",
      ).argParser(byteRate),
    )
    .addOption(
      new Option("--retries <n>", "further tries of one URL after a failure that may pass")
        .argParser(wholeNumber(0, 1000))
        .env("ASSETS_RETRIES")
        .default(5),
    )
    .addOption(
      new Option("--lock-timeout <seconds>", "longest wait for another process on the same file")
        .argParser(wholeNumber(0, 1_000_000))
        .default(3600),
    )
    .addOption(
      new Option("--ca-file <file>", "certificate authorities in PEM to trust besides the usual ones").env(
        "ASSETS_CA_FILE",
      ),
    );
}

/** What the options are where a command has none of them: as the environment says. Throws commander's own errors. */
export function transferDefaults(): TransferOptions {
  return addTransferOptions(new Command().exitOverride()).parse([], { from: "user" }).opts();
}

/** The policy that the options ask for. */
export function policyOf({
  retries = 5,
  connections = 16,
  limitRate,
  minSpeed,
  lockTimeout = 3600,
}: TransferOptions): Partial<TransferPolicy> {
  return {
    retries,
    connections,
    ...(limitRate !== undefined && { limitRate }),
    ...(minSpeed !== undefined && { minSpeed }),
    lockTimeoutMs: lockTimeout * 1000,
  };
}

/** How the options say the network is reached, relative paths from `cwd` on. */
export function networkOf({ caFile }: TransferOptions, cwd: string): NetworkSettings {
  return caFile === undefined ? {} : { caFile: resolve(cwd, caFile) };
}
