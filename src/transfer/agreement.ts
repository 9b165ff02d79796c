/** Whether a URL has the bytes that are here already, so that a wrong file is found out before it does harm. */
import { AssetsError, abortError } from "../errors.js";
import type { PartialFile } from "../store/partial-file.js";
import type { BringContext } from "./connection.js";
import { createPatience } from "./patience.js";
import type { Way } from "./turn.js";
import type { Work } from "./work.js";

/** How much is compared, in bytes: with less here there is nothing to go by. */
export const AGREE_BYTES = 64 * 1024;

/**
 * Compares the last bytes of the front with what a URL sends for them; `onBytes` is told what arrived. Throws
 * DIGEST_MISMATCH when they differ, BAD_RESPONSE when the URL gives no parts of a file of this size, and what its source
 * throws.
 */
export async function agree(
  work: Work,
  way: Way,
  onBytes: (bytes: number) => void,
  { hosts, signal, policy }: BringContext,
): Promise<void> {
  const end = work.partial.front;
  const start = Math.max(0, end - AGREE_BYTES);
  const settle = await hosts.pass(way.host, signal);
  const patience = createPatience(way.url, signal, policy, { size: work.size });
  try {
    const asked = performance.now();
    const located = await patience.answer(way.locate(patience.signal));
    const answer = await patience.answer(located.open({ offset: start, end, signal: patience.signal }));
    hosts.answered(way.host, performance.now() - asked, answer.pauseMs);
    settle();
    if (answer.offset !== start || answer.end === undefined || (answer.totalSize ?? work.size) !== work.size) {
      throw new AssetsError("BAD_RESPONSE", `${way.url} does not answer to ranges as it should.`);
    }
    let at = start;
    for await (const chunk of patience.watch(answer.body)) {
      onBytes(chunk.length);
      const part = chunk.subarray(0, end - at);
      if (!(await holds(work.partial, part, at))) break;
      at += part.length;
    }
    // What is here was given up meanwhile.
    if (work.partial.front < end) throw abortError();
    if (at < end) throw new AssetsError("DIGEST_MISMATCH", `${way.url} sends other bytes than those that are here.`);
  } catch (thrown) {
    throw patience.reason() ?? thrown;
  } finally {
    settle();
    patience.release();
  }
}

/** Whether these bytes stand in the partial, beginning at the offset `at`. Throws LOCAL_IO. */
export async function holds(partial: PartialFile, bytes: Uint8Array, at: number): Promise<boolean> {
  const there = Buffer.allocUnsafe(bytes.length);
  for (let read = 0; read < there.length; ) {
    const count = await partial.read(there.subarray(read), at + read);
    if (count === 0) return false;
    read += count;
  }
  return there.equals(bytes);
}
