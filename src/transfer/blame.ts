/** Finds out whose bytes are to be fetched again when a file put together from several URLs is wrong: pure. */
import { type ByteRanges, bytesIn } from "../store/byte-ranges.js";

/**
 * The URL whose part is replaced first, or undefined when all bytes of the run are from `own`, the one that is asked now:
 * it stays, and takes the others' place. Of these, whoever gave least is suspected first: that part is the cheapest to
 * replace, and when the rest is right, the digest says so and the liar is known.
 */
export function suspectOf(givers: ReadonlyMap<string, ByteRanges>, own: string): string | undefined {
  return [...givers]
    .map(([url, ranges]) => ({ url, bytes: bytesIn(ranges) }))
    .filter(({ url, bytes }) => url !== own && bytes > 0)
    .sort((a, b) => a.bytes - b.bytes)[0]?.url;
}
