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
export async function* withHead(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = bytes > 0 ? new Uint8Array() : undefined;
  for await (const chunk of body) {
    if (head === undefined) yield chunk;
    else {
      // Chunks are lent: what waits for more is a copy.
      const isEnough: boolean = head.length + chunk.length >= bytes;
      const joined: Uint8Array = head.length === 0 && isEnough ? chunk : Buffer.concat([head, chunk]);
      head = isEnough ? undefined : joined;
      if (isEnough) yield joined;
    }
  }
  if (head !== undefined && head.length > 0) yield head;
}
