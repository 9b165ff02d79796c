/** Opens a file at a second place, which takes a question to find, once the first has refused it. */
import { AssetsError } from "../errors.js";
import type { Located, OpenOptions } from "./source.js";
import type { WebSource } from "./web.js";

/** `other`: the address to go to; undefined where there is none, and the refusal stands. */
export function withSecondPlace(
  first: Located,
  web: WebSource,
  other: (signal: AbortSignal) => Promise<string | undefined>,
): Located {
  let second: Located | undefined;
  return {
    ...first,
    async open(options: OpenOptions) {
      if (second !== undefined) return second.open(options);
      try {
        return await first.open(options);
      } catch (error) {
        if (!(error instanceof AssetsError) || (error.code !== "NOT_FOUND" && error.code !== "ACCESS")) throw error;
        const address = await other(options.signal);
        if (address === undefined) throw error;
        const located = await web.locate(address, options);
        const opened = await located.open(options);
        second = located;
        return opened;
      }
    },
  };
}
