/** What a reporter is: a listener to a run that must be told when the run is over. */
import type { EventListener } from "../events.js";

/** How a run ended, for reporters that say so. */
export interface EndOfRun {
  /** The code that the process ends with. */
  exitCode: number;
  totals?: object;
  /** What ended it before its time. */
  error?: object;
}

/** Shows what happens during a run. */
export interface Reporter {
  onEvent: EventListener;
  /** Leaves the stream in order, however the run ended. Calling it again does nothing. */
  stop: (end?: EndOfRun) => void;
}

/** What reporters need of a stream: `process.stderr` has it all, a file only the first. */
export interface OutputStream {
  write(text: string): unknown;
  /** Size of the terminal in characters; absent or 0 where it is not known. */
  columns?: number;
  rows?: number;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}
