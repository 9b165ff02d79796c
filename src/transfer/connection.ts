/** What a connection that brings bytes works with, is told, and tells. */
import type { EventListener } from "../events.js";
import type { Located, Opened } from "../source/source.js";
import type { Hosts } from "./hosts.js";
import type { Pace } from "./pace.js";
import type { Patience, PatiencePolicy } from "./patience.js";
import type { Lane } from "./pool.js";
import type { RateLimit } from "./rate-limit.js";
import type { RetryPolicy } from "./retry.js";
import type { Segment } from "./segments.js";
import type { Turn, Way } from "./turn.js";

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
  /** The turn that it is part of. */
  readonly turn: Turn;
  /** Whether the least speed that users wish for counts at this moment. */
  hurries(): boolean;
  /** Whether an answer that starts over is believed where it differs, at this offset, from what is here. */
  believes(at: number): boolean;
  /** Told that such an answer differs from what is here, and is not believed. */
  onOther(): void;
  /** Told when a body is accepted, before its first byte is kept. */
  onStart(answer: Answer): void;
}

/** One request under way: whom it asks, for which bytes, on whose behalf, and how long it is waited for. */
export interface Asking {
  readonly way: Way;
  readonly segment: Segment;
  readonly errand: Errand;
  readonly patience: Patience;
  /** How often it was made before, and left without an answer. */
  readonly timesBefore: number;
}
