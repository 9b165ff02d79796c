/** Memory that serves again. */
import { describe, expect, it } from "vitest";
import { createMemoryPool } from "../src/memory-pool.js";

describe("a pool of memory", () => {
  it("gives a piece that came back to the next who asks, and keeps no more than it was told", () => {
    const pool = createMemoryPool(16, 1);
    const [one, other] = [pool.take(), pool.take()];
    expect([one.length, other.length, one === other]).toEqual([16, 16, false]);
    pool.give(one);
    pool.give(other);
    expect(pool.take()).toBe(one);
    expect(pool.take()).not.toBe(other);
  });
});
