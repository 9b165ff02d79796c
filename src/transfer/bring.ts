/** One connection at work: waits for its host, asks a URL for a segment, and has what comes put into the partial. */
import { AssetsError } from "../errors.js";
import type { EventListener } from "../events.js";
import type { Located, Opened } from "../source/source.js";
import { type Hosts, hostOf } from "./hosts.js";
import type { Pace } from "./pace.js";
import { createPatience, type Patience, type PatiencePolicy } from "./patience.js";
import type { Lane } from "./pool.js";
import { pour } from "./pour.js";
import type { RateLimit } from "./rate-limit.js";
import type { RetryPolicy } from "./retry.js";
import type { Segment } from "./segments.js";
import type { Work } from "./work.js";

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
  /** The file's place among those that are fetched side by side. */
  readonly lane: Lane;
}

/** An answer, the URL that gave it as users may see it, and whether it is a member that came with its archive before. */
export type Answer = Opened & Pick<Located, "url" | "unpacked">;

/** What a connection is told beside its segment, and tells. */
export interface Errand {
  /** Told the bytes that arrived. */
  onBytes(bytes: number): void;
  /**
   * The connection is the file's own. Any other one takes nothing but the bytes that were asked for, of a file of the same
   * size.
   */
  readonly own?: OwnErrand;
}

/** What a file's own connection is told, and tells. */
export interface OwnErrand {
  /** Strong validator of the bytes of an unpinned file that are here. */
  readonly validator: string | undefined;
  /** Whether the least speed that users wish for counts at this moment. */
  hurries(): boolean;
  /** Whether an answer that starts over is believed where it differs, at this offset, from what is here. */
  believes(at: number): boolean;
  /** Told that such an answer differs from what is here, and is not believed. */
  onOther(): void;
  /** Told when a body is accepted, before its first byte is kept. */
  onStart(answer: Answer): void;
}

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
  let isTakenOver = false;
  segment.onTakenOver = () => {
    isTakenOver = true;
    patience.end();
  };
  try {
    await awaitHost(work, way, patience.signal, context);
    if (segment.at >= segment.end) return;
    const asked = performance.now();
    const answer = await open(work, way, segment, errand.own?.validator, patience);
    hosts.answered(hostOf(way.url), performance.now() - asked, answer.pauseMs);
    await pour(work, answer, way.url, segment, errand, patience, context);
  } catch (thrown) {
    if (isTakenOver && thrown instanceof AssetsError && thrown.code === "ABORTED") return;
    throw patience.reason() ?? thrown;
  } finally {
    patience.end();
  }
}

/** Waits until the host may be asked; a wait that people would notice is told. Throws the signal's reason. */
async function awaitHost(
  { wanted }: Work,
  { url }: Way,
  signal: AbortSignal,
  { hosts, emit, lane }: BringContext,
): Promise<void> {
  const host = hostOf(url);
  const delayMs = hosts.waitMs(host);
  if (delayMs === 0) return;
  if (delayMs > TOLD_MS) emit({ type: "transfer:pause", path: wanted.label, host, delayMs });
  await lane.rest(() => hosts.ready(host, signal));
}

async function open(
  { wanted, size }: Work,
  way: Way,
  segment: Segment,
  validator: string | undefined,
  { answer, signal }: Patience,
): Promise<Answer> {
  const located = await answer(way.locate(signal));
  const { open: openAt, url, unpacked } = located.member && way.unpack ? await way.unpack(located) : located;
  const isPart = size !== undefined && segment.end < size;
  const opened = await answer(
    openAt({
      offset: segment.at,
      ...(isPart && { end: segment.end }),
      ...(wanted.size !== undefined && { expectedSize: wanted.size }),
      ...(validator !== undefined && { validator }),
      signal,
    }),
  );
  return { ...opened, url, ...(unpacked && { unpacked }) };
}
