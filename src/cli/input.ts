/** Reads standard input. */
import { AssetsError, abortError } from "../errors.js";
import { diskError } from "../store/disk-error.js";
import type { World } from "./context.js";

/** What arrives on standard input, until it ends. Throws LOCAL_IO, ABORTED. */
export async function* inputChunks({ stdin, signal }: Pick<World, "stdin" | "signal">): AsyncGenerator<Uint8Array> {
  const input = stdin();
  const stop = () => input.destroy();
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) throw abortError();
    for await (const chunk of input) yield chunk as Buffer;
  } catch (error) {
    throw signal.aborted ? abortError() : diskError(error, "read", "standard input");
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The bytes of standard input. Throws USAGE for more than `mostBytes`, LOCAL_IO, ABORTED. */
export async function readInput(world: Pick<World, "stdin" | "signal">, mostBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of inputChunks(world)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostBytes) throw new AssetsError("USAGE", `Standard input is longer than ${mostBytes} bytes.`);
  }
  return Buffer.concat(chunks);
}
