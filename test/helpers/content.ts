/** Bytes of a served file, made on demand so that a large one costs no memory. */
import { createCipheriv, createHash } from "node:crypto";

/** A file's bytes by position. */
export interface Content {
  readonly size: number;
  /** The bytes from `start` up to but not including `end`, cut to the size. */
  slice(start: number, end: number): Buffer;
}

/** How a test writes down a body: the bytes themselves, or a size and the seed they grow from. */
export type Body = Buffer | string | { size: number; seed: number } | Content;

const BLOCK = 16;
const STEP = 1 << 20;

/** The same `size` and `seed` give the same bytes in every process. The stream is that of AES in counter mode. */
export function seeded(size: number, seed: number): Content {
  const key = createHash("sha256").update(`seed ${seed}`).digest().subarray(0, BLOCK);
  return {
    size,
    slice(start, end) {
      const stop = Math.min(end, size);
      if (start >= stop) return Buffer.alloc(0);
      const counter = Buffer.alloc(BLOCK);
      counter.writeBigUInt64BE(BigInt(Math.floor(start / BLOCK)), 8);
      const skip = start % BLOCK;
      return createCipheriv("aes-128-ctr", key, counter)
        .update(Buffer.alloc(skip + stop - start))
        .subarray(skip);
    },
  };
}

/** Any {@link Body} by position. */
export function contentOf(body: Body): Content {
  if (typeof body === "string") return contentOf(Buffer.from(body));
  if (Buffer.isBuffer(body)) return { size: body.length, slice: (start, end) => body.subarray(start, end) };
  return "slice" in body ? body : seeded(body.size, body.seed);
}

/** All of a body in memory. */
export function bytesOf(body: Body): Buffer {
  const content = contentOf(body);
  return content.slice(0, content.size);
}

const known = new Map<string, string>();

/** SHA-256 of a body, hex. */
export function sha256Of(body: Body): string {
  if (typeof body === "string" || !("seed" in body)) return digestOf(contentOf(body));
  const name = `${body.size} ${body.seed}`;
  const digest = known.get(name) ?? digestOf(contentOf(body));
  known.set(name, digest);
  return digest;
}

function digestOf(content: Content): string {
  const hash = createHash("sha256");
  for (let at = 0; at < content.size; at += STEP) hash.update(content.slice(at, at + STEP));
  return hash.digest("hex");
}

/** The same size, other bytes: `change` is given each slice with its position. */
export function changed(content: Content, change: (slice: Buffer, start: number) => Buffer): Content {
  return { size: content.size, slice: (start, end) => change(content.slice(start, end), start) };
}

/** The content followed by `extra` bytes of its own kind. */
export function longer(content: Content, extra: number): Content {
  const tail = seeded(extra, 99);
  return {
    size: content.size + extra,
    slice: (start, end) =>
      Buffer.concat([
        content.slice(start, end),
        tail.slice(Math.max(0, start - content.size), Math.max(0, end - content.size)),
      ]),
  };
}
