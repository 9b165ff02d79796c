/** The log file: what happens in a run, line by line on disk, so that it survives whatever ends the process. */
import { appendFileSync, fstatSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { AssetsError, redact } from "../errors.js";
import { createNdjson } from "../report/json.js";
import type { Reporter } from "../report/reporter.js";
import { version } from "../version.js";
import type { World } from "./context.js";

/** Progress of one file is logged this often at most, so that the log of a long download stays small. */
const SAMPLE_MS = 1_000;

/**
 * Appends to `file` (absolute) the events of a run as `--ndjson` has them, each with its time, this process's id, and
 * without credentials. Throws LOCAL_IO when the file cannot be written; what fails later is told once, and ends the log.
 */
export function openLog(file: string, command: string, { argv, stderr }: World): Reporter {
  const failure = (error: unknown) => `The log file ${file} cannot be written (${(error as Error).message}).`;
  let fd: number | undefined;
  try {
    fd = openSync(file, "a+");
    // A line that a power cut or a full disk left unfinished must not take the next one with it.
    if (!endsALine(fd)) appendFileSync(fd, "\n");
  } catch (error) {
    throw new AssetsError("LOCAL_IO", failure(error));
  }
  return createNdjson({
    command,
    about: { argv, version, node: process.version, platform: `${process.platform} ${process.arch}` },
    sampleMs: SAMPLE_MS,
    now: () => performance.now(),
    stamp: () => ({ time: new Date().toISOString(), pid: process.pid }),
    show: redact,
    write(line) {
      if (fd === undefined) return;
      try {
        appendFileSync(fd, line);
      } catch (error) {
        // A full disk must not end the run that is being logged.
        fd = undefined;
        stderr.write(`assets: ${failure(error)}\n`);
      }
    },
  });
}

/** Whether what is appended begins a line. */
function endsALine(fd: number): boolean {
  const found = fstatSync(fd);
  if (!found.isFile() || found.size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, found.size - 1);
  return last.toString() === "\n";
}
