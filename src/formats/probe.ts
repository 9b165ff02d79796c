/** What a look at a file shows of it, and what those who judge by it may answer. */

/** The two ends of a file. They overlap where it is short. */
export interface Probe {
  /** Bytes of the whole file, at least one. */
  readonly size: number;
  /** Its first bytes: {@link HEAD_BYTES}, or as many as it has, or as many as were asked for. */
  readonly head: Buffer;
  /** Its last bytes: {@link TAIL_BYTES}, or as many as it has, or as many as were asked for. */
  readonly tail: Buffer;
}

/** A wish to see more: so many bytes in all of the head, or of the tail. */
export interface More {
  readonly head?: number;
  readonly tail?: number;
}

/**
 * Judges whether a file is what its name says. Answers what speaks against it, in words that can follow the file's name
 * and a colon; undefined when nothing does; {@link More} to be asked again with that much to see, or the whole file.
 */
export type Judge = (probe: Probe) => string | More | undefined;

export const HEAD_BYTES = 4096;
export const TAIL_BYTES = 64;

/** Whether a head begins with these bytes: a text of latin-1. */
export function begins(head: Buffer, magic: string, at = 0): boolean {
  return head.length >= at + magic.length && head.toString("latin1", at, at + magic.length) === magic;
}

/** What speaks against a file that is too short. */
export function cutOff(missing: number | bigint | string, of: string): string {
  return `${missing} ${Number(missing) === 1 ? `byte ${of} is` : `bytes ${of} are`} missing: it is cut off`;
}

/** An unsigned 64-bit number, little-endian; infinity beyond what numbers count exactly. */
export function uint64(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
}
