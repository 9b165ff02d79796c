/** A thread that hashes files: one message in names a file, the last one out has its digests. */
import { parentPort } from "node:worker_threads";
import { type FileDigest, type HashWish, hashFile } from "./hash-file.js";

/** What the thread is asked. */
export interface HashQuestion extends HashWish {
  /** As of {@link hashFile}. */
  path: string | Uint8Array;
}

/** What the thread answers: progress while it reads a large file, then one of the other two. */
export type HashMessage =
  | { type: "progress"; bytes: number }
  | ({ type: "done" } & FileDigest)
  | { type: "failed"; errno: string; message: string };

const tell = (message: HashMessage) => parentPort?.postMessage(message);

parentPort?.on("message", async ({ path, ...wish }: HashQuestion) => {
  try {
    tell({ type: "done", ...(await hashFile(path, (bytes) => tell({ type: "progress", bytes }), wish)) });
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    tell({ type: "failed", errno: code, message });
  }
});
