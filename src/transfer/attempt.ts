/** One attempt to complete a partial from one URL: continue it, watch it arrive, prove the whole. */
import { dirname } from "node:path";
import { AssetsError } from "../errors.js";
import type { EventListener } from "../events.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";
import type { Digest, Located, Opened } from "../source/source.js";
import { type PartialFile, readValidator, writeValidator } from "../store/partial.js";
import { allowance } from "../store/space.js";
import { impostor } from "./body-check.js";
import { createPatience, type Patience, type PatiencePolicy } from "./patience.js";
import type { RunningDigest } from "./running-digest.js";

/** As many bytes as a body is judged by before any is kept: one more than a Git LFS pointer can have. */
const HEAD_BYTES = POINTER_SIZE_LIMIT;

/** What is wanted, whatever URL it comes from. */
export interface Wanted {
  /** Name in events: the file's path, or the archive's. */
  readonly label: string;
  readonly kind: "file" | "archive";
  /** Pinned size in bytes. */
  readonly size?: number | undefined;
  /** Another process may still have the partial open. */
  readonly shared?: boolean | undefined;
  /** Digest that decides. Without one, bytes of two answers are only combined under a strong validator. */
  readonly digest?: Digest | undefined;
}

/** Where an attempt goes. */
export interface Way {
  /** As users may see it: without credentials. */
  readonly url: string;
  /** Finds out where the URL leads. */
  locate(signal: AbortSignal): Promise<Located>;
  /** Takes a member out of its archive, which may have to be fetched first: in its own time. */
  unpack?(located: Located): Promise<Located>;
}

/** What an attempt works on: a partial, and the digest of what it holds. */
export interface Work {
  readonly wanted: Wanted;
  readonly partial: PartialFile;
  readonly running: RunningDigest;
  /** Drops what the partial holds beyond its first `kept` bytes (default 0), and tells why. */
  restart(reason: string, kept?: number): Promise<void>;
}

/** How an attempt ended. `received` counts the bytes that arrived for the file. */
export type AttemptResult =
  | { ok: true; received: number }
  | { ok: false; error: AssetsError; received: number; resumed: boolean; wroteFromZero: boolean };

export interface AttemptContext {
  readonly signal: AbortSignal;
  readonly policy: PatiencePolicy;
  readonly emit: EventListener;
}

/** Completes and proves the partial. Failures are answered, not thrown; only bugs throw. */
export async function attempt(work: Work, way: Way, context: AttemptContext): Promise<AttemptResult> {
  const patience = createPatience(way.url, context.signal, context.policy, work.wanted.size);
  const tally = { received: 0, resumed: false, wroteFromZero: false };
  try {
    const validator = await takeStock(work, patience.signal);
    if (!isProven(work)) {
      const opened = await open(work, way, validator, patience);
      tally.resumed = opened.offset > 0;
      await copy(work, opened, patience, context.emit, tally);
      prove(work, opened);
    }
    return { ok: true, received: tally.received };
  } catch (thrown) {
    const reason = patience.reason() ?? thrown;
    if (!(reason instanceof AssetsError)) throw reason;
    return { ok: false, error: reason, ...tally };
  } finally {
    patience.end();
  }
}

/** Looks at what is there from before, drops what cannot be of use, answers the validator of the rest. */
async function takeStock(
  { wanted, partial, running, restart }: Work,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { size, digest } = wanted;
  const validator = digest === undefined ? await readValidator(partial.path) : undefined;
  if (partial.size > 0 && digest === undefined && validator === undefined) {
    await restart("nothing tells whether the bytes kept from before still belong to the file");
  }
  if (size !== undefined && partial.size > size) await restart("more bytes were kept from before than the file has");
  await running.catchUp(partial, signal);
  if (
    digest !== undefined &&
    size !== undefined &&
    size > 0 &&
    partial.size === size &&
    running.value() !== digest.hex
  ) {
    await restart("the bytes kept from before are not the pinned ones");
  }
  return validator;
}

/** Whether an earlier run ended between the last byte and the rename. */
function isProven({ wanted: { digest }, partial, running }: Work): boolean {
  return partial.size > 0 && digest !== undefined && running.value() === digest.hex;
}

type Answer = Opened & Pick<Located, "url" | "unpacked">;

async function open(
  { wanted, partial }: Work,
  way: Way,
  validator: string | undefined,
  { answer, signal }: Patience,
): Promise<Answer> {
  const located = await answer(way.locate(signal));
  const { open: openAt, url, unpacked } = located.member && way.unpack ? await way.unpack(located) : located;
  const expected = wanted.size === undefined ? {} : { expectedSize: wanted.size };
  const opened = await answer(openAt({ offset: partial.size, ...expected, ...(validator && { validator }), signal }));
  return { ...opened, url, ...(unpacked && { unpacked }) };
}

/** Brings the body into the partial, after a look at its beginning when it starts at 0, and no more than may come. */
async function copy(
  { wanted, partial, running, restart }: Work,
  opened: Answer,
  patience: Patience,
  emit: EventListener,
  tally: { received: number; wroteFromZero: boolean },
): Promise<void> {
  const { label: path, kind, digest } = wanted;
  const size = wanted.size ?? opened.totalSize;
  // A body that nobody gave a size may have no end.
  const room = size ?? partial.size + (await allowance(dirname(partial.path)));
  const state = () => ({ path, received: partial.size, ...(size !== undefined && { size }) });
  const start = () =>
    emit({ type: "transfer:start", kind: opened.unpacked ? "member" : kind, url: opened.url, ...state() });
  /** Where the next byte of the body belongs. */
  let at = opened.offset;
  let first = at === 0;
  if (!first) start();
  for await (const chunk of gathered(patience.watch(opened.body), HEAD_BYTES)) {
    if (first) {
      first = false;
      const expected = { path, size: wanted.size, pinned: digest !== undefined };
      const error = kind === "file" ? impostor(chunk, opened, expected, opened.url) : undefined;
      if (error !== undefined) throw error;
      if (partial.size > 0 && digest === undefined) await restart("the server starts over");
      if (digest === undefined) await writeValidator(partial.path, opened.validator);
      tally.wroteFromZero = true;
      start();
    }
    if (at + chunk.length > room) throw tooMuch(opened, wanted.size);
    if (opened.unpacked !== true) tally.received += chunk.length;
    // A server that starts over sends what is here already: it is compared, and kept as long as it is the same.
    const overlap = chunk.subarray(0, Math.max(0, partial.size - at));
    const same = overlap.length === 0 || (await partial.holds(overlap, at));
    if (!same) await restart("what was kept from before is not what the server sends", at);
    const fresh = same ? chunk.subarray(overlap.length) : chunk;
    at += chunk.length;
    if (fresh.length === 0) continue;
    await partial.append(fresh);
    running.update(fresh);
    emit({ type: "transfer:progress", ...state() });
  }
  // An empty body has no first chunk: what the server says is that the file is empty.
  if (first && digest === undefined && partial.size > 0) await restart("the server says that the file is empty");
  const missing = (size ?? 0) - at;
  if (missing > 0) {
    throw new AssetsError("NETWORK", `${opened.url} ended ${missing} bytes too early.`, { retry: {} });
  }
  if (at < partial.size) await restart("more was kept from before than the server sends", at);
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

function prove({ wanted: { digest }, running }: Work, { url }: Answer): void {
  if (digest === undefined) return;
  const found = running.value();
  if (found === digest.hex) return;
  const { algorithm, hex } = digest;
  throw new AssetsError("DIGEST_MISMATCH", `${url} sends other bytes: expected ${algorithm} ${hex}, found ${found}.`, {
    hint: "The file was changed at its source, or the pin is wrong: compare it with what the publisher states.",
  });
}

/** Passes a body on with a first chunk of at least `bytes`, or all of it. */
async function* gathered(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array();
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
