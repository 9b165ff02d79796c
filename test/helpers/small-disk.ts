/** A file system of a few megabytes, where this process may make one. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { onTestFinished } from "vitest";

/** A mounted file system that goes away with the test. */
export interface SmallDisk {
  readonly path: string;
  resize(bytes: number): void;
}

function mount(folder: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
}

/** Whether {@link makeSmallDisk} works here: it takes Linux, root and the right to mount. */
export function canMakeSmallDisk(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "assets-disk-"));
  try {
    mount(folder, "size=64k");
    execFileSync("umount", [folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Mounts a file system of `bytes` for the running test: over a folder, or else in one of its own. */
export function makeSmallDisk(bytes: number, over?: string): SmallDisk {
  const path = over ?? mkdtempSync(join(tmpdir(), "assets-disk-"));
  mount(path, `size=${bytes}`);
  onTestFinished(() => {
    execFileSync("umount", ["-l", path], { stdio: "ignore" });
    if (over === undefined) rmSync(path, { recursive: true });
  });
  return { path, resize: (size) => mount(path, `remount,size=${size}`) };
}
