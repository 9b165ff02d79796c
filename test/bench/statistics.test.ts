/** The numbers of the bench. */
import { describe, expect, it } from "vitest";
import { isHeld, pairedRatios, spread } from "../../bench/statistics.js";

describe("the bench's statistics", () => {
  it.each([
    [[3, 1, 2], { median: 2, min: 1, max: 3 }],
    [[4, 1, 3, 2], { median: 2.5, min: 1, max: 4 }],
    [[7], { median: 7, min: 7, max: 7 }],
  ])("takes the middle and the ends of %j", (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });

  it("has no median of nothing", () => {
    expect(() => spread([])).toThrow("no median");
  });

  it("compares runs of one round, so that a slow minute of the machine changes no ratio", () => {
    expect(pairedRatios([1, 10, 1], [2, 20, 2])).toEqual({ median: 0.5, min: 0.5, max: 0.5 });
  });

  it("refuses to pair runs that have no partner", () => {
    expect(() => pairedRatios([1, 2], [1])).toThrow("2 runs cannot be paired with 1");
  });

  it.each([
    [1.254, 1.25, true],
    [1.256, 1.25, false],
    [0.1, 0.11, true],
  ])("judges the ratio %d against %d as it is printed", (ratio, atMost, held) => {
    expect(isHeld(ratio, atMost)).toBe(held);
  });
});
