/** Reads standard input whole. */
import { AssetsError } from "../errors.js";
import type { World } from "./context.js";

/** The bytes of standard input. Throws USAGE for more than `mostBytes`. */
export async function readInput(
  { stdin, signal }: Pick<World, "stdin" | "signal">,
  mostBytes: number,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  const input = stdin();
  const stop = () => input.destroy();
  signal.addEventListener("abort", stop);
  for await (const chunk of input) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > mostBytes) throw new AssetsError("USAGE", `Standard input is longer than ${mostBytes} bytes.`);
  }
  signal.removeEventListener("abort", stop);
  return Buffer.concat(chunks);
}
