/** Bytes of a file on this machine or a mounted share, named by a `file:` URL. */
import { constants } from "node:fs";
import { open as openFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AssetsError } from "../errors.js";
import { NO_WAIT } from "../platform.js";
import type { Opened, OpenOptions, Source } from "./source.js";

const CHUNK_BYTES = 1024 * 1024;

/** The `file:` source. Only regular files are read; size and change time serve as validator. */
export const fileSource: Source = {
  schemes: ["file"],
  local: true,
  locate: (url) => ({ url, open: async (options) => openLocalFile(pathOf(url), options) }),
};

/** Opens a file by its path. Throws NOT_FOUND, ACCESS, SIZE_MISMATCH. */
export async function openLocalFile(path: string, options: OpenOptions): Promise<Opened> {
  const handle = await openFile(path, constants.O_RDONLY | NO_WAIT).catch((error) => {
    throw fileError(error, path);
  });
  try {
    const info = await handle.stat({ bigint: true });
    if (!info.isFile()) throw new AssetsError("NOT_FOUND", `${path} is not a regular file.`);
    const size = Number(info.size);
    if (options.expectedSize !== undefined && options.expectedSize !== size) {
      throw new AssetsError("SIZE_MISMATCH", `${path} has ${size} bytes where ${options.expectedSize} are expected.`);
    }
    const validator = `"${info.size}-${info.mtimeNs}-${info.ino}"`;
    const unchanged = options.validator === undefined || options.validator === validator;
    const offset = unchanged && options.offset <= size ? options.offset : 0;
    const { end } = options;
    const range = { start: offset, ...(end !== undefined && { end: end - 1 }), highWaterMark: CHUNK_BYTES };
    const stream = handle.createReadStream({ ...range, signal: options.signal });
    // Without a listener, an abort before the first read would end the process.
    stream.on("error", () => {});
    const body = read(stream, path, options.signal);
    return { body, offset, ...(end !== undefined && { end }), totalSize: size, validator };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function* read(stream: AsyncIterable<Uint8Array>, path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    signal.throwIfAborted();
    throw fileError(error, path);
  }
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new AssetsError("UNSUPPORTED_URL", `${url} does not name a file of this machine.`);
  }
}

function fileError(error: unknown, path: string): AssetsError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return new AssetsError("NOT_FOUND", `${path} does not exist.`);
  if (code === "EACCES" || code === "EPERM") return new AssetsError("ACCESS", `${path} may not be read.`);
  return new AssetsError("NOT_FOUND", `${path} cannot be read (${code ?? error}).`, { cause: error });
}
