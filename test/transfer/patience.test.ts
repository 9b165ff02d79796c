/** The watch over a source that may have gone silent. */
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPatience } from "../../src/transfer/patience.js";

const URL_SHOWN = "https://example.org/file";
const POLICY = {
  stallTimeoutMs: 1000,
  firstByteTimeoutMs: 5000,
  slowTimeoutMs: 20_000,
  leastRate: 1_000,
  hurryMs: 1_000,
};
const never = new Promise<never>(() => {});

function watchOver(size?: number, run = new AbortController().signal) {
  return createPatience(URL_SHOWN, run, POLICY, { size });
}

/** A body that gives one chunk after each of these silences, then ends. */
async function* body(...silences: number[]): AsyncGenerator<Uint8Array> {
  for (const ms of silences) {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    yield Buffer.from("x");
  }
}

/** How many chunks came, and why no more did. `pause`: what the reader takes for each. */
async function readThrough(patience: ReturnType<typeof watchOver>, from: AsyncIterable<Uint8Array>, pause = 0) {
  let chunks = 0;
  try {
    for await (const _ of patience.watch(from)) {
      chunks += 1;
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return { chunks, error: undefined };
  } catch (error) {
    return { chunks, error };
  }
}

describe("patience", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("ends where a body is silent for longer than the policy allows, naming the source", async () => {
    const patience = watchOver();
    const reading = readThrough(patience, body(0, 900, 1100, 0));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await reading).toMatchObject({ chunks: 2, error: { code: "NETWORK", retry: {} } });
    expect(String((await reading).error)).toContain(URL_SHOWN);
    expect(patience.signal.aborted).toBe(true);
  });

  it("is longer for the first byte, and longer still for a large file", async () => {
    const slow = readThrough(watchOver(), body(4900));
    const slower = readThrough(watchOver(), body(5100));
    const large = readThrough(watchOver(1e9), body(100_000));
    await vi.advanceTimersByTimeAsync(200_000);
    expect([await slow, await slower, await large].map(({ chunks }) => chunks)).toEqual([1, 0, 1]);
  });

  it("ends where bytes keep dripping, but too slowly to ever bring a file", async () => {
    const drip = Array.from({ length: 100 }, () => 900);
    const reading = readThrough(watchOver(), body(...drip));
    await vi.advanceTimersByTimeAsync(100_000);
    const { chunks, error } = await reading;
    expect(error).toMatchObject({ code: "NETWORK", retry: {}, message: expect.stringContaining("too slowly") });
    expect(chunks).toBe(23);
  });

  it("does not count the time that the reader takes", async () => {
    const reading = readThrough(watchOver(), body(0, 0, 0), 60_000);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await reading).toEqual({ chunks: 3, error: undefined });
  });

  it("ends where no answer comes at all", async () => {
    const answer = expect(watchOver().answer(never)).rejects.toMatchObject({ code: "NETWORK", retry: {} });
    await vi.advanceTimersByTimeAsync(5000);
    await answer;
  });

  it("ends at once when the run is aborted, with that as the reason", async () => {
    const run = new AbortController();
    const patience = watchOver(0, run.signal);
    const answer = expect(patience.answer(never)).rejects.toMatchObject({ code: "ABORTED" });
    run.abort();
    await answer;
    expect(patience.reason()).toMatchObject({ code: "ABORTED" });
  });

  it("leaves neither timers nor listeners behind", async () => {
    const run = new AbortController();
    const [first, second] = [watchOver(0, run.signal), watchOver(0, run.signal)];
    expect(getEventListeners(run.signal, "abort")).toHaveLength(1);
    await readThrough(first, body(0, 0));
    first.release();
    expect(getEventListeners(run.signal, "abort")).toHaveLength(1);
    second.release();
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(run.signal, "abort")).toEqual([]);
  });

  it("of two requests has a signal each, however often an earlier one was ended", async () => {
    const { signal: run } = new AbortController();
    const earlier = watchOver(0, run);
    await readThrough(earlier, body(0, 0));
    earlier.end();
    const beside = watchOver(0, run);
    expect(beside.signal).not.toBe(earlier.signal);
    earlier.release();
    earlier.release();
    const [one, other] = [watchOver(0, run), watchOver(0, run)];
    expect(one.signal).not.toBe(other.signal);
    one.release();
    expect([one.signal.aborted, other.signal.aborted, beside.signal.aborted]).toEqual([true, false, false]);
    other.release();
    beside.release();
  });

  it("tells after five seconds that an answer is long in coming, whatever was waited for before", async () => {
    const onLong = vi.fn();
    const patience = createPatience(URL_SHOWN, new AbortController().signal, { ...POLICY, firstByteTimeoutMs: 60_000 });
    const located = patience.answer(new Promise((resolve) => setTimeout(resolve, 300)));
    await vi.advanceTimersByTimeAsync(300);
    await located;
    const answer = patience.answer(new Promise(() => {}), onLong).catch((error) => error);
    await vi.advanceTimersByTimeAsync(4_990);
    expect(onLong).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(20);
    expect(onLong).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onLong).toHaveBeenCalledTimes(1);
    expect(await answer).toMatchObject({ code: "NETWORK", message: expect.stringContaining("for 60 s") });
    patience.end();
  });

  it("aborts a request of which the body was not let go, and leaves one alone whose body was", async () => {
    const unread = watchOver();
    await unread.answer(Promise.resolve());
    unread.end();
    expect(unread.signal.aborted).toBe(true);
    const read = watchOver();
    await readThrough(read, body(0, 0));
    read.end();
    expect(read.signal.aborted).toBe(false);
  });
});
