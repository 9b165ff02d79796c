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
    return this.#bytes === 0 ? this.#chunks.next() : this.#head();
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#chunks.return?.();
    return { done: true, value: undefined };
  }

  async #head(): Promise<IteratorResult<Uint8Array>> {
    const bytes = this.#bytes;
    this.#bytes = 0;
    const first = await this.#chunks.next();
    if (first.done || first.value.length >= bytes) return first;
    // Chunks are lent: what waits for more is a copy.
    let head = Buffer.from(first.value);
    while (head.length < bytes) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      head = Buffer.concat([head, value]);
    }
    return head.length > 0 ? { done: false, value: head } : { done: true, value: undefined };
  }
}
