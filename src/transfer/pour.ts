/** Puts the body of an answer into the partial, as far as it is what was asked for. */
import { dirname } from "node:path";
import { AssetsError } from "../errors.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";
import { rememberValidator } from "../store/journal.js";
import type { PartialFile } from "../store/partial-file.js";
import { allowance } from "../store/space.js";
import { AGREE_BYTES, holds } from "./agreement.js";
import { impostor } from "./body-check.js";
import { inSteps, withHead } from "./chunks.js";
import type { Answer, Asking, BringContext, OwnErrand } from "./connection.js";
import type { Segment } from "./segments.js";
import type { Work } from "./work.js";

/** As many bytes as a body is judged by before any is kept: one more than a Git LFS pointer can have. */
const HEAD_BYTES = POINTER_SIZE_LIMIT;

/** Answers when the segment is here, or the answer has ended where it said. Throws an AssetsError; what came is kept. */
export async function pour(
  work: Work,
  { way, segment, errand, patience }: Asking,
  answer: Answer,
  { hosts, pace, rateLimit }: BringContext,
): Promise<void> {
  const { wanted, partial } = work;
  const { own, onBytes } = errand;
  const giver = way.url;
  const sizeBefore = work.size;
  if (own === undefined) mustFit(work, answer, segment);
  else work.size = wanted.size ?? answer.totalSize;
  const startsOver = answer.offset !== segment.at;
  if (startsOver) segment.becomeAll();
  const { size } = work;
  // A body that nobody gave a size may have no end.
  const most = size ?? partial.front + (await allowance(dirname(partial.path)));
  let at = answer.offset;
  let isAccepted = false;
  const judged = (head: Uint8Array) => (own !== undefined && at === 0 ? judge(work, answer, head) : undefined);
  const accept = () => {
    isAccepted = true;
    own?.onStart(answer);
  };
  try {
    // As much as is needed to tell whether it is the file, and what starts over whether it is the one that is here.
    const head = at > 0 ? 0 : Math.min(startsOver ? AGREE_BYTES : HEAD_BYTES, size ?? Number.POSITIVE_INFINITY);
    for await (const body of inSteps(withHead(patience.watch(answer.body), head), Math.max(rateLimit.step, head))) {
      work.check?.mustBeTrusted(giver);
      if (!isAccepted) {
        const begun = judged(body);
        if (begun !== undefined) await begun;
        accept();
      }
      if (at + body.length > most && segment.end >= (size ?? 0)) throw tooMuch(answer, wanted.size);
      if (answer.unpacked !== true) {
        onBytes(body.length);
        pace.arrived(body.length);
        hosts.heard(way.host);
      }
      const paid = rateLimit.take(body.length, patience.signal);
      if (paid !== undefined) await paid;
      if (at + body.length >= segment.end) segment.extend(answer.end ?? Number.MAX_SAFE_INTEGER);
      const chunk = body.subarray(0, Math.max(0, segment.end - at));
      segment.moveTo(at + chunk.length, performance.now());
      if (own !== undefined && startsOver) await compare(work, answer, chunk, at, own);
      const start = at;
      at += chunk.length;
      const before = performance.now();
      const written = partial.write(chunk, start);
      if (written !== undefined) await written;
      pace.heldUp(performance.now() - before);
      work.check?.landed({ start, end: at }, giver);
      work.digest.advance();
      work.tellProgress();
      // Without a digest, only the end of the body tells that nothing follows.
      if (at >= segment.end && (at !== size || wanted.digest !== undefined)) break;
    }
  } catch (error) {
    // An answer that is refused is not believed in what it states either.
    if (own !== undefined && (startsOver || !isAccepted)) work.size = sizeBefore;
    throw error;
  } finally {
    work.givers.credit(giver, answer.offset, at);
  }
  // An empty body says that the file is empty.
  if (!isAccepted) {
    await judged(new Uint8Array());
    accept();
  }
  if (size === undefined) work.size = at;
  const missing = segment.end - at;
  // A server may send less than it is asked for, if it says so (RFC 9110 section 15.3.7).
  if (missing > 0 && at !== answer.end) {
    throw new AssetsError("NETWORK", `${answer.url} ended ${missing} bytes too early.`, { retry: {} });
  }
}

/** Throws BAD_RESPONSE unless the answer begins where it should, is no more than a part, and of a file of the same size. */
function mustFit({ size }: Work, { url, offset, end, totalSize = size }: Answer, segment: Segment): void {
  const isPart = end !== undefined || segment.end === size;
  if (offset === segment.at && isPart && totalSize === size) return;
  throw new AssetsError("BAD_RESPONSE", `${url} does not answer to ranges as it should.`);
}

/**
 * Looks at the beginning of a file before any of it is kept. Throws what speaks against it. Without a digest what is here
 * goes with no other answer than its own, and is dropped: the answer tells when.
 */
function judge(work: Work, answer: Answer, head: Uint8Array): Promise<void> | undefined {
  const { label: path, kind, digest, size } = work.wanted;
  const sha256 = digest?.algorithm === "sha256" ? digest.hex : undefined;
  const error =
    kind === "file" && head.length > 0
      ? impostor(head, answer, { path, size, pinned: digest !== undefined, sha256 }, answer.url)
      : undefined;
  if (error !== undefined) throw error;
  return digest === undefined ? beginAnew(work, answer) : undefined;
}

async function beginAnew({ partial, restart }: Work, answer: Answer): Promise<void> {
  if (partial.front > 0) await restart("the server starts over");
  await rememberValidator(partial.path, answer.validator);
}

/**
 * Holds an answer that starts over against what is here: as far as both are the same, nothing is lost. Throws
 * BAD_RESPONSE where they differ, unless the server is believed; then what is here ends there.
 */
async function compare(
  { partial, restart, size }: Work,
  { url }: Answer,
  chunk: Uint8Array,
  at: number,
  { believes, onOther }: OwnErrand,
): Promise<void> {
  const other = await firstOther(partial, chunk, at);
  if (other === undefined) return;
  // A few words instead of the file are no reason to give anything up.
  if (believes(other) && at + chunk.length >= Math.min(AGREE_BYTES, size ?? 0)) {
    await restart("what was kept from before is not what the server sends", other);
    return;
  }
  onOther();
  throw new AssetsError("BAD_RESPONSE", `${url} sends other bytes than those that are here already.`, { retry: {} });
}

/** Where a chunk is not what is here, to within {@link AGREE_BYTES}, however much came at one time. */
async function firstOther(partial: PartialFile, chunk: Uint8Array, at: number): Promise<number | undefined> {
  for (const { start, end } of partial.held) {
    const to = Math.min(end, at + chunk.length);
    for (let from = Math.max(start, at); from < to; from += AGREE_BYTES) {
      const step = chunk.subarray(from - at, Math.min(from + AGREE_BYTES, to) - at);
      if (!(await holds(partial, step, from))) return from;
    }
  }
  return undefined;
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
