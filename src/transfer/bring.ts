/** One connection at work: waits for its host, asks a URL for a segment, and has what comes put into the partial. */
import { AssetsError } from "../errors.js";
import type { Located, Opened, OpenOptions } from "../source/source.js";
import type { Answer, Asking, BringContext, Errand } from "./connection.js";
import type { Passed } from "./gate.js";
import { createPatience } from "./patience.js";
import { pour } from "./pour.js";
import { LONG_WAIT_MS } from "./retry.js";
import type { Segment } from "./segments.js";
import type { Way } from "./turn.js";
import type { Work } from "./work.js";

/** A wait for a host that is longer than this is told, in milliseconds. */
const TOLD_MS = 1_000;

/**
 * Answers when the segment is here, or another connection took it over. Throws an AssetsError; what came is kept, what did
 * not is missing again. A request that its host leaves without an answer, whereas it answers others soon, is made again;
 * `timesBefore`: how often it was so far.
 */
export async function bring(
  work: Work,
  way: Way,
  segment: Segment,
  errand: Errand,
  context: BringContext,
  timesBefore = 0,
): Promise<void> {
  const { hosts, policy } = context;
  // A proxy that buffers does so with the whole file, however little of it was asked for.
  const patience = createPatience(way.url, context.signal, policy, { size: work.size, hurries: errand.own?.hurries });
  const asking: Asking = { way, segment, errand, patience, timesBefore };
  /** Ends what the host is told of this request. */
  let settle = () => {};
  let isTakenOver = false;
  let isLeftOut = false;
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
      const opened = await patience.answer(member.open(requestOf(work, asking)));
      return await pour(work, asking, answerOf(opened, member), context);
    }
    const onAnswer = ({ pauseMs }: Opened) => {
      hosts.answered(way.host, performance.now() - asked, pauseMs);
      const settleAnswer = settle;
      settle = hosts.gives(way.host);
      settleAnswer();
    };
    /** There may be one connection too many, or it may be dead. */
    const leaveOut = () => {
      isLeftOut = errand.own !== undefined && hosts.leftOut(way.host, asked, timesBefore);
      if (isLeftOut) patience.end();
      return isLeftOut;
    };
    const opened = await openOrRest(located, requestOf(work, asking), asking, { onAnswer, leaveOut }, context);
    await pour(work, asking, answerOf(opened, located), context);
    if (!isTakenOver) hosts.served(way.host, asked);
  } catch (thrown) {
    const isGivenUp = (isTakenOver || isLeftOut) && thrown instanceof AssetsError && thrown.code === "ABORTED";
    if (!isGivenUp) {
      isLeftOut = false;
      throw patience.reason() ?? thrown;
    }
  } finally {
    settle();
    patience.release();
    if (!isLeftOut) segment.release();
  }
  // Once there is room: over a connection that gave something to others.
  if (isLeftOut) await bring(work, way, segment, errand, context, timesBefore + 1);
}

/**
 * Waits until the host may be asked, most often for nothing, and answers what is to be called when it was; a wait that
 * people would notice is told. Throws the signal's reason, and NETWORK when the host is not worth it: it turns out to be
 * away and another can be asked, or many have waited for it in vain.
 */
function awaitHost(work: Work, asking: Asking, context: BringContext): Passed | Promise<Passed> {
  const { host } = asking.way;
  const delayMs = context.hosts.waitMs(host);
  return delayMs === 0 ? context.hosts.pass(host, asking.patience.signal) : standInLine(delayMs, work, asking, context);
}

async function standInLine(
  delayMs: number,
  { wanted }: Work,
  { way: { url, host }, errand, patience: { signal }, timesBefore }: Asking,
  { hosts, emit, lane }: BringContext,
): Promise<Passed> {
  const turn = errand.own?.turn;
  const isGone = () => hosts.standing(host).gone && turn?.isHopeful() !== true;
  const gaveUp = () => isGone() || (hosts.isAvoided(host) && turn?.hasElsewhere() === true);
  if (delayMs > TOLD_MS) emit({ type: "transfer:pause", path: wanted.label, host, delayMs });
  // What the host may never answer waits behind what it was not asked for yet.
  const failures = (turn?.past.failures ?? 0) + timesBefore;
  const settle = await lane.rest(async () => hosts.pass(host, signal, { failures, gaveUp }));
  const last = hosts.lastFailure(host);
  if (!gaveUp() || last === undefined) return settle;
  settle();
  const failed = `${host} failed ${hosts.standing(host).failures} times in a row, at last like this: ${last.message}`;
  throw new AssetsError("NETWORK", `${url} was not waited for: ${failed}`, {
    hint: last.hint,
    retry: { unasked: true },
  });
}

/** Waits for an answer: where it is long in coming, at rest, as other hosts may answer sooner. Throws what the source throws. */
async function openOrRest(
  { open }: Located,
  request: OpenOptions,
  { way: { host }, patience, timesBefore }: Asking,
  { onAnswer, leaveOut }: { onAnswer(opened: Opened): void; leaveOut(): boolean },
  { hosts, lane }: BringContext,
): Promise<Opened> {
  let rest: Promise<void> | undefined;
  const answer = patience.answer(
    open(request),
    () => {
      if (leaveOut()) return;
      const heard = hosts.keepsWaiting(host);
      rest = lane.rest(() => answer.then(heard, heard));
    },
    LONG_WAIT_MS * 2 ** timesBefore,
  );
  try {
    const opened = await answer;
    onAnswer(opened);
    return opened;
  } finally {
    if (rest !== undefined) await rest;
  }
}

function requestOf({ wanted, size }: Work, { segment, errand, patience: { signal } }: Asking): OpenOptions {
  // Of a file of unknown size as well, what is here already is not asked for.
  const isPart = segment.end < (size ?? Number.MAX_SAFE_INTEGER);
  return {
    offset: segment.at,
    end: isPart ? segment.end : undefined,
    expectedSize: wanted.size,
    validator: errand.own?.validator,
    signal,
  };
}

function answerOf(opened: Opened, { url, unpacked }: Located): Answer {
  return Object.assign(opened, { url, unpacked });
}
