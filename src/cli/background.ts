/** Has the threads by which V8 compiles and collects step back behind the one that works. */
import { readdirSync, readlinkSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";

/**
 * On a machine with fewer cores than threads the working one otherwise waits for code to be optimised that it needs only a
 * little sooner. Not by all that there is, since it waits for them where memory is collected: another process that is busy
 * would hold up all of them.
 */
const BACK = 8;

/**
 * Gives every other thread of this process a lower priority. To be called first of all, when V8's are the only ones: a
 * thread that is started later has that of the one that starts it. Only Linux lets one say so of threads (setpriority(2));
 * elsewhere nothing happens.
 */
export function stepBack(pid: number): void {
  for (const thread of otherThreads(pid)) {
    try {
      setPriority(thread, Math.min(getPriority(pid) + BACK, constants.priority.PRIORITY_LOW));
    } catch {
      // It has ended, or the system forbids it.
    }
  }
}

/** None where the system has no list of them, or one of other processes. */
function otherThreads(pid: number): number[] {
  try {
    if (readlinkSync("/proc/self") !== String(pid)) return [];
    return readdirSync("/proc/self/task")
      .map(Number)
      .filter((thread) => thread !== pid);
  } catch {
    return [];
  }
}
