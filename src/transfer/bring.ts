/** One connection at work: waits for its host, asks a URL for a segment, and has what comes put into the partial. */
import { AssetsError } from "../errors.js";
import type { Located, Opened } from "../source/source.js";
import type { Answer, Asking, BringContext, Errand } from "./connection.js";
import { createPatience } from "./patience.js";
import { pour } from "./pour.js";
import type { Segment } from "./segments.js";
import type { Way } from "./turn.js";
import type { Work } from "./work.js";

/** A wait for a host that is longer than this is told, in milliseconds. */
const TOLD_MS = 1_000;

/** Answers when the segment is here, or another connection took it over. Throws an AssetsError; what came is kept. */
export async function bring(
  work: Work,
  way: Way,
  segment: Segment,
  errand: Errand,
  context: BringContext,
): Promise<void> {
  const { hosts, policy } = context;
  // A proxy that buffers does so with the whole file, however little of it was asked for.
  const patience = createPatience(way.url, context.signal, policy, { size: work.size, hurries: errand.own?.hurries });
  const asking: Asking = { way, segment, errand, patience };
  /** Ends what the host is told of this request. */
  let settle = () => {};
  let isTakenOver = false;
  segment.onTakenOver = () => {
    isTakenOver = true;
    patience.end();
  };
  try {
    settle = await awaitHost(work, asking, context);
    if (segment.at >= segment.end) return;
    work.check?.mustBeTrusted(way.url);
    if (way.prepare !== undefined) await way.prepare();
    const asked = performance.now();
    const located = await patience.answer(way.locate(patience.signal));
    if (located.member !== undefined && way.unpack !== undefined) {
      // What the host does is seen where the archive is fetched.
      settle();
      const member = await way.unpack(located, context.lane);
      return await pour(work, asking, await open(work, asking, member), context);
    }
    const answer = await orResting(way.host, context, (onLong) => {
      const onAnswer = ({ pauseMs }: Opened) => {
        hosts.answered(way.host, performance.now() - asked, pauseMs);
        settle();
        settle = hosts.gives(way.host);
      };
      return open(work, asking, located, { onAnswer, onLong });
    });
    await pour(work, asking, answer, context);
    if (!isTakenOver) hosts.served(way.host, asked);
  } catch (thrown) {
    if (isTakenOver && thrown instanceof AssetsError && thrown.code === "ABORTED") return;
    throw patience.reason() ?? thrown;
  } finally {
    settle();
    patience.end();
  }
}

/**
 * Waits until the host may be asked, and answers what is to be called when it was; a wait that people would notice is
 * told. Throws the signal's reason, and NETWORK when the host is not worth it: it turns out to be away and another can be
 * asked, or many have waited for it in vain.
 */
async function awaitHost(
  { wanted }: Work,
  { way: { url, host }, errand, patience: { signal } }: Asking,
  { hosts, emit, lane }: BringContext,
): Promise<() => void> {
  const turn = errand.own?.turn;
  const isGone = () => hosts.standing(host).gone && turn?.isHopeful() !== true;
  const gaveUp = () => isGone() || (hosts.isAvoided(host) && turn?.hasElsewhere() === true);
  const delayMs = hosts.waitMs(host);
  if (delayMs === 0) return hosts.pass(host, signal);
  if (delayMs > TOLD_MS) emit({ type: "transfer:pause", path: wanted.label, host, delayMs });
  const settle = await lane.rest(() => hosts.pass(host, signal, { failures: turn?.past.failures, gaveUp }));
  const last = hosts.lastFailure(host);
  if (!gaveUp() || last === undefined) return settle;
  settle();
  const failed = `${host} failed ${hosts.standing(host).failures} times in a row, at last like this: ${last.message}`;
  throw new AssetsError("NETWORK", `${url} was not waited for: ${failed}`, {
    hint: last.hint,
    retry: { unasked: true },
  });
}

/** Waits for an answer: where it is long in coming, at rest, as other hosts may answer sooner. Throws what it throws. */
async function orResting<T>(
  host: string,
  { hosts, lane }: BringContext,
  ask: (onLong: () => void) => Promise<T>,
): Promise<T> {
  let rest: Promise<void> | undefined;
  const answer = ask(() => {
    const heard = hosts.keepsWaiting(host);
    rest = lane.rest(() => answer.then(heard, heard));
  });
  try {
    return await answer;
  } finally {
    if (rest !== undefined) await rest;
  }
}

/** Told of an answer: that it came, that it takes long. */
interface AnswerListener {
  onAnswer?(opened: Opened): void;
  onLong?(): void;
}

async function open(
  { wanted, size }: Work,
  { segment, errand, patience }: Asking,
  { open: openAt, url, unpacked }: Located,
  { onAnswer, onLong }: AnswerListener = {},
): Promise<Answer> {
  const { signal } = patience;
  // Of a file of unknown size as well, what is here already is not asked for.
  const isPart = segment.end < (size ?? Number.MAX_SAFE_INTEGER);
  const opened = await patience.answer(
    openAt({
      offset: segment.at,
      end: isPart ? segment.end : undefined,
      expectedSize: wanted.size,
      validator: errand.own?.validator,
      signal,
    }),
    onLong,
  );
  onAnswer?.(opened);
  return Object.assign(opened, { url, unpacked });
}
