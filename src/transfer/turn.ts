/** The places that a file may come from, and their turns: what is known before one, what came of it. */
import type { AssetsError } from "../errors.js";
import type { Located } from "../source/source.js";
import type { Lane } from "./pool.js";

/** Where bytes may come from. */
export interface Way {
  /** As users may see it: without credentials. */
  readonly url: string;
  /** The host that is asked; see `hostOf`. */
  readonly host: string;
  /** What has to be done before the URL can lead anywhere: in its own time. */
  prepare?(): Promise<void>;
  /** Finds out where the URL leads. Throws, or rejects with, an AssetsError. */
  locate(signal: AbortSignal): Located | Promise<Located>;
  /** Takes a member out of its archive, which may have to be fetched first: in its own time, or resting. */
  unpack?(located: Located, lane: Lane): Promise<Located>;
}

/** One place that all of a file may come from. */
export interface Candidate extends Way {
  /** The partial that its bytes go into: one for all candidates of a pinned file, one each without a pin. */
  readonly partial: string;
  /** Whether parts of the file may come from here while others come from elsewhere. */
  readonly divisible: boolean;
  /** Where to ask instead, told by how it failed. Default: nowhere. */
  instead?(error: AssetsError): Candidate[];
}

/** Whom to try. */
export interface Turn {
  readonly candidate: Candidate;
  /** How it did before; kept up to date. */
  readonly past: Past;
  /** The URLs that parts may come from. */
  readonly ways: readonly Way[];
  /** Whether no other candidate is left. */
  readonly last: boolean;
  /** Whether another one, which need not be waited for, can go on with what is here. */
  hasElsewhere(): boolean;
  /** Whether the host of another one is hoped for. */
  isHopeful(): boolean;
}

/** New bytes that make failures count as progress: however often it fails, what gives as many is worth asking. */
const PROGRESS_BYTES = 64 * 1024;

/** How one candidate did, over all of its turns. */
export class Past {
  turns = 0;
  /** It is not to be tried before this moment, by `performance.now`. */
  dueAt = 0;
  /** Failures in a row without progress in between, and when the first of them was. */
  failures = 0;
  since = 0;
  /** It is asked over one connection: what several brought may have been mangled on the way. */
  alone = false;
  /** How many bytes were here when it last made progress, and how many it has brought since. */
  #mark = 0;
  #brought = 0;

  /** Whether it has its turn once more, since all others have failed. */
  get returned(): boolean {
    return this.turns > 1;
  }

  /** Progress is what it brings beyond as many bytes. */
  goesOnFrom(held: number): void {
    this.#mark = held;
    this.#brought = 0;
  }

  /** It failed at this moment, and brought so much in this attempt. Answers its progress in bytes; 0 for hardly any. */
  failed(now: number, held: number, received: number): number {
    this.#brought += received;
    // What others brought is no progress of its own.
    const gained = Math.min(held - this.#mark, this.#brought);
    const hasProgress = gained >= PROGRESS_BYTES;
    if (hasProgress) {
      this.goesOnFrom(held);
      this.failures = 0;
    }
    if (this.failures === 0) this.since = now;
    return hasProgress ? gained : 0;
  }
}

/** How a candidate did. `final`: no other one will do better. `returns`: it may, when they have failed. */
export type FromOne = { ok: true; hex: string } | { ok: false; error: AssetsError; final: boolean; returns: boolean };
