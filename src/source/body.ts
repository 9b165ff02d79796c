/** The body of an answer: what undici says of its faults explained, its content coding undone. */
import { pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Answer } from "./exchange.js";
import { networkError } from "./network-error.js";

const DECODERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };

/** The body as the file has it, in chunks that are lent. Throws an AssetsError, the signal's reason. */
export function bodyOf(
  answer: Answer,
  decode: keyof typeof DECODERS | undefined,
  shown: string,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const explain = (error: unknown) => (signal.aborted ? signal.reason : networkError(error, shown));
  return decode === undefined ? answer.chunks(explain) : decoded(answer, decode, explain);
}

async function* decoded(
  answer: Answer,
  coding: keyof typeof DECODERS,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  const chunks = answer.chunks();
  try {
    // The callback takes an error that the reader, having left early, does not wait for.
    yield* pipeline(
      () => owned(chunks),
      DECODERS[coding](),
      () => {},
    );
  } catch (error) {
    throw explain(error);
  } finally {
    // Where the reader has all that it wants, the coded bytes may not have ended.
    await chunks[Symbol.asyncIterator]().return?.();
  }
}

/** Copies chunks that are lent. */
async function* owned(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

/** The body of an answer that has none. */
export async function* nothing(): AsyncGenerator<Uint8Array> {}
