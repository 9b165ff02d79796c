/** Puts the body of an answer into the partial: no byte beyond those that may come, none that was not looked at. */
import { dirname } from "node:path";
import { AssetsError } from "../errors.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";
import { rememberValidator } from "../store/journal.js";
import { partOf } from "../store/partial-file.js";
import { allowance } from "../store/space.js";
import { holds } from "./agreement.js";
import { impostor } from "./body-check.js";
import type { Answer, BringContext, Errand } from "./bring.js";
import type { Patience } from "./patience.js";
import type { Segment } from "./segments.js";
import type { Work } from "./work.js";
import { createWriter } from "./writer.js";

/** As many bytes as a body is judged by before any is kept: one more than a Git LFS pointer can have. */
const HEAD_BYTES = POINTER_SIZE_LIMIT;

/** Answers when the segment is here. Throws an AssetsError; what came is kept. */
export async function pour(
  work: Work,
  answer: Answer,
  giver: string,
  segment: Segment,
  errand: Errand,
  patience: Patience,
  { pace, rateLimit }: BringContext,
): Promise<void> {
  const { wanted, partial, segments } = work;
  const startsOver = answer.offset !== segment.at;
  if (errand.further) mustFit(work, answer, segment);
  else work.size = wanted.size ?? answer.totalSize;
  // Everything comes, whoever else is on the way with some of it: what comes twice is compared.
  if (startsOver) segments.takeAll(segment);
  const { size } = work;
  // A body that nobody gave a size may have no end.
  const most = size ?? partial.front + (await allowance(dirname(partial.path)));
  const writer = createWriter(partial, answer.offset, () => {
    work.digest.advance();
    work.tellProgress();
  });
  let at = answer.offset;
  let isTaken = false;
  const take = async (head: Uint8Array) => {
    isTaken = true;
    if (answer.offset === 0 && !errand.further) await judge(work, answer, head);
    errand.onStart(answer);
  };
  try {
    for await (const body of gathered(patience.watch(answer.body), at === 0 ? HEAD_BYTES : 0)) {
      if (!isTaken) await take(body);
      if (at + body.length > most && segment.end >= (size ?? 0)) throw tooMuch(answer, wanted.size);
      if (answer.unpacked !== true) {
        errand.onBytes(body.length);
        pace.arrived(body.length);
      }
      await rateLimit.take(body.length, patience.signal);
      if (at + body.length >= segment.end) segments.extend(segment, answer.end ?? Number.MAX_SAFE_INTEGER);
      const chunk = body.subarray(0, Math.max(0, segment.end - at));
      segments.moved(segment, at + chunk.length, performance.now());
      if (startsOver) await compare(work, answer, chunk, at, errand);
      at += chunk.length;
      const before = performance.now();
      await writer.write(chunk);
      pace.heldUp(performance.now() - before);
      // A body that ends here is read to its end, so that its connection can be used again.
      const mayEnd = (at === size || at === answer.end) && chunk.length === body.length;
      if (at >= segment.end && !mayEnd) break;
    }
  } finally {
    try {
      await writer.end();
    } finally {
      work.credit(giver, answer.offset, at);
    }
  }
  // An empty body says that the file is empty.
  if (!isTaken) await take(new Uint8Array());
  if (size === undefined) work.size = at;
  const missing = segment.end - at;
  if (missing > 0) {
    throw new AssetsError("NETWORK", `${answer.url} ended ${missing} bytes too early.`, { retry: {} });
  }
}

/** Throws BAD_RESPONSE unless the answer begins where it should, is no more than a part, and of a file of the same size. */
function mustFit({ size }: Work, { url, offset, end, totalSize = size }: Answer, segment: Segment): void {
  const isPart = end !== undefined || segment.end === size;
  if (offset === segment.at && isPart && totalSize === size) return;
  throw new AssetsError("BAD_RESPONSE", `${url} does not answer to ranges as it should.`);
}

/** Looks at the beginning of a file before any of it is kept. Throws what speaks against it. */
async function judge({ wanted, partial, restart }: Work, answer: Answer, head: Uint8Array): Promise<void> {
  const { label: path, kind, digest, size } = wanted;
  const error =
    kind === "file" && head.length > 0
      ? impostor(head, answer, { path, size, pinned: digest !== undefined }, answer.url)
      : undefined;
  if (error !== undefined) throw error;
  if (digest !== undefined) return;
  if (partial.front > 0) await restart("the server starts over");
  await rememberValidator(partial.path, answer.validator);
}

/**
 * Holds an answer that starts over against what is here: as far as both are the same, nothing is lost. Throws
 * BAD_RESPONSE where they differ, unless the server is believed; then what is here ends there.
 */
async function compare(
  { partial, restart }: Work,
  { url }: Answer,
  chunk: Uint8Array,
  at: number,
  { believes, onOther }: Errand,
): Promise<void> {
  for (const { start, end } of partial.held) {
    const from = Math.max(start, at);
    const to = Math.min(end, at + chunk.length);
    if (from >= to) continue;
    const [part] = partOf([chunk], from - at, to - at);
    if (part === undefined || (await holds(partial, part, from))) continue;
    if (believes(from)) {
      await restart("what was kept from before is not what the server sends", from);
      return;
    }
    onOther();
    throw new AssetsError("BAD_RESPONSE", `${url} sends other bytes than those that are here already.`, { retry: {} });
  }
}

function tooMuch({ url, totalSize }: Answer, pinned: number | undefined): AssetsError {
  const limit =
    pinned !== undefined
      ? `the ${pinned} bytes that are pinned`
      : totalSize !== undefined
        ? `the ${totalSize} bytes that it announced`
        : "the disk has room for, without an end in sight";
  return new AssetsError("SIZE_MISMATCH", `${url} sends more than ${limit}.`);
}

/** Passes a body on with a first chunk of at least `bytes`, or all of it. */
async function* gathered(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = bytes > 0 ? new Uint8Array() : undefined;
  for await (const chunk of body) {
    if (head === undefined) yield chunk;
    else {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length < bytes) continue;
      yield head;
      head = undefined;
    }
  }
  if (head !== undefined && head.length > 0) yield head;
}
