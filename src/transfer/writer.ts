/** Writes what one connection brings: while one batch is on its way to the file, the next one gathers. */
import type { PartialFile } from "../store/partial-file.js";

/** Takes chunks that follow one another. */
export interface Writer {
  /** Takes a chunk for the offset `at`; waits only when much is owed to the disk. Throws what an earlier write threw. */
  write(chunk: Uint8Array, at: number): Promise<void>;
  /** Waits until all is written. Throws what a write threw. */
  end(): Promise<void>;
}

/** How many bytes may wait for the disk. */
const OWED_BYTES = 1024 * 1024;

/** `onWritten` is called after each batch. */
export function createWriter(partial: PartialFile, onWritten: () => void): Writer {
  let batch: Uint8Array[] = [];
  let start = 0;
  let bytes = 0;
  let writing: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;

  const drain = async () => {
    try {
      while (batch.length > 0) {
        const chunks = batch;
        const from = start;
        start += bytes;
        batch = [];
        bytes = 0;
        await partial.write(chunks, from);
        onWritten();
      }
    } catch (error) {
      failure = { error };
    } finally {
      writing = undefined;
    }
  };
  const check = () => {
    if (failure !== undefined) throw failure.error;
  };

  return {
    async write(chunk, at) {
      check();
      if (batch.length === 0) start = at;
      batch.push(chunk);
      bytes += chunk.length;
      writing ??= drain();
      if (bytes >= OWED_BYTES) await writing;
    },
    async end() {
      await writing;
      check();
    },
  };
}
