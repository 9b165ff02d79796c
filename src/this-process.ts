/** This process, as locks and npm's settings need to know it: the one file outside `cli/` that asks Node about it. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Identity of this process as lock files record it; `startedAt` in milliseconds since the epoch. Process ids can only be
 * compared within one `place`: containers may share a host's name and not its processes.
 */
export const self = {
  pid: process.pid,
  host: hostname(),
  place: [hostname(), ...linuxPlace()].join(" "),
  startedAt: Math.round(Date.now() - process.uptime() * 1000),
};

/** The boot of the machine and the process namespace; nothing where the system has no such files. */
function linuxPlace(): string[] {
  try {
    return [readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), readlinkSync("/proc/self/ns/pid")];
  } catch {
    return [];
  }
}

/** Whether a process of this place is still there. A process of another user counts as alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The environment this process was started with; not to be written to. */
export const environment: Readonly<Record<string, string | undefined>> = process.env;

/** The file of the running Node, from which npm derives where its own global settings lie. */
export const nodeFile = process.execPath;

/** The version of V8 that this Node has. */
export const v8Version = process.versions.v8;
