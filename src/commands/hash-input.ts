/** The digest of bytes that arrive in order and end somewhere, such as standard input. */
import { createHash } from "node:crypto";
import { AssetsError } from "../errors.js";
import { POINTER_SIZE_LIMIT } from "../lfs-pointer.js";

/** Most that is kept in memory of what has to be counted before it can be hashed, in bytes. */
const MOST_KEPT = 256 * 2 ** 20;

/** What came. */
export interface InputDigest {
  hex: string;
  size: number;
  /** All of it, where it may be a Git LFS pointer by its size. */
  small?: Uint8Array;
}

/**
 * `algorithm`: as Node names it, or `git-blob`, which begins with the number of bytes (git-hash-object(1)) and so keeps
 * them until the last has come. Throws USAGE for more than 256 MiB of these; what the input throws.
 */
export async function hashInput(input: AsyncIterable<Uint8Array>, algorithm: string): Promise<InputDigest> {
  const isBlob = algorithm === "git-blob";
  const hash = createHash(isBlob ? "sha1" : algorithm);
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input) {
    if (isBlob || size < POINTER_SIZE_LIMIT) kept.push(chunk);
    size += chunk.length;
    if (!isBlob) hash.update(chunk);
    else if (size > MOST_KEPT) {
      throw new AssetsError("USAGE", "More than 256 MiB of standard input cannot be hashed as git does.", {
        hint: "git's id begins with the size, which is known of a file: name one.",
      });
    }
  }
  if (isBlob) {
    hash.update(`blob ${size}\0`);
    for (const chunk of kept) hash.update(chunk);
  }
  return { hex: hash.digest("hex"), size, ...(size < POINTER_SIZE_LIMIT && { small: Buffer.concat(kept) }) };
}
