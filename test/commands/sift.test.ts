/** Which of many changes can be written. */
import { describe, expect, it } from "vitest";
import { sift } from "../../src/commands/sift.js";
import { AssetsError } from "../../src/errors.js";

const numbers = Array.from({ length: 1_000 }, (_, index) => index);

describe("of many changes", () => {
  it("all but the wrong ones are kept, in their order, and each wrong one is told its own flaw", () => {
    const wrong = [0, 499, 500, 999];
    const { kept, refused } = sift(numbers, (some) => {
      const found = some.find((each) => wrong.includes(each));
      return found === undefined ? undefined : new AssetsError("USAGE", `not ${found}`);
    });
    expect(kept).toEqual(numbers.filter((each) => !wrong.includes(each)));
    expect([...refused].map(([item, { message }]) => [item, message])).toEqual(
      wrong.map((each) => [each, `not ${each}`]),
    );
  });

  it("the second of two that cannot stand beside each other is refused", () => {
    const flawOf = (some: readonly string[]) =>
      new Set(some).size < some.length ? new AssetsError("USAGE", "twice") : undefined;
    const { kept, refused } = sift(
      ["a", "b", "a2"].map((each) => each.slice(0, 1)),
      flawOf,
    );
    expect([kept, refused.size]).toEqual([["a", "b"], 1]);
  });

  it("not every one is tried where all are wrong", () => {
    let trials = 0;
    const { kept, refused } = sift(numbers, () => {
      trials++;
      return new AssetsError("USAGE", "no");
    });
    expect([kept.length, refused.size]).toEqual([0, 1_000]);
    expect(trials).toBeLessThanOrEqual(100);
  });
});
