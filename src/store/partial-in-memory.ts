/** A partial of a small file: held in memory until it is complete, so that it costs one write. */
import type { FileHandle } from "node:fs/promises";
import { open, rm } from "node:fs/promises";
import { type ByteRanges, bytesIn, frontOf, withoutRange, withRange } from "./byte-ranges.js";
import { diskError } from "./disk-error.js";
import { removeJournal, writeJournal } from "./journal.js";
import type { PartialFile } from "./partial-file.js";
import { renameIntoPlace } from "./rename-into-place.js";

/** Size in bytes up to which a file is held in memory: what a killed process may have to fetch again. */
export const SMALL_BYTES = 256 * 1024;

/** Makes the partial of a file of `size` bytes; nothing is on disk before `commit`, or `close`, which makes the folder. */
export function holdPartial(path: string, size: number, makeFolder: () => Promise<unknown>): PartialFile {
  const content = Buffer.alloc(size);
  let held: ByteRanges = [];
  let isOpen = true;

  /** Writes what is there to the partial's own name; whatever stood there is not ours. */
  const writeOut = async (): Promise<FileHandle> => {
    try {
      await rm(path, { force: true });
      const handle = await open(path, "wx");
      try {
        await handle.writeFile(content.subarray(0, held.at(-1)?.end ?? 0));
        return handle;
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      throw diskError(error, "write", path);
    }
  };

  return {
    path,
    descriptor: undefined,
    get held() {
      return held;
    },
    get front() {
      return frontOf(held);
    },
    async write(chunks, at) {
      let to = at;
      for (const chunk of chunks) {
        content.set(chunk, to);
        to += chunk.length;
      }
      held = withRange(held, { start: at, end: to });
    },
    async cut(to) {
      held = withoutRange(held, { start: to, end: Number.POSITIVE_INFINITY });
    },
    async drop(range) {
      held = withoutRange(held, range);
    },
    async read(buffer, at) {
      return content.copy(buffer, 0, at, Math.min(at + buffer.length, held.at(-1)?.end ?? 0));
    },
    async sync() {
      return false;
    },
    async commit(target, { mode } = {}) {
      await removeJournal(path).catch(() => {});
      const stat = await renameIntoPlace(await writeOut(), path, target, { mode });
      isOpen = false;
      return stat;
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      if (held.length === 0) return;
      await makeFolder();
      if (bytesIn(held) > frontOf(held)) await writeJournal(path, { ranges: held });
      await (await writeOut()).close();
    },
  };
}
