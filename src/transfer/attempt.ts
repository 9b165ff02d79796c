/** One attempt to complete a partial from one URL: continue it, wait for whoever helps, prove the whole. */
import { AssetsError } from "../errors.js";
import type { StatedDigest } from "../manifest/types.js";
import type { Digest } from "../source/source.js";
import { bytesIn } from "../store/byte-ranges.js";
import { readJournal } from "../store/journal.js";
import { bring } from "./bring.js";
import type { Answer, BringContext, Errand, OwnErrand } from "./connection.js";
import type { Helpers } from "./helpers.js";
import { firstBytePatience } from "./patience.js";
import type { Way } from "./turn.js";
import type { Work } from "./work.js";

/** What an attempt has done, whether it succeeds or not. */
interface Tally {
  /** Bytes that arrived for the file over its own connection. */
  received: number;
  /** The last answer was accepted: what came of it is in the partial. */
  accepted: boolean;
  /** An answer that started over was refused because it differs from what is here. */
  differs: boolean;
}

/** How an attempt ended. */
export type AttemptResult = (Tally & { ok: true; hex: string }) | AttemptFailure;
export type AttemptFailure = Tally & { ok: false; error: AssetsError };

/** What the attempt is about. */
export interface AttemptOptions extends Pick<OwnErrand, "believes" | "turn"> {
  readonly helpers: Helpers;
}

/** Completes and proves the partial. Failures are answered, not thrown; only bugs throw. */
export async function attempt(work: Work, options: AttemptOptions, context: BringContext): Promise<AttemptResult> {
  const tally: Tally = { received: 0, accepted: false, differs: false };
  try {
    const { validator, hex } = isEmpty(work) ? NO_STOCK : await takeStock(work, context.signal);
    if (hex !== undefined) return { ok: true, ...tally, hex };
    await bringAll(work, validator, options, context, tally);
    return { ok: true, ...tally, hex: await prove(work, options.turn.candidate, context.signal) };
  } catch (reason) {
    if (!(reason instanceof AssetsError)) throw reason;
    return { ok: false, error: reason, ...tally };
  }
}

/** What is here already: its validator, and the digest if all of it is here and right. */
interface Stock {
  readonly validator: string | undefined;
  readonly hex: string | undefined;
}

const NO_STOCK: Stock = { validator: undefined, hex: undefined };

/** Whether nothing is here of a pinned file. */
function isEmpty({ partial, wanted }: Work): boolean {
  return partial.held.length === 0 && wanted.digest !== undefined;
}

/** Looks at what is there from before, and drops what cannot be of use. */
async function takeStock(work: Work, signal: AbortSignal): Promise<Stock> {
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
  if (work.givers.ranges.size > 0) return { validator, hex: await provenHex(work, signal) };
  // What is wrong of a complete file may be found, and no more than that given up.
  if (partial.front === size) await work.check?.settled();
  const isWhole = size !== undefined && size > 0 && partial.front === size;
  const hex = await provenHex(work, signal);
  if (isWhole && hex === undefined) {
    await restart("the bytes kept from before are not the pinned ones");
  }
  return { validator, hex };
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
  validator: string | undefined,
  { helpers, believes, turn }: AttemptOptions,
  context: BringContext,
  tally: Tally,
): Promise<void> {
  const { segments, partial } = work;
  const way = turn.candidate;
  let isStarted = false;
  /** Asked for a part, the URL gives everything. */
  let givesNoParts = false;
  const onStart = (answer: Answer) => {
    tally.accepted = true;
    givesNoParts = answer.end === undefined && answer.offset === 0 && partial.held.length > 0;
    if (!isStarted) tellStart(work, answer, context);
    isStarted = true;
  };
  const errand: Errand = {
    onBytes(bytes) {
      tally.received += bytes;
      helpers.support(way);
    },
    own: {
      validator,
      believes,
      // Beside others, a connection is as slow as they leave it.
      hurries: () => turn.hasElsewhere() && segments.active() === 1,
      turn,
      onStart,
      onOther() {
        tally.differs = true;
      },
    },
  };
  /** The next segment; what gives everything would only repeat what others bring, unless they no longer do. */
  const next = () => {
    const now = performance.now();
    const waits = givesNoParts && segments.active() > 0 && !segments.hasStraggler(now);
    return waits ? undefined : segments.take(1 + helpers.count(), now, context.hosts.latencyMs(way.host));
  };
  const leave = context.pace.own(way.host);
  // Connections take over from each other what is silent: that nobody brings a byte is seen here alone.
  const patienceMs = firstBytePatience(context.policy, work.size);
  let arrived = 0;
  let missing = Number.POSITIVE_INFINITY;
  let movedAt = performance.now();
  const mustMove = () => {
    const [arrivedBefore, missingBefore] = [arrived, missing];
    arrived = tally.received + helpers.received();
    // What comes out of an archive arrived before.
    missing = segments.missing();
    const moves = arrived > arrivedBefore || missing < missingBefore;
    if (moves || context.hosts.waitMs(way.host) > 0) movedAt = performance.now();
    if (performance.now() - movedAt <= patienceMs) return;
    const seconds = Math.round(patienceMs / 1000);
    throw new AssetsError("NETWORK", `${way.url} and whoever helps sent no byte for ${seconds} s.`, { retry: {} });
  };
  try {
    for (; ; mustMove()) {
      const segment = next();
      tally.accepted = false;
      if (segment !== undefined) await bring(work, way, segment, errand, context);
      else if (segments.active() > 0) await helpers.change();
      else {
        if (work.check === undefined) break;
        await work.check.settled();
        if (segments.missing() === 0) break;
      }
    }
    const { size } = work;
    if (size !== undefined && (partial.held.at(-1)?.end ?? 0) > size) {
      await work.restart("more was kept from before than the server sends", size);
    }
  } finally {
    leave();
  }
}

function tellStart({ wanted, partial, size }: Work, { url, unpacked }: Answer, { emit }: BringContext): void {
  const kind = unpacked === true ? "member" : wanted.kind;
  const received = bytesIn(partial.held);
  emit({ type: "transfer:start", path: wanted.label, kind, url, received, ...(size !== undefined && { size }) });
}

/** The digest of the whole, hex; where one is pinned it is that one. Throws DIGEST_MISMATCH. */
async function prove(work: Work, { url }: Way, signal: AbortSignal): Promise<string> {
  const { digest, byPointer = false } = work.wanted;
  const hex = await work.digest.value(signal);
  if (digest !== undefined) {
    if (hex !== digest.hex) throw mismatch(url, digest, hex, byPointer);
    return hex;
  }
  const contradiction = await work.contradiction(signal);
  if (contradiction !== undefined) throw mismatch(url, contradiction.stated, contradiction.found);
  return hex;
}

function mismatch(
  url: string,
  { algorithm, hex }: Digest | StatedDigest,
  found: string,
  byPointer = false,
): AssetsError {
  return new AssetsError("DIGEST_MISMATCH", `${url} sends other bytes: expected ${algorithm} ${hex}, found ${found}.`, {
    hint: byPointer
      ? "It is not what the pointer states. Where another checkout has it: ASSETS_REFERENCE=FOLDER assets lfs hydrate"
      : "The file was changed at its source, or the pin is wrong: compare it with what the publisher states.",
  });
}
