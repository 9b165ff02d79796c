/** Has the threads by which V8 compiles and collects step back behind the one that works. */
import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * Gives every other thread of this process the lowest priority. To be called first of all, when V8's are the only ones: a
 * thread that is started later has that of the one that starts it. On a machine with fewer cores than threads the working
 * one would otherwise wait for code to be optimised that it needs only a little sooner. Of threads only Linux lets one
 * say so (setpriority(2)); elsewhere nothing happens.
 */
export function stepBack(pid: number): void {
  try {
    for (const thread of readdirSync("/proc/self/task")) {
      if (thread !== String(pid)) setPriority(Number(thread), constants.priority.PRIORITY_LOW);
    }
  } catch {
    // Another system, or one that forbids it.
  }
}
