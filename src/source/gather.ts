/** All bytes of a body that is lent chunk by chunk. */

/** Copies a body. Throws what `tooLong` makes when it has more than `maxBytes`, and what the body throws. */
export async function gather(body: AsyncIterable<Uint8Array>, maxBytes: number, tooLong: () => Error): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLong();
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}
