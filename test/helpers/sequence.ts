/** What may befall one download over several runs: drawn at random, written down, played again. */
import fc from "fast-check";
import type { TransferPolicy } from "../../src/transfer/fetch-file.js";
import { bytesOf, seeded } from "./content.js";
import { type FaultName, faults } from "./faults.js";
import { SHORT_PATIENCE } from "./run.js";

/** Everything that a policy leaves out is impatient; a sequence draws one of them. */
export const POLICIES: Partial<TransferPolicy>[] = [
  { ...SHORT_PATIENCE, slowTimeoutMs: 50, retries: 2, maxRetryAfterMs: 0 },
  { ...SHORT_PATIENCE, slowTimeoutMs: 50, retries: 0, maxRetryAfterMs: 0 },
];

/** Added where a server is slow, so that several connections pay for a file of a test. */
export const SEVERAL: Partial<TransferPolicy> = { leastSegmentBytes: 16 * 1024, connections: 8 };
/** How slow: bytes a second that each connection gets. */
export const SLOW_PACE = 500_000;
/** A file is so much longer there: small ones come over one connection. */
const SLOW_BYTES = 300_000;

/** Bytes of an interrupted download as they may be found, told from those of the file. */
const LEFT = {
  nothing: () => undefined,
  beginning: (body: Buffer, at: number) => body.subarray(0, at),
  "all of it": (body: Buffer) => body,
  "too much": (body: Buffer, at: number) => Buffer.concat([body, body.subarray(0, at + 1)]),
  "zeros at its end": (body: Buffer, at: number) =>
    Buffer.concat([body.subarray(0, at), Buffer.alloc(body.length - at)]),
  garbage: (body: Buffer, at: number) => bytesOf(seeded(at, body.length)),
  "another file": (body: Buffer) => bytesOf(seeded(body.length, 4711)),
  "nothing in it": () => Buffer.alloc(0),
} satisfies Record<string, (body: Buffer, at: number) => Buffer | undefined>;

/** Notes beside such bytes, true or not. `size` is that of the file, `etag` that of its first URL. */
const NOTES = {
  none: () => undefined,
  empty: () => "",
  cut: () => '{"valid',
  "of this version": (_, etag) => JSON.stringify({ validator: etag }),
  "of another version": () => JSON.stringify({ validator: '"another"' }),
  "of no sense": (size) => JSON.stringify({ validator: size, ranges: [[-5, 1e99], ["a"]], size: -1 }),
  "that is a list": (size) => JSON.stringify([[0, size]]),
} satisfies Record<string, (size: number, etag: string) => string | undefined>;

/** What stands under the file's name before the first run. */
const STANDING = ["nothing", "a user's file", "a Git LFS pointer", "the file"] as const;

function nameIn<T extends object>(table: T): fc.Arbitrary<keyof T & string> {
  return fc.constantFrom(...(Object.keys(table) as (keyof T & string)[]));
}

/** Mostly the first of two. */
function mostly<T, U>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

/** What is put in the place of a partial; `share`: how far into the file it is special. */
const leftover = fc.record({
  bytes: nameIn(LEFT),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  note: nameIn(NOTES),
});

/** One run: stopped after so many events, or never; then perhaps its partial is exchanged. */
const interrupted = fc.record({ stopAfter: fc.nat(12), leaves: mostly(fc.constant(undefined), leftover) });

/** A sequence: one file with its URLs, what is there before, and the runs that are stopped before the last. */
const any = fc.record({
  size: mostly(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 100_000, max: 300_000 })),
  pin: mostly(fc.constant("all" as const), fc.constantFrom("sha256", "size", "none" as const)),
  /** For each URL its faults, each used up by one request. */
  urls: fc.array(fc.array(nameIn(faults), { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  standing: mostly(fc.constant(STANDING[0]), fc.constantFrom(...STANDING)),
  before: mostly(fc.constant(undefined), leftover),
  runs: fc.array(interrupted, { maxLength: 2 }),
  policy: fc.nat(POLICIES.length - 1),
  /** The servers are slow, and the file comes over several connections. */
  slow: fc.nat(7).map((nth) => nth === 0),
});
export const sequence = any.map((drawn) => (drawn.slow ? { ...drawn, size: drawn.size + SLOW_BYTES } : drawn));
export type Sequence = typeof sequence extends fc.Arbitrary<infer T> ? T : never;
type Leftover = NonNullable<Sequence["before"]>;

/** The bytes and the note of a leftover. */
export function leftOf(
  { bytes, share, note }: Leftover,
  body: Buffer,
  etag: string,
): { bytes?: Buffer; note?: string } {
  const left = LEFT[bytes](body, Math.floor(share * body.length));
  const text = NOTES[note](body.length, etag);
  return { ...(left && { bytes: left }), ...(text !== undefined && { note: text }) };
}

/** The faults of a URL that make sense for a file of this kind: without a pinned size only the disk ends an endless body. */
export function faultsOf({ pin }: Sequence, names: FaultName[]): FaultName[] {
  return pin === "all" || pin === "size" ? names : names.filter((name) => name !== "endless body");
}
