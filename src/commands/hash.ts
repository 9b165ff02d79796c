/** `assets hash`: the digests of files and of standard input, without a manifest. */
import { resolve } from "node:path";
import { AssetsError, abortError, errorInfo, exitCodeOf } from "../errors.js";
import type { EventListener } from "../events.js";
import { POINTER_SIZE_LIMIT, parsePointer } from "../lfs-pointer.js";
import { createHasher } from "../store/digest.js";
import { hashPipe, isPipe } from "../store/hash-pipe.js";
import { readWhole } from "../store/whole-text.js";
import { runPool } from "../transfer/pool.js";
import type { HashReport } from "./author-reports.js";
import { hashInput } from "./hash-input.js";

export interface HashFilesOptions {
  /** Relative to `cwd`; `-` for the input. */
  paths: readonly string[];
  /** What `-` stands for; it can be read once. */
  input: AsyncIterable<Uint8Array>;
  cwd: string;
  /** As Node names it, or `git-blob`. */
  algorithm: string;
  signal: AbortSignal;
  /** Told of Git LFS pointers, whose digest is not that of what they stand for. */
  onEvent?: EventListener;
}

/** Files that are hashed side by side. */
const FILES = 8;

/** A file that cannot be read is told in its own entry. Throws USAGE for a second `-`, the signal's reason. */
export async function hashFiles(options: HashFilesOptions): Promise<HashReport> {
  const started = performance.now();
  const { paths, cwd, input, algorithm, signal, onEvent: emit = () => {} } = options;
  if (paths.filter((path) => path === "-").length > 1) {
    throw new AssetsError("USAGE", "Standard input can be read once, and - stands there twice.", {
      hint: "A file of that name is ./-",
    });
  }
  const hasher = createHasher();
  try {
    const files = await runPool(paths, FILES, async (path): Promise<HashReport["files"][number]> => {
      const target = resolve(cwd, path);
      try {
        if (path === "-") {
          const { hex, size, small } = await hashInput(input, algorithm);
          if (small !== undefined) warnOfPointer("standard input", small, emit);
          return { path, digest: hex, size };
        }
        if (await isPipe(target)) {
          const { hex, size } = await pipeDigest(target, algorithm, signal);
          return { path, digest: hex, size };
        }
        const { hex, size } = await hasher.hash(target, { signal, algorithm });
        if (size > 0 && size < POINTER_SIZE_LIMIT) {
          warnOfPointer(path, await readWhole(target, POINTER_SIZE_LIMIT).catch(() => undefined), emit);
        }
        return { path, digest: hex, size };
      } catch (error) {
        if (signal.aborted) throw abortError();
        if (!(error instanceof AssetsError) || error.code === "USAGE") throw error;
        return { path, error: errorInfo(error) };
      }
    });
    const failed = files.some(({ error }) => error !== undefined);
    const exitCode = failed ? exitCodeOf("LOCAL_IO") : 0;
    return { ok: !failed, exitCode, algorithm, files, durationMs: performance.now() - started };
  } finally {
    await hasher.close();
  }
}

async function pipeDigest(target: string, algorithm: string, signal: AbortSignal) {
  if (algorithm !== "git-blob") return hashPipe(target, { algorithm, signal });
  throw new AssetsError("LOCAL_IO", `${target} is a pipe, and the id of a git blob begins with a size.`);
}

function warnOfPointer(path: string, bytes: Uint8Array | undefined, emit: EventListener): void {
  if (bytes === undefined || !["pointer", "non-canonical"].includes(parsePointer(bytes).kind)) return;
  const message = `${path} is a Git LFS pointer: this is its own digest, not that of the content it stands for.`;
  emit({ type: "warning", path, message });
}
