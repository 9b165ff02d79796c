/** Writes what one connection brings: while one batch is on its way to the file, the next one gathers. */
import type { ByteRange } from "../store/byte-ranges.js";
import type { PartialFile } from "../store/partial-file.js";

/** Takes chunks that follow one another. */
export interface Writer {
  /** Takes the next chunk; waits only when much is owed to the disk. Throws what an earlier write threw. */
  write(chunk: Uint8Array): Promise<void>;
  /** Waits until all is written. Throws what a write threw. */
  end(): Promise<void>;
}

/**
 * As many bytes are worth a call to the system, and thread switches; twice as many may wait for the disk. More would be no
 * faster, and 16 connections would hold 40 MiB more.
 */
const BATCH_BYTES = 256 * 1024;
/** How long fewer bytes wait for company, in milliseconds. */
const LINGER_MS = 20;

/** The first chunk is for the offset `from`; `onWritten` is told each batch. */
export function createWriter(partial: PartialFile, from: number, onWritten: (range: ByteRange) => void): Writer {
  let batch: Uint8Array[] = [];
  let next = from;
  let bytes = 0;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failure: { error: unknown } | undefined;

  const drain = async () => {
    try {
      do {
        const chunks = batch;
        const at = next;
        next += bytes;
        batch = [];
        bytes = 0;
        await partial.write(chunks, at);
        onWritten({ start: at, end: next });
      } while (bytes >= BATCH_BYTES);
    } catch (error) {
      failure = { error };
    } finally {
      writing = undefined;
      if (failure === undefined && batch.length > 0) linger();
    }
  };
  const linger = () => {
    timer ??= setTimeout(start, LINGER_MS);
  };
  const start = () => {
    clearTimeout(timer);
    timer = undefined;
    writing ??= drain();
    return writing;
  };
  const check = () => {
    if (failure !== undefined) throw failure.error;
  };

  return {
    async write(chunk) {
      check();
      batch.push(chunk);
      bytes += chunk.length;
      if (bytes < BATCH_BYTES) linger();
      else if (writing === undefined) void start();
      else await writing;
    },
    async end() {
      await writing;
      if (failure === undefined && batch.length > 0) await start();
      clearTimeout(timer);
      check();
    },
  };
}
