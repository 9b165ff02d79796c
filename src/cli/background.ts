/** Has the threads by which V8 compiles and collects step back behind the one that works. */
import { readdirSync, readlinkSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * Gives every other thread of this process the lowest priority. To be called first of all, when V8's are the only ones: a
 * thread that is started later has that of the one that starts it. On a machine with fewer cores than threads the working
 * one would otherwise wait for code to be optimised that it needs only a little sooner. Of threads only Linux lets one
 * say so (setpriority(2)); elsewhere nothing happens.
 */
export function stepBack(pid: number): void {
  for (const thread of otherThreads(pid)) {
    try {
      setPriority(thread, constants.priority.PRIORITY_LOW);
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
