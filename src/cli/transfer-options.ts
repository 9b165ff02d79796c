/** The options of the commands that fetch, and what they say. */
import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { DownloadOptions } from "../commands/download.js";
import type { Strategy } from "../transfer/clone-candidates.js";
import type { Run } from "./context.js";
import { byteRate, wholeNumber } from "./options.js";

/** Values of the transfer options as commander gives them. */
export interface TransferFlags {
  offline?: boolean;
  reuse: boolean;
  jobs?: number;
  connections?: number;
  retries?: number;
  limitRate?: number;
  minSpeed?: number;
  lockTimeout?: number;
  caFile?: string;
  strategy?: Strategy;
}

/** Adds the options that say how a command that fetches answers programs. */
export function addAnswers(command: Command): Command {
  return command
    .option("--json", "print one JSON document at the end")
    .option("--ndjson", "print one JSON event a line, while it happens");
}

/** Adds the options that say how to fetch; `--offline` is the command's own. */
export function addTransferOptions(command: Command): Command {
  return command
    .option("--no-reuse", "look nowhere else on this machine for the bytes (also: ASSETS_NO_REUSE=1)")
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

/** What the flags are where a command has none of them: as the environment says. Throws commander's own errors. */
export function transferDefaults(): TransferFlags {
  return addTransferOptions(new Command().exitOverride()).parse([], { from: "user" }).opts();
}

/** What the flags ask of a download. Relative files start from the run's folder. */
export function transferOf(
  flags: TransferFlags,
  { cwd, env }: Pick<Run, "cwd" | "env">,
): Required<Pick<DownloadOptions, "policy" | "network" | "reuse">> & Pick<DownloadOptions, "jobs"> {
  return {
    reuse: flags.reuse && !env.ASSETS_NO_REUSE,
    jobs: flags.jobs,
    policy: {
      offline: flags.offline ?? false,
      ...(flags.strategy && { strategy: flags.strategy }),
      retries: flags.retries ?? 5,
      connections: flags.connections ?? 16,
      ...(flags.limitRate !== undefined && { limitRate: flags.limitRate }),
      ...(flags.minSpeed !== undefined && { minSpeed: flags.minSpeed }),
      lockTimeoutMs: (flags.lockTimeout ?? 3600) * 1000,
    },
    network: flags.caFile === undefined ? {} : { caFile: resolve(cwd, flags.caFile) },
  };
}
