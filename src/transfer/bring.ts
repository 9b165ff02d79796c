/** One connection at work: asks a URL for a segment, and brings what comes into the partial. */
import { dirname } from "node:path";
import { AssetsError } from "../errors.js";
import type { EventListener } from "../events.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";
import type { Located, Opened } from "../source/source.js";
import { rememberValidator } from "../store/journal.js";
import type { PartialFile } from "../store/partial-file.js";
import { allowance } from "../store/space.js";
import { impostor } from "./body-check.js";
import { type Hosts, hostOf } from "./hosts.js";
import type { Pace } from "./pace.js";
import { createPatience, type Patience, type PatiencePolicy } from "./patience.js";
import type { RateLimit } from "./rate-limit.js";
import type { RetryPolicy } from "./retry.js";
import type { Segment } from "./segments.js";
import type { Work } from "./work.js";
import { createWriter } from "./writer.js";

/** As many bytes as a body is judged by before any is kept: one more than a Git LFS pointer can have. */
const HEAD_BYTES = POINTER_SIZE_LIMIT;

/** A wait for a host that is longer than this is told, in milliseconds. */
const TOLD_MS = 1_000;

/** Where the bytes may come from. */
export interface Way {
  /** As users may see it: without credentials. */
  readonly url: string;
  /** Finds out where the URL leads. */
  locate(signal: AbortSignal): Promise<Located>;
  /** Takes a member out of its archive, which may have to be fetched first: in its own time. */
  unpack?(located: Located): Promise<Located>;
}

/** What all connections of a run share. */
export interface BringContext {
  readonly signal: AbortSignal;
  readonly policy: PatiencePolicy & Pick<RetryPolicy, "maxRetryAfterMs">;
  readonly emit: EventListener;
  readonly hosts: Hosts;
  readonly pace: Pace;
  readonly rateLimit: RateLimit;
}

/** What a connection is told beside its segment, and tells. */
export interface Errand {
  /** Strong validator of the bytes of an unpinned file that are here. */
  readonly validator?: string | undefined;
  /** Refuse an answer that starts elsewhere than asked: other connections bring the rest. */
  readonly exact: boolean;
  /** Told when the answer has come. */
  onAnswer?(opened: Opened): void;
  /** Told the bytes that arrived. */
  onBytes(bytes: number): void;
}

/** Answers when the segment is here, or another connection took it over. Throws an AssetsError; what came is kept. */
export async function bring(
  work: Work,
  way: Way,
  segment: Segment,
  errand: Errand,
  context: BringContext,
): Promise<void> {
  await awaitHost(work, way, context);
  // A proxy that buffers does so with the whole file, however little of it was asked for.
  const patience = createPatience(way.url, context.signal, context.policy, work.size);
  let taken = false;
  segment.onTaken = () => {
    taken = true;
    patience.end();
  };
  try {
    const answer = await open(work, way, segment, errand, patience);
    if (answer.pauseMs !== undefined) {
      context.hosts.pause(hostOf(way.url), Math.min(answer.pauseMs, context.policy.maxRetryAfterMs));
    }
    errand.onAnswer?.(answer);
    await copy(work, answer, way.url, segment, errand, patience, context);
  } catch (thrown) {
    if (!taken) throw patience.reason() ?? thrown;
  } finally {
    patience.end();
  }
}

/** Waits until the host may be asked; a wait that people would notice is told. Throws the signal's reason. */
async function awaitHost({ wanted }: Work, { url }: Way, { hosts, emit, signal }: BringContext): Promise<void> {
  const host = hostOf(url);
  const delayMs = hosts.waitMs(host);
  if (delayMs > TOLD_MS) emit({ type: "transfer:pause", path: wanted.label, host, delayMs });
  await hosts.ready(host, signal);
}

/** An answer; `to`: how far it goes, which may be further than others leave to its connection. */
type Answer = Opened & Pick<Located, "url" | "unpacked"> & { to: number };

async function open(
  { wanted, size }: Work,
  way: Way,
  segment: Segment,
  { validator, exact }: Errand,
  { answer, signal }: Patience,
): Promise<Answer> {
  const located = await answer(way.locate(signal));
  const { open: openAt, url, unpacked } = located.member && way.unpack ? await way.unpack(located) : located;
  const to = size !== undefined && segment.end < size ? segment.end : Number.MAX_SAFE_INTEGER;
  const opened = await answer(
    openAt({
      offset: segment.at,
      ...(to < Number.MAX_SAFE_INTEGER && { end: to }),
      ...(wanted.size !== undefined && { expectedSize: wanted.size }),
      ...(validator !== undefined && { validator }),
      signal,
    }),
  );
  if (exact && (opened.offset !== segment.at || (opened.totalSize ?? size) !== size)) {
    throw new AssetsError("BAD_RESPONSE", `${url} does not answer to ranges as it should.`);
  }
  return { ...opened, url, to, ...(unpacked && { unpacked }) };
}

/** Brings the body into the partial, after a look at its beginning when it starts at 0, and no more than may come. */
async function copy(
  work: Work,
  answer: Answer,
  giver: string,
  segment: Segment,
  errand: Errand,
  patience: Patience,
  { emit, pace, rateLimit }: BringContext,
): Promise<void> {
  const { wanted, partial, segments } = work;
  const { label: path, kind, digest } = wanted;
  work.size = wanted.size ?? answer.totalSize ?? (errand.exact ? work.size : undefined);
  const { size } = work;
  if (answer.offset !== segment.at) segment.at = answer.offset;
  // An answer that is not a range brings everything, whoever else is on the way with some of it.
  if (answer.offset === 0) segment.end = size ?? Number.MAX_SAFE_INTEGER;
  else segment.end = Math.min(segment.end, size ?? segment.end);
  // A body that nobody gave a size may have no end.
  const room = size ?? partial.front + (await allowance(dirname(partial.path)));
  const start = () => {
    const received = partial.front;
    const type = answer.unpacked ? "member" : kind;
    emit({ type: "transfer:start", path, kind: type, url: answer.url, received, ...(size !== undefined && { size }) });
  };
  const writer = createWriter(partial, () => {
    work.digest.advance();
    work.tellProgress();
  });
  let first = answer.offset === 0;
  if (!first && !errand.exact) start();
  let written = segment.at;
  try {
    for await (const body of gathered(patience.watch(answer.body), first ? HEAD_BYTES : 0)) {
      if (first) {
        first = false;
        const expected = { path, size: wanted.size, pinned: digest !== undefined };
        const error = kind === "file" ? impostor(body, answer, expected, answer.url) : undefined;
        if (error !== undefined) throw error;
        if (partial.front > 0 && digest === undefined) await work.restart("the server starts over");
        if (digest === undefined) await rememberValidator(partial.path, answer.validator);
        start();
      }
      if (segment.end === size && segment.at + body.length > size) throw tooMuch(answer, wanted.size);
      if (size === undefined && segment.at + body.length > room) throw tooMuch(answer, undefined);
      if (answer.unpacked !== true) errand.onBytes(body.length);
      pace.arrived(body.length);
      await rateLimit.take(body.length, patience.signal);
      if (segment.at + body.length >= segment.end) segments.extend(segment, answer.to);
      const chunk = body.subarray(0, Math.max(0, segment.end - segment.at));
      const at = segment.at;
      segment.at += chunk.length;
      segment.movedAt = performance.now();
      const same = errand.exact ? 0 : await agreeing(work, chunk, at);
      written = at + chunk.length;
      if (same < chunk.length) {
        const before = performance.now();
        await writer.write(chunk.subarray(same), at + same);
        pace.heldUp(performance.now() - before);
      }
      if (segment.at >= segment.end && segment.end !== size) break;
    }
  } finally {
    await writer.end();
    work.credit(giver, Math.max(answer.offset, segment.start), Math.min(written, segment.at));
  }
  if (first) {
    // An empty body has no first chunk: what the server says is that the file is empty.
    if (digest === undefined && partial.front > 0) await work.restart("the server says that the file is empty");
    start();
  }
  if (size === undefined) {
    work.size = segment.at;
    segment.end = segment.at;
  }
  const missing = segment.end - segment.at;
  if (missing > 0) {
    throw new AssetsError("NETWORK", `${answer.url} ended ${missing} bytes too early.`, { retry: {} });
  }
}

/** How many bytes of a chunk are here already: a server that starts over is believed as far as it says the same. */
async function agreeing({ partial, restart }: Work, chunk: Uint8Array, at: number): Promise<number> {
  const overlap = Math.min(chunk.length, partial.front - at);
  if (overlap <= 0) return 0;
  if (await holds(partial, chunk.subarray(0, overlap), at)) return overlap;
  await restart("what was kept from before is not what the server sends", at);
  return 0;
}

/** Whether these bytes stand in the partial, beginning at the offset `at`. Throws LOCAL_IO. */
export async function holds(partial: PartialFile, chunk: Uint8Array, at: number): Promise<boolean> {
  const there = Buffer.allocUnsafe(chunk.length);
  for (let read = 0; read < there.length; ) {
    const bytes = await partial.read(there.subarray(read), at + read);
    if (bytes === 0) return false;
    read += bytes;
  }
  return there.equals(chunk);
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
