/** Speeds, and the time they leave. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rate, timeLeft } from "../../src/report/rate.js";

describe("the speed", () => {
  it("is unknown for the first half second, so that a burst does not become a promise", () => {
    const rate = new Rate(1000);
    rate.add(1001, 50_000_000);
    expect(rate.speed(1499)).toBeUndefined();
    expect(rate.speed(1500)).toBe(100_000_000);
  });

  it("of a steady stream is that stream's", () => {
    const rate = new Rate(0);
    for (let now = 100; now <= 30_000; now += 100) rate.add(now, 1000);
    expect(rate.speed(30_000)).toBeGreaterThan(9_700);
    expect(rate.speed(30_000)).toBeLessThan(10_300);
  });

  it("follows a change within ten seconds", () => {
    const rate = new Rate(0);
    for (let now = 100; now <= 20_000; now += 100) rate.add(now, 10_000);
    for (let now = 20_100; now <= 31_000; now += 100) rate.add(now, 1000);
    expect(rate.speed(31_000)).toBeLessThan(10_500);
  });

  it("falls to nothing when nothing comes", () => {
    const rate = new Rate(0);
    rate.add(100, 1_000_000);
    expect(rate.speed(5000)).toBe(200_000);
    expect(rate.speed(20_000)).toBe(0);
  });

  it("counts the time before the first byte", () => {
    const rate = new Rate(0);
    rate.add(4000, 4000);
    expect(rate.speed(4000)).toBe(1000);
  });

  it("is a number that is not negative, whatever comes when", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: -1000, max: 1e9 })));
    fc.assert(
      fc.property(steps, (events) => {
        const rate = new Rate(0);
        let now = 0;
        for (const [wait, bytes] of events) {
          now += wait;
          rate.add(now, bytes);
          const speed = rate.speed(now) ?? 0;
          expect(Number.isFinite(speed)).toBe(true);
          expect(speed).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe("the time left", () => {
  it.each([
    [1000, 500, 2000],
    [0, undefined, 0],
    [-5, 10, 0],
    [1000, undefined, undefined],
    [1000, 0, undefined],
    [1e15, 1, undefined],
  ])("for %s bytes at %s B/s is %s ms", (remaining, speed, ms) => {
    expect(timeLeft(remaining, speed)).toBe(ms);
  });
});
