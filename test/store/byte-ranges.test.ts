/** Sets of byte ranges, held against plain sets of numbers. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ByteRange,
  type ByteRanges,
  bytesIn,
  frontOf,
  gapsOf,
  readRanges,
  toPairs,
  withoutRange,
  withRange,
} from "../../src/store/byte-ranges.js";

/** The model is a plain set of the bytes of a small file. */
const SIZE = 48;
const edge = fc.nat(SIZE);
const change = fc.record({ add: fc.boolean(), start: edge, end: edge });

function each({ start, end }: ByteRange): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, at) => start + at);
}

function bytesOf(ranges: ByteRanges): number[] {
  return ranges.flatMap(each);
}

/** Whether ranges ascend, hold something each, and neither overlap nor touch. */
function isProper(ranges: ByteRanges): boolean {
  return ranges.every(({ start, end }, at) => start < end && start > (ranges[at - 1]?.end ?? -1));
}

function applied(changes: readonly { add: boolean; start: number; end: number }[]) {
  const model = new Set<number>();
  let ranges: ByteRanges = [];
  for (const { add, start, end } of changes) {
    ranges = add ? withRange(ranges, { start, end }) : withoutRange(ranges, { start, end });
    for (const byte of each({ start, end })) add ? model.add(byte) : model.delete(byte);
  }
  return { ranges, model: [...model].sort((a, b) => a - b) };
}

describe("a set of byte ranges", () => {
  it("holds just the bytes that were added and not taken out since, in as few ranges as possible", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const { ranges, model } = applied(changes);
        expect(bytesOf(ranges)).toEqual(model);
        expect(isProper(ranges)).toBe(true);
        expect(bytesIn(ranges)).toBe(model.length);
      }),
    );
  });

  it("and its gaps make up the whole file, with nothing in both", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.nat(SIZE), (changes, size) => {
        const { ranges, model } = applied(changes);
        const gaps = gapsOf(ranges, size);
        const missing = each({ start: 0, end: size }).filter((byte) => !model.includes(byte));
        expect([bytesOf(gaps), isProper(gaps)]).toEqual([missing, true]);
      }),
    );
  });

  it("has a front that ends at the first byte that is not there", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const { ranges, model } = applied(changes);
        expect(frontOf(ranges)).toBe(each({ start: 0, end: SIZE + 1 }).find((byte) => !model.includes(byte)));
      }),
    );
  });

  it("is never changed in place", () => {
    const ranges = Object.freeze([Object.freeze({ start: 2, end: 5 })]);
    withRange(ranges, { start: 5, end: 9 });
    withoutRange(ranges, { start: 3, end: 4 });
    expect(ranges).toEqual([{ start: 2, end: 5 }]);
  });
});

describe("a written set", () => {
  it("is read back as it was, but for what lies beyond the file", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.nat(SIZE), (changes, size) => {
        const { ranges, model } = applied(changes);
        const read = readRanges(JSON.parse(JSON.stringify(toPairs(ranges))), size);
        expect(bytesOf(read ?? [])).toEqual(model.filter((byte) => byte < size));
      }),
    );
  });

  it.each<[string, unknown]>([
    ["no list", { 0: [0, 5] }],
    ["nothing", null],
    ["a text", "[[0,5]]"],
    ["ranges that are no pairs", [[0, 5, 9]]],
    ["a range without an end", [[0]]],
    ["ranges in another form", [{ start: 0, end: 5 }]],
    ["texts for numbers", [["0", "5"]]],
    ["fractions", [[0, 4.5]]],
    ["no number", [[0, Number.NaN]]],
    ["null, as JSON writes it", [[0, null]]],
    ["no end", [[0, Number.POSITIVE_INFINITY]]],
    ["a number too large to be exact", [[0, 2 ** 53]]],
    ["a negative start", [[-1, 5]]],
    ["a range that ends before it starts", [[5, 2]]],
    ["an empty range", [[5, 5]]],
    [
      "ranges out of order",
      [
        [6, 9],
        [0, 3],
      ],
    ],
    [
      "ranges that overlap",
      [
        [0, 5],
        [4, 9],
      ],
    ],
    [
      "ranges that touch",
      [
        [0, 5],
        [5, 9],
      ],
    ],
    [
      "one bad range behind a good one",
      [
        [0, 5],
        [7, "9"],
      ],
    ],
    ["very many ranges", Array.from({ length: 5_000 }, (_, n) => [n * 2, n * 2 + 1])],
  ])("of %s is none", (_, data) => {
    expect(readRanges(data, 100)).toBeUndefined();
  });

  it("of whatever data is either none, or one that stays within the file", () => {
    const data = fc.oneof(fc.jsonValue(), fc.array(fc.tuple(fc.maxSafeInteger(), fc.maxSafeInteger())));
    fc.assert(
      fc.property(data, fc.nat(), (junk, size) => {
        const read = readRanges(junk, size) ?? [];
        expect(isProper(read) && read.every(({ start, end }) => start >= 0 && end <= size)).toBe(true);
      }),
    );
  });
});
