/** A body in chunks of other sizes than those in which it came. */

/** Chunks of at most `bytes`. */
export function inSteps(body: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  return bytes === Number.POSITIVE_INFINITY ? body : sliced(body, bytes);
}

async function* sliced(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += bytes) yield chunk.subarray(at, at + bytes);
  }
}

/** A first chunk of at least `bytes`, or all of the body, and the others as they come. */
export function withHead(body: AsyncIterable<Uint8Array>, bytes: number): AsyncIterable<Uint8Array> {
  return bytes === 0 ? body : new WithHead(body[Symbol.asyncIterator](), bytes);
}

/** A class, as there is one for each body. */
class WithHead implements AsyncIterableIterator<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** How many a first chunk is to have, 0 behind it. */
  #bytes: number;

  constructor(chunks: AsyncIterator<Uint8Array>, bytes: number) {
    this.#chunks = chunks;
    this.#bytes = bytes;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#chunks.next();
    const bytes = this.#bytes;
    if (bytes === 0) return chunk;
    this.#bytes = 0;
    return chunk.then((first) => (first.done || first.value.length >= bytes ? first : this.#head(first.value, bytes)));
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    return this.#chunks.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }

  async #head(first: Uint8Array, bytes: number): Promise<IteratorResult<Uint8Array>> {
    // Chunks are lent: what waits for more is a copy.
    let head = Buffer.from(first);
    while (head.length < bytes) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      head = Buffer.concat([head, value]);
    }
    return head.length > 0 ? { done: false, value: head } : { done: true, value: undefined };
  }
}
