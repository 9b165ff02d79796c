/** Small things of the web that are read whole, such as lists. */
import { AssetsError, redact } from "../errors.js";
import { gather } from "./gather.js";
import type { Sources } from "./index.js";

/** All bytes of a URL. Throws an AssetsError, BAD_RESPONSE for more than `mostBytes`. */
export async function readUrl(
  sources: Sources,
  url: string,
  { mostBytes, signal }: { mostBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const end = new AbortController();
  try {
    const joint = AbortSignal.any([signal, end.signal]);
    const located = await sources.locate(url, { signal: joint });
    const { body } = await located.open({ offset: 0, signal: joint });
    const tooLong = () => new AssetsError("BAD_RESPONSE", `${redact(url)} has more than ${mostBytes} bytes.`);
    return await gather(body, mostBytes, tooLong);
  } finally {
    // What was not read to its end holds a connection.
    end.abort();
  }
}
