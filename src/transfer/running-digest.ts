/** The digests of a partial's bytes, kept up to date as it grows, so that each byte is hashed once. */
import { createHash, type Hash } from "node:crypto";
import type { Digest } from "../source/source.js";
import type { PartialFile } from "../store/partial.js";

/** The value of the pinned digest, and SHA-256 beside it where that is another. */
export interface RunningDigest {
  /** Adds bytes that were just appended to the partial. */
  update(chunk: Uint8Array): void;
  /** Reads what the partial holds beyond the bytes that were added already. Throws LOCAL_IO, the signal's reason. */
  catchUp(partial: PartialFile, signal: AbortSignal): Promise<void>;
  /** The digest in the pinned algorithm (SHA-256 when nothing is pinned), hex. */
  value(): string;
  sha256(): string;
  /** The partial was emptied. */
  reset(): void;
}

/** Makes the digest of an unread partial. */
export function createRunningDigest(algorithm: Digest["algorithm"] = "sha256"): RunningDigest {
  let bytes = 0;
  let own: Hash;
  let pinned: Hash;
  const reset = () => {
    bytes = 0;
    own = createHash("sha256");
    pinned = algorithm === "sha256" ? own : createHash(algorithm);
  };
  const update = (chunk: Uint8Array) => {
    bytes += chunk.length;
    own.update(chunk);
    if (pinned !== own) pinned.update(chunk);
  };
  reset();
  return {
    update,
    catchUp: (partial, signal) => partial.feed(update, signal, bytes),
    value: () => pinned.copy().digest("hex"),
    sha256: () => own.copy().digest("hex"),
    reset,
  };
}
