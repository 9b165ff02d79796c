/** What a command line run has in hand: streams, folder, signal, and how to show things. */
import type { Readable } from "node:stream";
import type { Command } from "commander";
import type { EventListener } from "../events.js";
import type { ManifestSource } from "../manifest/load.js";
import type { Manifest } from "../manifest/types.js";
import type { EndOfRun, OutputStream, Reporter } from "../report/reporter.js";

/** Options that every command takes. */
export interface GlobalOptions {
  manifest?: string;
  root?: string;
  quiet?: boolean;
  verbose?: boolean;
  progress: boolean;
  color: "auto" | "always" | "never";
  logFile?: string;
}

/** Formats of the commands that find things. */
export const FORMATS = ["human", "json", "ndjson", "github", "sarif", "junit", "tap"] as const;
export type Format = (typeof FORMATS)[number];

/** Options that say in which format a command answers. */
export interface FormatOptions {
  json?: boolean;
  ndjson?: boolean;
  /** On standard output. `json` and `ndjson` set their own flags as well. Default: human. */
  format?: Format;
}

/** A stream of the process as the command line uses it. */
export interface Stream extends OutputStream {
  isTTY?: boolean;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The world of one run. */
export interface World {
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Standard input, opened when it is asked for. */
  readonly stdin: () => Readable;
  readonly env: Environment;
  readonly cwd: string;
  /** The words after the program's name. */
  readonly argv: readonly string[];
  /** Aborted when the user or the system asks to stop. */
  readonly signal: AbortSignal;
  /** The code that the process ends with when its work ends with `code`: a signal has the last word. */
  exitCode(code: number): number;
}

/** A run with its options known. */
export interface Run extends World {
  readonly command: string;
  readonly options: GlobalOptions & FormatOptions;
  /** How text for standard output is laid out. */
  readonly render: { color: boolean; program: string; width?: number; verbose?: boolean };
  /** Reads the manifest, once for the run. Throws MANIFEST_NOT_FOUND, MANIFEST_INVALID. */
  readSource(): ManifestSource;
  loadManifest(): Promise<Manifest>;
  /** Starts the reporter that fits the terminal and the options; progress goes to standard error. */
  report(): Promise<Reporter>;
  /** Prints a finished report: as JSON when asked, else as `text` renders it. */
  print(report: object, text: () => string): void;
  /** Writes the last line of the log file, if there is one: how the run ended, and what was printed of it. */
  endLog(end: EndOfRun): void;
}

/** The log file that was asked for, as it was named. */
export function logFileOf({ logFile }: Pick<GlobalOptions, "logFile">, env: Environment): string | undefined {
  return logFile ?? (env.ASSETS_LOG_FILE || undefined);
}

/** The listener of a reporter and of the log file, if there is one. */
export function both(first: EventListener, second: EventListener | undefined): EventListener {
  if (second === undefined) return first;
  return (event) => {
    first(event);
    second(event);
  };
}

/** Makes the run of a command, lets `act` do its work, and takes its exit code. */
export type Begin = (act: (run: Run) => Promise<number>, command: Command) => Promise<void>;
