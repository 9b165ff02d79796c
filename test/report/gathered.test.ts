/** Lines that come in quick succession. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gathered } from "../../src/report/gathered.js";

describe("lines", () => {
  const written: string[] = [];
  const lines = () => gathered((text) => written.push(text));

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    written.length = 0;
  });

  it("are written at once when they come one by one", () => {
    const { write } = lines();
    for (const text of ["a\n", "b\n"]) {
      write(text);
      expect(written.at(-1)).toBe(text);
      vi.advanceTimersByTime(1_000);
    }
  });

  it("are written together, in order and soon, when one follows another", () => {
    const { write } = lines();
    for (const text of ["a\n", "b\n", "c\n"]) write(text);
    expect(written).toEqual(["a\n"]);
    vi.advanceTimersByTime(50);
    expect(written).toEqual(["a\n", "b\nc\n"]);
    write("d\n");
    expect(written).toHaveLength(2);
    vi.advanceTimersByTime(50);
    expect(written).toEqual(["a\n", "b\nc\n", "d\n"]);
  });

  it("are all written when they are flushed, and keep no process waiting", () => {
    const { write, flush } = lines();
    write("a\n");
    write("b\n");
    flush();
    expect(written).toEqual(["a\n", "b\n"]);
    flush();
    expect(written).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});
