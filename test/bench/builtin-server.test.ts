/** The parts of the bench's own server that decide what is sent, and when. */
import { describe, expect, it } from "vitest";
import { createPacer } from "../../bench/pacer.js";
import { rangeOf } from "../../bench/range.js";

describe("the bench's own server", () => {
  it.each([
    [undefined, "whole"],
    ["bytes=0-9", { start: 0, end: 9 }],
    ["bytes=90-", { start: 90, end: 99 }],
    ["bytes=90-200", { start: 90, end: 99 }],
    ["bytes=-10", { start: 90, end: 99 }],
    ["bytes=-200", { start: 0, end: 99 }],
    ["bytes=100-", "none"],
    ["bytes=-0", "none"],
    ["bytes=9-0", "whole"],
    ["bytes=0-1,4-5", "whole"],
    ["lines=0-9", "whole"],
  ] as const)("answers the range %j of 100 bytes as RFC 9110 has it", (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range);
  });

  it("gives several askers together no more than its rate", async () => {
    const started = performance.now();
    const pace = createPacer(1_000_000);
    await Promise.all([pace(50_000), pace(50_000)]);
    expect(performance.now() - started).toBeGreaterThan(90);
  });

  it("gives what was not used no more than a short burst", async () => {
    let now = 0;
    const pace = createPacer(1_000, () => now);
    now = 60;
    await pace(15);
    const started = performance.now();
    await pace(100);
    // 20 ms are granted, and timers may fire a little early.
    expect(performance.now() - started).toBeGreaterThan(90);
  });
});
