/** Reads a stream ahead of its reader, so that bytes which came are not lost to the error that came after them. */
import type { Readable } from "node:stream";

/** How far to read ahead, in bytes: as much as a slow disk may owe a fast network. */
const AHEAD_BYTES = 1024 * 1024;

/** The chunks of a stream, then its end or its error. Leaving early destroys the stream. */
export async function* readAhead(stream: Readable): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let held = 0;
  let end: { error?: unknown } | undefined;
  let wake = () => {};

  stream.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held >= AHEAD_BYTES) stream.pause();
    wake();
  });
  const finish = (how: { error?: unknown }) => {
    end ??= how;
    wake();
  };
  stream.on("end", () => finish({}));
  stream.on("error", (error) => finish({ error }));
  stream.on("close", () => finish({ error: new Error("closed before its end") }));

  try {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk !== undefined) {
        held -= chunk.length;
        if (held < AHEAD_BYTES && stream.isPaused()) stream.resume();
        yield chunk;
      } else if (end === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else if ("error" in end) throw end.error;
      else return;
    }
  } finally {
    stream.destroy();
  }
}
