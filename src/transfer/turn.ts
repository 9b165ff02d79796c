/** A turn of one of the places that a file may come from: what is known before it, what came of it. */
import type { AssetsError } from "../errors.js";
import type { Way } from "./connection.js";

/** One place that the bytes may come from. */
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
  /** The URLs that parts may come from. */
  readonly ways: readonly Way[];
  /** Whether no other URL is left to try; whether this one was tried before, and all others have failed since. */
  readonly last: boolean;
  readonly returned: boolean;
  /** Whether another URL, which need not be waited for, can go on with what is here. */
  hasElsewhere(): boolean;
  /** Whether the host of another URL that failed is hoped for. */
  isHopeful(): boolean;
  /** Whether it is to be asked for everything anew. */
  readonly restarted: boolean;
  /** How it failed before; kept up to date. */
  readonly past: Past;
}

/** How one candidate failed. */
export interface Past {
  /** It is not to be tried before this moment, by `performance.now`. */
  dueAt: number;
  /** Failures in a row that may pass and brought nothing new; when the first of those was that brought hardly anything. */
  failures: number;
  since: number;
  /** Whether it was asked for everything anew. */
  restarted: boolean;
}

/** How a candidate did. `final`: other candidates will not do better. `return`: it may, when they have failed. */
export type FromOne =
  | { ok: true; hex: string }
  | { ok: false; error: AssetsError; final: boolean; return?: "later" | "alone" | undefined };
