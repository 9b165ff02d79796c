/** What a command checked and found, in the one shape that all formats for other programs are made of. */

/** How much a finding weighs. Only an `error` makes a run fail. */
export type Level = "error" | "warning" | "note";

/** A kind of finding. */
export interface Rule {
  /** Stable, in small letters and hyphens: other programs keep it. */
  id: string;
  /** What is wrong then, in one sentence. */
  summary: string;
  /** What to do about it. */
  help: string;
}

/** Where in a text file a finding can be mended. */
export interface FindingPlace {
  /** `/`-separated and relative to the folder that the reader of the report starts from, or absolute. */
  file: string;
  /** Counted from 1; absent for the file as a whole. */
  line?: number;
  /** Counted from 1, in UTF-16 code units. */
  column?: number;
}

/** Something that was checked, and what is wrong with it, if anything is. Its texts may come from anywhere. */
export interface Check {
  /** What it belongs to, such as an asset's id. Together with `name` it tells a check from all others. */
  group: string;
  /** What was checked, such as a path. */
  name: string;
  problem?: {
    /** Id of a {@link Rule}. */
    rule: string;
    level: Level;
    /** A whole sentence, to be understood without what stands around it. */
    message: string;
    /** The command that mends it. */
    fix?: string;
    place?: FindingPlace;
  };
}

/** All that a command has to say. */
export interface Findings {
  command: string;
  rules: readonly Rule[];
  /** A command that only looks for faults names nothing but them. */
  checks: readonly Check[];
  /** How it ended, in one sentence. */
  summary: string;
  /** When it began. */
  startedAt: Date;
  durationMs: number;
}

/** A check that found something. */
export type Finding = Check & { problem: NonNullable<Check["problem"]> };

/** The checks that found something, in their order. */
export function problemsOf({ checks }: Findings): Finding[] {
  return checks.filter((check): check is Finding => check.problem !== undefined);
}

/** The message of a finding with the command that mends it. */
export function messageOf({ problem: { message, fix } }: Finding): string {
  return fix === undefined ? message : `${message} To mend: ${fix}`;
}
