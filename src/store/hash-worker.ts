/** A thread that hashes files: one message in names a file, the last one out has its SHA-256. */
import { parentPort } from "node:worker_threads";
import { type FileDigest, hashFile } from "./hash-file.js";

/** What the thread answers: progress while it reads a large file, then one of the other two. */
export type HashMessage =
  | { type: "progress"; bytes: number }
  | ({ type: "done" } & FileDigest)
  | { type: "failed"; errno: string; message: string };

const tell = (message: HashMessage) => parentPort?.postMessage(message);

parentPort?.on("message", async (path: string) => {
  try {
    tell({ type: "done", ...(await hashFile(path, (bytes) => tell({ type: "progress", bytes }))) });
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    tell({ type: "failed", errno: code, message });
  }
});
