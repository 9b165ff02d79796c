/** What a run makes of a host that answers some requests and leaves others without a word. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Passed } from "../../src/transfer/gate.js";
import { createHosts, type Hosts } from "../../src/transfer/hosts.js";
import { IMPATIENT } from "../helpers/run.js";

const HOST = "h.example";
const LONG_MS = 5_000;
const { signal } = new AbortController();

/** Requests that go through at once; what settles each. */
function passed(hosts: Hosts, count: number): Passed[] {
  return Array.from({ length: count }, () => hosts.pass(HOST, signal) as Passed);
}

/** Answers a request; what ends its body. */
function answer(hosts: Hosts, settle: Passed | undefined, tookMs = 5): () => void {
  hosts.answered(HOST, tookMs);
  const end = hosts.gives(HOST);
  settle?.();
  return end;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a host that answers two of sixteen requests", () => {
  /** Two bodies on the way, and the others given up. */
  function leftOut() {
    const hosts = createHosts(IMPATIENT);
    const since = performance.now();
    const requests = passed(hosts, 16);
    vi.advanceTimersByTime(5);
    const ends = requests.splice(0, 2).map((settle) => answer(hosts, settle));
    vi.advanceTimersByTime(LONG_MS);
    for (const settle of requests) {
      expect(hosts.leftOut(HOST, since, 0)).toBe(true);
      settle();
    }
    return { hosts, ends };
  }

  it("is asked for two at a time, each as soon as another has ended", async () => {
    const { hosts, ends } = leftOut();
    expect(hosts.isReady(HOST)).toBe(false);
    const next = hosts.pass(HOST, signal);
    expect(next).toBeInstanceOf(Promise);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(5);
    const end = answer(hosts, await next);
    expect(hosts.isReady(HOST)).toBe(false);
    end();
    expect(hosts.isReady(HOST)).toBe(true);
  });

  it("is asked for as many as before once a minute is over", async () => {
    const { hosts } = leftOut();
    const waiting = Promise.all([hosts.pass(HOST, signal), hosts.pass(HOST, signal)]);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await waiting).toHaveLength(2);
    expect(hosts.isReady(HOST)).toBe(true);
  });
});

describe("a request without an answer is not made again", () => {
  it("where the host never answered any", () => {
    const hosts = createHosts(IMPATIENT);
    const since = performance.now();
    passed(hosts, 2);
    vi.advanceTimersByTime(LONG_MS);
    expect(hosts.leftOut(HOST, since, 0)).toBe(false);
  });

  it.each([
    ["took as long once", 6_000],
    ["took a third as long of late", 2_000],
  ])("where an answer %s", (_, tookMs) => {
    const hosts = createHosts(IMPATIENT);
    const since = performance.now();
    passed(hosts, 2).map((settle) => answer(hosts, settle, tookMs));
    vi.advanceTimersByTime(LONG_MS);
    expect(hosts.leftOut(HOST, since, 0)).toBe(false);
  });

  it("a fourth time", () => {
    const hosts = createHosts(IMPATIENT);
    answer(hosts, passed(hosts, 1)[0]);
    const since = performance.now();
    vi.advanceTimersByTime(LONG_MS);
    expect([0, 2, 3].map((times) => hosts.leftOut(HOST, since, times))).toEqual([true, true, false]);
  });

  it("for two minutes after an answer that was long in coming, by which all that wait go through", async () => {
    const hosts = createHosts(IMPATIENT);
    const requests = passed(hosts, 2);
    const since = performance.now();
    vi.advanceTimersByTime(5);
    answer(hosts, requests[0])();
    vi.advanceTimersByTime(LONG_MS);
    expect(hosts.leftOut(HOST, since, 0)).toBe(true);
    const waiting = hosts.pass(HOST, signal);
    expect(waiting).toBeInstanceOf(Promise);
    answer(hosts, requests[1], 6_000);
    await vi.advanceTimersByTimeAsync(5);
    await waiting;
    expect(hosts.leftOut(HOST, since, 0)).toBe(false);
  });
});
