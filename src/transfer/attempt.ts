/** One attempt to complete a partial from one URL: continue it, wait for whoever helps, prove the whole. */
import { AssetsError } from "../errors.js";
import { bytesIn } from "../store/byte-ranges.js";
import { readJournal } from "../store/journal.js";
import { type BringContext, bring, type Errand, type Way } from "./bring.js";
import type { Helpers } from "./helpers.js";
import { hostOf } from "./hosts.js";
import type { Work } from "./work.js";

/** What an attempt has done, whether it succeeds or not. */
interface Tally {
  /** Bytes that arrived for the file over its own connection. */
  received: number;
  /** Bytes of more than one answer, perhaps from before, were put together. */
  combined: boolean;
  /** The last answer began with the first byte of the file, and some of it was kept. */
  fromZero: boolean;
  /** An answer that started over was refused because it differs from what is here. */
  differs: boolean;
}

/** How an attempt ended. */
export type AttemptResult = Tally & ({ ok: true; hex: string } | { ok: false; error: AssetsError });

/** What the attempt is about. */
export interface AttemptOptions {
  readonly helpers: Helpers;
  /** See {@link Errand.believes}. */
  believes(at: number): boolean;
}

/** Completes and proves the partial. Failures are answered, not thrown; only bugs throw. */
export async function attempt(
  work: Work,
  way: Way,
  options: AttemptOptions,
  context: BringContext,
): Promise<AttemptResult> {
  const tally: Tally = { received: 0, combined: false, fromZero: false, differs: false };
  try {
    const validator = await takeStock(work, context.signal);
    let hex = await provenHex(work, context.signal);
    if (hex === undefined) {
      await bringAll(work, way, validator, options, context, tally);
      tally.combined ||= work.isCombined();
      hex = await prove(work, way, context.signal);
    }
    return { ok: true, ...tally, hex };
  } catch (reason) {
    if (!(reason instanceof AssetsError)) throw reason;
    return { ok: false, error: reason, ...tally };
  }
}

/** Looks at what is there from before, drops what cannot be of use, answers the validator of the rest. */
async function takeStock(work: Work, signal: AbortSignal): Promise<string | undefined> {
  const { wanted, partial, restart } = work;
  const { size, digest } = wanted;
  const validator = digest === undefined ? (await readJournal(partial.path, 0))?.validator : undefined;
  if (partial.front > 0 && digest === undefined && validator === undefined) {
    await restart("nothing tells whether the bytes kept from before still belong to the file");
  }
  if (size !== undefined && (partial.held.at(-1)?.end ?? 0) > size) {
    await restart("more bytes were kept from before than the file has");
  }
  work.digest.advance();
  // What is of this run is proven at its end, where it is known who gave it.
  if (work.givers.size > 0) return validator;
  if (size !== undefined && size > 0 && partial.front === size && (await provenHex(work, signal)) === undefined) {
    await restart("the bytes kept from before are not the pinned ones");
  }
  return validator;
}

/** The digest, when all bytes are here and right: an earlier run may have ended between the last byte and the rename. */
async function provenHex(work: Work, signal: AbortSignal): Promise<string | undefined> {
  const { size, digest } = work.wanted;
  const { front } = work.partial;
  if (digest === undefined || front === 0 || (size !== undefined && front !== size)) return undefined;
  const found = await work.digest.value(signal);
  return found === digest.hex ? found : undefined;
}

/** Brings what is missing, segment by segment, until neither this connection nor a helper has anything to bring. */
async function bringAll(
  work: Work,
  way: Way,
  validator: string | undefined,
  { helpers, believes }: AttemptOptions,
  context: BringContext,
  tally: Tally,
): Promise<void> {
  const { wanted, segments, partial } = work;
  let isStarted = false;
  /** Asked for a part, the URL gives everything: as long as others are at work it would only repeat what they bring. */
  let givesNoParts = false;
  const errand: Errand = {
    validator,
    further: false,
    believes,
    onStart({ url, offset, end, unpacked }) {
      tally.combined = partial.held.length > 0;
      tally.fromZero = offset === 0;
      givesNoParts = end === undefined && offset === 0 && partial.held.length > 0;
      if (isStarted) return;
      isStarted = true;
      const { label: path } = wanted;
      const kind = unpacked === true ? "member" : wanted.kind;
      const received = bytesIn(partial.held);
      const { size } = work;
      context.emit({ type: "transfer:start", path, kind, url, received, ...(size !== undefined && { size }) });
    },
    onOther() {
      tally.differs = true;
    },
    onBytes(bytes) {
      tally.received += bytes;
      helpers.support(way);
    },
  };
  const leave = context.pace.own(hostOf(way.url));
  try {
    for (;;) {
      const idle = givesNoParts && segments.active.size > 0;
      const segment = idle ? undefined : segments.take(1 + helpers.count(), performance.now());
      if (segment !== undefined)
        await bring(work, way, segment, errand, context).finally(() => segments.release(segment));
      else if (segments.active.size > 0) await helpers.change();
      else break;
    }
    const { size } = work;
    if (size !== undefined && (partial.held.at(-1)?.end ?? 0) > size) {
      await work.restart("more was kept from before than the server sends", size);
    }
  } finally {
    leave();
  }
}

/** The digest of the whole, hex; where one is pinned it is that one. Throws DIGEST_MISMATCH. */
async function prove({ wanted: { digest }, digest: own }: Work, { url }: Way, signal: AbortSignal): Promise<string> {
  const found = await own.value(signal);
  if (digest === undefined || found === digest.hex) return found;
  const { algorithm, hex } = digest;
  throw new AssetsError("DIGEST_MISMATCH", `${url} sends other bytes: expected ${algorithm} ${hex}, found ${found}.`, {
    hint: "The file was changed at its source, or the pin is wrong: compare it with what the publisher states.",
  });
}
