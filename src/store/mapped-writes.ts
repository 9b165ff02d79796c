/** Whether writes through a memory map, which no call to the system tells of, show in the times of a file. */
import { type FileHandle, statfs } from "node:fs/promises";
import { isLinux } from "../platform.js";

/** File systems of Linux that have no disk, by what `statfs` calls them (statfs(2)): tmpfs, ramfs. */
export const MEMORY_ONLY = new Set([0x01021994, 0x858458f6]);

const memoryOnly = new Map<bigint, Promise<boolean>>();

/**
 * Linux notes the time of the first write to a mapped page, and of no further one until the page is on the disk: what was
 * changed after `since` (nanoseconds) is brought there. What is older has been written long ago. Answers whether every
 * write from now on changes the file's times; on other systems, which do not tell, that is supposed.
 */
export async function showMappedWrites(
  { path, handle, stat }: { path: string | Buffer; handle: FileHandle; stat: { dev: bigint; ctimeNs: bigint } },
  since: bigint,
): Promise<boolean> {
  if (!isLinux) return true;
  if (await isMemoryOnly(path, stat.dev)) return false;
  if (stat.ctimeNs < since) return true;
  return handle.datasync().then(
    () => true,
    () => false,
  );
}

function isMemoryOnly(path: string | Buffer, dev: bigint): Promise<boolean> {
  const known = memoryOnly.get(dev) ?? statfs(path).then(({ type }) => MEMORY_ONLY.has(type));
  memoryOnly.set(dev, known);
  return known;
}
